"""Draw maps as SVG from the shipped outlines: one projection, one ring walker, one dot; no tiles.

Pure: positions and GeoJSON in, SVG elements out. Text is escaped here. Colours are the page's: every shape has a class.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from sextant.base.printable import make_printable
from sextant.geo.polygons import make_outlines

Json = Mapping[str, Any]
Ring = list[tuple[float, float]]
"""(longitude, latitude) in degrees, as GeoJSON has them."""

FLATTEST = 0.1  # the cosine beyond 84 degrees of latitude would stretch a window without end


@dataclass(frozen=True)
class Window:
    """A part of the Earth, in degrees, and the width it is drawn with, in pixels.

    Equirectangular. ``stretch`` is how much shorter a degree of longitude is drawn than one of latitude.
    """

    west: float
    south: float
    east: float
    north: float
    width: float
    stretch: float = 1.0

    @property
    def height(self) -> float:
        """Pixels of its height."""
        return self.width * (self.north - self.south) / ((self.east - self.west) * self.stretch)

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return the pixels (x, y) of a position in degrees."""
        x = (longitude - self.west) / (self.east - self.west) * self.width
        return x, (self.north - latitude) / (self.north - self.south) * self.height

    def holds(self, latitude: float, longitude: float) -> bool:
        """Return whether a position in degrees lies inside."""
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north

    def touches(self, ring: Ring) -> bool:
        """Return whether the bounds of a ring and the window overlap."""
        longitudes, latitudes = [corner[0] for corner in ring], [corner[1] for corner in ring]
        beside = max(longitudes) < self.west or min(longitudes) > self.east
        return not beside and max(latitudes) >= self.south and min(latitudes) <= self.north


def make_world_window(width: float = 1000.0, south: float = -90.0, north: float = 90.0) -> Window:
    """Return the whole Earth, or a belt of it."""
    return Window(-180.0, south, 180.0, north, width)


def make_window_around(
    positions: Sequence[tuple[float, float]], width: float, least_degrees: float, margin: float = 1.15
) -> Window:
    """Return the window round all positions (latitude, longitude).

    It shows ``least_degrees`` of longitude at the equator, or as much ground elsewhere, at least.

    It is about twice as wide as tall, its middle is at its true proportions, and it stays on the Earth.
    """
    latitudes, longitudes = [one[0] for one in positions], [one[1] for one in positions]
    middle = (min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2
    stretch = max(FLATTEST, math.cos(math.radians(middle[0])))
    tall = max(max(latitudes) - min(latitudes), (max(longitudes) - min(longitudes)) * stretch / 2, least_degrees / 2)
    tall *= margin
    wide = min(360.0, 2 * tall / stretch)
    west = min(max(middle[1] - wide / 2, -180.0), 180.0 - wide)
    south, north = max(middle[0] - tall / 2, -90.0), min(middle[0] + tall / 2, 90.0)
    return Window(west, south, west + wide, north, width, stretch)


def draw_svg(window: Window, shapes: Iterable[str], label: str) -> str:
    """Return the map: the land, and the shapes over it in their order."""
    box = f'viewBox="0 0 {window.width:.0f} {window.height:.0f}" role="img" aria-label="{escape(label, quote=True)}"'
    return f'<svg class="map" {box}>{draw_land(window)}<g>{"".join(shapes)}</g></svg>'


def draw_land(window: Window) -> str:
    """Return the countries that reach into a window as one path, as fine as half a pixel shows."""
    tolerance = (window.east - window.west) / window.width / 2
    rings = (
        ring for shape in _load_outlines(round(tolerance, 3)) for ring in list_rings(shape) if window.touches(ring)
    )
    return draw_area(window, rings, "land")


@lru_cache(maxsize=8)
def _load_outlines(tolerance_degrees: float) -> list[Any]:
    return [feature["geometry"] for feature in make_outlines(tolerance_degrees)["features"]]


def draw_area(window: Window, rings: Iterable[Ring], kind: str) -> str:
    """Return closed lines as one filled path."""
    drawn = []
    for ring in rings:
        corners = (window.place(latitude, longitude) for longitude, latitude in ring)
        drawn.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z")
    return f'<path class="{escape(kind, quote=True)}" fill-rule="evenodd" d="{"".join(drawn)}"/>'


def draw_dot(window: Window, place: Json, radius: float, kind: str, words: str = "") -> str:
    """Return one position with what a pointer over it reads; ``radius`` in pixels."""
    x, y = window.place(place["latitude"], place["longitude"])
    title = f"<title>{escape(make_printable(words))}</title>" if words else ""
    at = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"'
    return f'<circle class="{escape(kind, quote=True)}" {at}>{title}</circle>'


def list_rings(geometry: Json) -> Iterator[Ring]:
    """Yield every ring of a GeoJSON geometry, feature or collection."""
    inner = geometry.get("geometry") or geometry
    if inner["type"] == "FeatureCollection":
        for feature in inner["features"]:
            yield from list_rings(feature)
    elif inner["type"] == "GeometryCollection":
        for part in inner["geometries"]:
            yield from list_rings(part)
    elif inner["type"] in ("Polygon", "MultiPolygon"):
        for polygon in [inner["coordinates"]] if inner["type"] == "Polygon" else inner["coordinates"]:
            for ring in polygon:
                yield [(float(point[0]), float(point[1])) for point in ring]
