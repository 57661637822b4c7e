"""A basemap of the user's own: tiles of a .pmtiles file (Protomaps), pictures as they are, vectors as plain shapes."""

import gzip
import io
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sextant.base.errors import MissingPackage, WrongUse
from sextant.base.json_types import Json

_MEDIA = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif"}
# Layers of the Protomaps basemap (version 2 to 4) and of OpenMapTiles, and how each is drawn; others are left out.
LAYERS = {
    "earth": "land",
    "land": "land",
    "natural": "green",
    "landuse": "green",
    "landcover": "green",
    "park": "green",
    "water": "water",
    "waterway": "river",
    "physical_line": "river",
    "transit": "rail",
    "roads": "road",
    "transportation": "road",
    "buildings": "building",
    "building": "building",
    "boundaries": "border",
    "boundary": "border",
    "places": "place",
    "place": "place",
}
_BIGGEST = 4 * 2**20  # bytes of one unpacked tile


@dataclass(frozen=True)
class BasemapInfo:
    """What the page needs to know of a basemap; ``kind`` is raster or vector."""

    kind: str
    least_zoom: int
    most_zoom: int
    attribution: str

    def to_json(self) -> Json:
        return self.__dict__.copy()


class Basemap:
    """One .pmtiles file, open for reading. Safe for threads.

    Raises:
        MissingPackage: the packages that read it are not installed.
        WrongUse: the file is missing, no PMTiles version 3, or of a kind that the page cannot draw.
    """

    def __init__(self, path: str) -> None:
        try:
            reader: Any = import_module("pmtiles.reader")  # it has no types
        except ImportError as error:
            raise MissingPackage("--basemap needs pmtiles; run: pip install 'sextant-geo[web]'") from error
        try:
            with Path(path).open("rb") as file:
                self._reader = reader.Reader(reader.MmapSource(file))
            header, metadata = self._reader.header(), self._reader.metadata()
        except OSError as error:
            raise WrongUse(f"--basemap {path!r} cannot be read: {error.strerror}; name a .pmtiles file") from error
        except Exception as error:  # the package raises half a dozen types on other files
            raise WrongUse(f"--basemap {path!r} is not a PMTiles file of version 3 ({type(error).__name__})") from error
        self._kind = header["tile_type"].name
        self._packed = header["tile_compression"].name
        if self._kind not in (*_MEDIA, "MVT") or self._packed not in ("NONE", "GZIP"):
            raise WrongUse(f"--basemap {path!r} has tiles of kind {self._kind}, {self._packed}; use MVT, PNG or JPEG")
        credit = str(metadata.get("attribution") or metadata.get("name") or Path(path).stem)
        self.info = BasemapInfo(
            "vector" if self._kind == "MVT" else "raster", header["min_zoom"], header["max_zoom"], credit[:300]
        )

    @property
    def media_type(self) -> str:
        """The media type of a tile as it is sent."""
        return _MEDIA.get(self._kind, "application/json")

    def read_picture(self, zoom: int, x: int, y: int) -> bytes | None:
        """Read a raster tile; None where the file holds none."""
        content: bytes | None = self._reader.get(zoom, x, y)
        return content

    def read_shapes(self, zoom: int, x: int, y: int) -> Json:
        """Read a vector tile: ``extent`` and ``shapes`` of style, type, rings and name, in tile units, y down."""
        import mapbox_vector_tile

        content = self._reader.get(zoom, x, y)
        if not content:
            return {"extent": 4096, "shapes": []}
        if self._packed == "GZIP":
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                content = file.read(_BIGGEST)
        tile = mapbox_vector_tile.decode(content, default_options={"y_coord_down": True})
        extent = max((layer["extent"] for layer in tile.values()), default=4096)
        shapes = [shape for name, style in LAYERS.items() if name in tile for shape in _list_shapes(tile[name], style)]
        return {"extent": extent, "shapes": shapes}


def _list_shapes(layer: Json, style: str) -> list[Json]:
    found = []
    for feature in layer["features"]:
        geometry = feature["geometry"]
        rings = _list_rings(geometry["type"], geometry["coordinates"])
        shape: Json = {"style": style, "type": geometry["type"].replace("Multi", ""), "rings": rings}
        if style == "place":
            shape["name"] = str(feature["properties"].get("name:en") or feature["properties"].get("name") or "")
        found.append(shape)
    return found


def _list_rings(kind: str, coordinates: Any) -> list[Any]:
    """Return a geometry as a flat list of rings, lines or positions."""
    if kind == "Point":
        return [[coordinates]]
    if kind in ("LineString", "MultiPoint"):
        return [coordinates]
    if kind in ("Polygon", "MultiLineString"):
        return list(coordinates)
    return [ring for polygon in coordinates for ring in polygon]
