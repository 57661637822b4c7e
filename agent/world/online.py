"""Open services in a run: the map tools ask them where the home's own maps have nothing; pictures and pages besides."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from PIL import Image

from sextant.agent.world.contact_sheet import draw_tiles
from sextant.agent.world.photo_opening import open_run_photo
from sextant.agent.world.tool_names import MAP_TOOLS, PICTURE_TOOL, WEB_TOOL
from sextant.atlas.gazetteer.lookup import SearchCircle
from sextant.atlas.map_index.around import Surroundings
from sextant.atlas.map_index.query import read_questions
from sextant.atlas.map_index.search import MapHit
from sextant.atlas.names import find_place
from sextant.atlas.online.client import ATTEMPTS, OnlineClient, OnlineError
from sextant.atlas.online.names import search_nominatim, search_photon
from sextant.atlas.online.overpass import describe_overpass, list_overpass_sights, search_overpass
from sextant.atlas.online.pictures import PICTURES, NearPicture, list_pictures
from sextant.atlas.online.services import FACTS, Endpoint, Service, read_services
from sextant.atlas.online.web import WebPage, search_web
from sextant.atlas.online.wiki import list_articles
from sextant.base.home import Home
from sextant.gallery.photos.open import PhotoError
from sextant.tools.maps import Maps, NearSight
from sextant.tools.pictures_near import SHEET_PICTURES

_TOWN_KM = 15.0
_TOKEN = "MAPILLARY_TOKEN"
_NAMES = (Service.NOMINATIM, Service.PHOTON)
_ANSWERED: dict[str, set[Service]] = {
    MAP_TOOLS[0]: {Service.OVERPASS, *_NAMES},
    MAP_TOOLS[1]: {Service.OVERPASS},
    MAP_TOOLS[2]: {Service.OVERPASS, Service.WIKIPEDIA},
    PICTURE_TOOL: set(PICTURES),
    WEB_TOOL: {Service.SEARXNG},
}
Found = TypeVar("Found")


def list_online_tools(online: Sequence[str]) -> tuple[str, ...]:
    """Return the tools that the named services answer.

    Raises:
        WrongUse: as `read_services`.
    """
    named = set(read_services(online))
    return tuple(tool for tool, services in _ANSWERED.items() if named & services)


def count_tool_requests(online: Sequence[str], tools: Sequence[str]) -> int:
    """Count the requests that one call of these tools makes of the named services at most.

    Raises:
        WrongUse: as `read_services`.
    """
    named = set(read_services(online))
    asked = [len(named & _ANSWERED.get(tool, set())) for tool in tools]
    pictures = SHEET_PICTURES if PICTURE_TOOL in tools and named & _ANSWERED[PICTURE_TOOL] else 0
    return ATTEMPTS * (max(asked, default=0) + pictures)


def count_look_requests(online: Sequence[str], pictures: int) -> int:
    """Count the requests that the sheet of one place makes of the named services at most.

    Raises:
        WrongUse: as `read_services`.
    """
    sources = len(set(read_services(online)) & _ANSWERED[PICTURE_TOOL])
    return ATTEMPTS * (sources + pictures) if sources else 0


def has_pictures(online: Sequence[str]) -> bool:
    """Return whether one of the named services has pictures.

    Raises:
        WrongUse: as `read_services`.
    """
    return PICTURE_TOOL in list_online_tools(online)


class OnlineMaps:
    """The home's maps, then the services that the user named. Shared by the threads of many runs."""

    def __init__(self, local: Maps | None, client: OnlineClient) -> None:
        self._local = local
        self._client = client
        self._named = client.endpoints

    def search(self, text: str, circle: tuple[float, float, float] | None, limit: int) -> list[MapHit]:
        """Search: what the home's maps know is not asked of anybody. Raises OnlineError where every service failed."""
        found = self._local.search(text, circle, limit) if self._local else []
        return found or self._search_online(text, SearchCircle(*circle) if circle else None, limit)

    def around(self, latitude: float, longitude: float, metres: float) -> Surroundings:
        """Describe what is near a position (degrees)."""
        found = self._local.around(latitude, longitude, metres) if self._local else None
        if found is not None and found.list_lines():
            return found
        if Service.OVERPASS in self._named:
            return describe_overpass(self._client, latitude, longitude, metres)
        return found or Surroundings(latitude, longitude, None, None, None, (), ())

    def sights(self, latitude: float, longitude: float, km: float, limit: int) -> list[NearSight]:
        """List the sights near a position (degrees), each name once."""
        found = self._local.sights(latitude, longitude, km, limit) if self._local else []
        if found:
            return found
        asked: list[Callable[[], list[MapHit]]] = []
        if Service.WIKIPEDIA in self._named:
            asked.append(lambda: list_articles(self._client, latitude, longitude, km, limit))
        if Service.OVERPASS in self._named:
            asked.append(lambda: list_overpass_sights(self._client, latitude, longitude, km))
        hits = {hit.name: hit for hits in _ask_each(asked) for hit in reversed(hits)}
        near = sorted(hits.values(), key=lambda hit: (hit.km or 0.0, hit.name))[:limit]
        return [NearSight(hit.name, hit.kind, hit.latitude, hit.longitude, hit.km or 0.0) for hit in near]

    def pictures(self, latitude: float, longitude: float, metres: float, limit: int) -> list[NearPicture]:
        """List pictures near a position (degrees), of each service in turn, the nearest first."""
        token = os.environ.get(_TOKEN)
        asked = [
            lambda one=one: list_pictures(self._client, one, latitude, longitude, metres, token)
            for one in PICTURES if one in self._named
        ]  # fmt: skip
        lists = _ask_each(asked)
        turns = [one for number in range(limit) for found in lists for one in found[number : number + 1]]
        return turns[:limit]

    def open_picture(self, picture: NearPicture) -> Image.Image | None:
        """Fetch and open a picture; None where that fails."""
        try:
            return open_run_photo(self._client.fetch_picture(picture.service, picture.url)).image
        except (OnlineError, PhotoError):
            return None

    def draw_pictures(self, pictures: Sequence[NearPicture]) -> bytes:
        """Draw pictures as one numbered sheet, a JPEG; those that cannot be had stay grey."""
        return draw_tiles([self.open_picture(one) for one in pictures])

    def pages(self, text: str, limit: int) -> list[WebPage]:
        """Search the web."""
        return search_web(self._client, text, limit)

    def _search_online(self, text: str, circle: SearchCircle | None, limit: int) -> list[MapHit]:
        asked: list[Callable[[], list[MapHit]]] = []
        structured = any(one.conditions for one in read_questions(text))
        area = circle or _find_area(text)
        if Service.OVERPASS in self._named and area is not None:
            asked.append(lambda: search_overpass(self._client, text, area, limit))
        for one, search in ((Service.NOMINATIM, search_nominatim), (Service.PHOTON, search_photon)):
            if one in self._named:
                asked.append(lambda search=search: search(self._client, text, circle, limit))  # type: ignore[misc]
        if not structured:
            asked.reverse()  # a bare name or address is what the name services are made for
        failed: OnlineError | None = None
        for ask in asked:
            try:
                found = ask()
            except OnlineError as error:
                failed = error
                continue
            if found:
                return found
        if failed:
            raise failed
        return []


def _ask_each(asked: Sequence[Callable[[], list[Found]]]) -> list[list[Found]]:
    """Ask several services; one that fails does not keep the others from answering.

    Raises:
        OnlineError: all failed.
    """
    lists, failed = [], None
    for ask in asked:
        try:
            lists.append(ask())
        except OnlineError as error:
            failed = error
    if failed and not lists:
        raise failed
    return lists


def _find_area(text: str) -> SearchCircle | None:
    """Return a circle round the town that a question names with "in"."""
    for question in read_questions(text):
        hits = find_place(question.where, limit=1) if question.where else []
        if hits:
            return SearchCircle(hits[0].latitude, hits[0].longitude, _TOWN_KM)
    return None


def make_online_client(online: Sequence[str], home: str | None) -> OnlineClient | None:
    """Make the client of the services that are named; None where none is."""
    return OnlineClient(read_services(online), Home.at(home).online) if online else None


def describe_services(online: Sequence[str]) -> list[str]:
    """Say what will leave the machine, one line a service."""
    return [describe_service(one) for one in read_services(online).values()]


def describe_service(one: Endpoint) -> str:
    """State what one service receives."""
    return f"{one.service} ({one.host}) will be told {FACTS[one.service].told}; never the photo"
