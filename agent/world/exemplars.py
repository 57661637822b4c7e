"""Gather pictures taken at places, for a second look: gallery photos near each, and those of services that are on."""

from dataclasses import replace

from PIL import Image

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.world.contact_sheet import draw_tiles, make_thumbnail
from sextant.agent.world.online import OnlineMaps
from sextant.agent.world.retrieval import Retrieval
from sextant.atlas.map_index.shapes import make_bounds
from sextant.atlas.online.client import OnlineClient, OnlineError, collect_sent
from sextant.base.json_types import Json
from sextant.gallery.search.areas import SearchArea
from sextant.gallery.search.search import find_nearest

REACH_KM = 25.0
_ONLINE_M = 300.0
_LOOKED_THROUGH = 3  # gallery photos for each one wanted: some cannot be opened


class Exemplars:
    """Answers requests of kind "exemplars". Shared by the threads of many runs."""

    def __init__(self, retrieval: Retrieval, blobs: BlobStore, client: OnlineClient | None) -> None:
        self._retrieval = retrieval
        self._blobs = blobs
        self._client = client

    def gather(self, request: Json) -> Json:
        """Draw a sheet of pictures for each place.

        Args:
            request: ``photo`` (sha256), ``places`` (latitude, longitude; degrees), ``count`` of pictures a place.

        Returns:
            ``{"places": [{latitude, longitude, sheet, pictures, photos}]}``: the sheet is a blob, or null where nobody
            took a picture; ``photos`` are the ids of those of the gallery; ``sent`` lists what left the machine. The
            run's filters apply, so that neither the photo itself nor its photographer's others are shown where they are
            left out of retrieval.
        """
        with collect_sent() as sent:
            places = [self._draw(request["photo"], place, request["count"]) for place in request["places"]]
        return {"places": places, "sent": sent} if sent else {"places": places}

    def _draw(self, photo: str, place: Json, count: int) -> Json:
        at = place["latitude"], place["longitude"]
        own = self._find_gallery_photos(photo, *at, count)
        tiles = [*own.values(), *self._find_online(*at, count - len(own))]
        sheet = self._blobs.put(draw_tiles(tiles)) if tiles else None
        where = {"latitude": at[0], "longitude": at[1]}
        return {**where, "sheet": sheet, "pictures": len(tiles), "photos": list(own)}

    def _find_gallery_photos(self, photo: str, latitude: float, longitude: float, count: int) -> dict[str, Image.Image]:
        """Return those of the photos near a place that are most like the photo, by id."""
        if not self._retrieval.settings.gallery:
            return {}
        search = self._retrieval.search(photo)
        near = replace(search.filters, inside=(_make_area(latitude, longitude),))
        found = find_nearest(search.gallery, search.vector, count * _LOOKED_THROUGH, near)
        kept: dict[str, Image.Image] = {}
        for one in found:
            picture = make_thumbnail(one.uri) if len(kept) < count else None
            if picture is not None:
                kept[one.id] = picture
        return kept

    def _find_online(self, latitude: float, longitude: float, count: int) -> list[Image.Image]:
        if self._client is None or count < 1:
            return []
        online = OnlineMaps(None, self._client)
        try:
            found = online.pictures(latitude, longitude, _ONLINE_M, count)
        except OnlineError:
            return []  # a service that is busy or gone leaves the sheet to the others
        kept: list[Image.Image] = []
        for one in found:
            picture = online.open_picture(one) if len(kept) < count else None
            if picture is not None:
                kept.append(picture)
        return kept


def _make_area(latitude: float, longitude: float) -> SearchArea:
    south, west, north, east = make_bounds(latitude, longitude, 1000 * REACH_KM).tolist()
    west, east = ((west + 180) % 360 - 180, (east + 180) % 360 - 180)
    return SearchArea.from_box(max(south, -90.0), west, min(north, 90.0), east)
