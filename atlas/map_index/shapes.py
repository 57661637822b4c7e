"""Distances between things of the map, in metres on the plane that touches the Earth beside them."""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from sextant.atlas.map_index.element import Form, unpack_parts
from sextant.base.arrays import Floats

METRES_PER_DEGREE = 111_195.0


def make_shape(form: str, latitude: float, longitude: float, stored: bytes | None) -> BaseGeometry:
    """Return a stored thing as a geometry in degrees: x is longitude, y latitude."""
    if stored is None:
        return shapely.Point(longitude, latitude)
    parts = [part[:, ::-1] for part in unpack_parts(stored)]
    if form == Form.LINE:
        return shapely.LineString(parts[0])
    polygons = [shapely.Polygon(part) for part in parts if len(part) > 3]
    if not polygons:
        return shapely.Point(longitude, latitude)
    drawn = shapely.MultiPolygon(polygons) if len(polygons) > 1 else polygons[0]
    return drawn if drawn.is_valid else shapely.make_valid(drawn)


def flatten(shape: BaseGeometry, latitude: float) -> BaseGeometry:
    """Return a geometry in metres, true at a latitude (degrees)."""
    scale = np.array([METRES_PER_DEGREE * math.cos(math.radians(latitude)), METRES_PER_DEGREE])
    return shapely.transform(shape, lambda xy: xy * scale)


def measure_metres(a: BaseGeometry, b: BaseGeometry, latitude: float) -> float:
    """Return how far two geometries in degrees are apart; 0 where they touch."""
    return float(shapely.distance(flatten(a, latitude), flatten(b, latitude)))


def find_nearest_point(a: BaseGeometry, b: BaseGeometry, latitude: float) -> tuple[float, float]:
    """Return the point of ``a`` nearest to ``b``, the middle of what they share; (latitude, longitude) in degrees."""
    flat_a, flat_b = flatten(a, latitude), flatten(b, latitude)
    shared = shapely.intersection(flat_a, flat_b) if flat_a.intersects(flat_b) else None
    point = shared.representative_point() if shared is not None and not shared.is_empty else None
    if point is None:
        point = shapely.Point(shapely.get_coordinates(shapely.shortest_line(flat_a, flat_b))[0])
    return point.y / METRES_PER_DEGREE, point.x / (METRES_PER_DEGREE * math.cos(math.radians(latitude)))


def find_pairs(first: Sequence[BaseGeometry], second: Sequence[BaseGeometry], metres: float) -> list[tuple[int, int]]:
    """Return which of the first may lie within a distance of which of the second, by their boxes."""
    if not first or not second:
        return []
    bounds = shapely.bounds(np.array(first, dtype=object))
    high = math.radians(min(85.0, float(np.abs(bounds[:, [1, 3]]).max())))
    up = metres / METRES_PER_DEGREE
    wide = up / math.cos(high)
    boxes = shapely.box(bounds[:, 0] - wide, bounds[:, 1] - up, bounds[:, 2] + wide, bounds[:, 3] + up)
    found = shapely.STRtree(list(second)).query(boxes)
    return sorted(zip(found[0].tolist(), found[1].tolist(), strict=True))


def make_bounds(latitude: float, longitude: float, metres: float) -> Floats:
    """Return south, west, north, east in degrees of a square round a circle."""
    up = metres / METRES_PER_DEGREE
    wide = up / max(0.05, math.cos(math.radians(latitude)))
    return np.array([latitude - up, longitude - wide, latitude + up, longitude + wide])
