"""The maps and gazetteers of the home, as the map tools and the refining of answers look into them."""

import threading

from sextant.agent.world.tool_names import MAP_TOOLS
from sextant.atlas.gazetteer.lookup import Lookup, SearchCircle, Sight
from sextant.atlas.gazetteer.store import store_path
from sextant.atlas.map_index.around import Surroundings, describe_surroundings
from sextant.atlas.map_index.place_texts import place_texts
from sextant.atlas.map_index.search import MapHit, MapIndex
from sextant.atlas.map_index.store import list_map_files, maps_folder
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.tools.maps import NearSight

_WORTH_OF_KM = 10.0  # prominence that a kilometre outweighs
_SAME_KM = 0.1  # a sight of the gazetteer and one of the map, this near and of one name, are one


def list_map_tools(home: str | None) -> tuple[str, ...]:
    """Return the tools that this home has data for: all with a map, `sights_near` with a gazetteer alone."""
    if list_map_files(maps_folder(home)):
        return MAP_TOOLS
    return ("sights_near",) if Home.at(home).places.exists() else ()


class HomeMaps:
    """The maps of a home, opened when first asked. Shared by the threads of many runs."""

    def __init__(self, home: str | None) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._index: MapIndex | None = None
        self._lookup: Lookup | None = None

    def search(self, text: str, circle: tuple[float, float, float] | None, limit: int) -> list[MapHit]:
        """Search the maps. Raises MapError."""
        with self._lock:
            return self._open().search(text, limit, SearchCircle(*circle) if circle else None)

    def around(self, latitude: float, longitude: float, metres: float) -> Surroundings:
        """Describe what is near a position (degrees). Raises MapError."""
        with self._lock:
            return describe_surroundings(self._open(), latitude, longitude, metres)

    def sights(self, latitude: float, longitude: float, km: float, limit: int) -> list[NearSight]:
        """List the sights near a position (degrees), the most telling first: prominent, and near."""
        with self._lock:
            found: list[MapHit | Sight] = [*self._open().list_sights(latitude, longitude, km)]
            path = store_path(self._home)
            if path.exists():
                self._lookup = self._lookup or Lookup(path)
                found += self._lookup.list_sights_near(latitude, longitude, km)
        kept: list[MapHit | Sight] = []
        for one in found:  # those of the maps stand first: they say what kind of sight it is
            near = (other for other in kept if other.name == one.name)
            if not any(abs((other.km or 0.0) - (one.km or 0.0)) < _SAME_KM for other in near):
                kept.append(one)
        kept.sort(key=lambda one: (_WORTH_OF_KM * (one.km or 0.0) - one.prominence, one.name))
        return [
            NearSight(one.name, one.kind, one.latitude, one.longitude, round(one.km or 0.0, 3)) for one in kept[:limit]
        ]

    def place_texts(self, request: Json) -> Json:
        """Find where the maps have texts of a photo, several together if they do, inside some circles.

        Args:
            request: ``texts``, and ``parts``, circles of ``latitude``, ``longitude`` (degrees) and ``radius_km``.

        Returns:
            ``{"places": [{texts, name, kind, latitude, longitude, radius_km, alike}]}``, the places with most texts.

        Raises:
            MapError: a map cannot be read.
        """
        circles = [SearchCircle(one["latitude"], one["longitude"], one["radius_km"]) for one in request["parts"]]
        with self._lock:
            return {"places": [one.to_json() for one in place_texts(self._open(), request["texts"], circles)]}

    def _open(self) -> MapIndex:
        self._index = self._index or MapIndex(maps_folder(self._home))
        return self._index
