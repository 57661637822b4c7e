"""Circles on the globe as flat polygons for maps: cut at ±180, closed through the poles."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from sextant.base.arrays import Floats
from sextant.geo.sphere import EARTH_RADIUS_KM, find_destination, normalise_longitude

HALF_ROUND_KM = float(np.pi * EARTH_RADIUS_KM)
"""From any position to its antipode: a circle of this radius is the whole globe."""

_CORNERS = 180
_WORLD = shapely.box(-180.0, -90.0, 180.0, 90.0)


def compute_cap_area_km2(radius_km: float) -> float:
    """Return the area of a circle on the sphere, its radius measured along the ground."""
    angle = min(radius_km / EARTH_RADIUS_KM, np.pi)
    # 1 - cos loses all digits of a small angle; this does not.
    return float(4 * np.pi * (EARTH_RADIUS_KM * np.sin(angle / 2)) ** 2)


def compute_polygon_area_km2(geojson: dict[str, Any]) -> float:
    """Return the area of a GeoJSON polygon by Lambert's equal-area cylinder (x = longitude, y = sine of latitude)."""
    return _compute_area_km2(shape(geojson))


def _compute_area_km2(drawn: BaseGeometry) -> float:
    cylinder = shapely.transform(drawn, lambda xy: np.column_stack([np.radians(xy[:, 0]), _compute_sine(xy[:, 1])]))
    return float(cylinder.area * EARTH_RADIUS_KM**2)


def is_covered(geojson: dict[str, Any], latitude: float, longitude: float) -> bool:
    """Return whether a position (degrees) lies in a GeoJSON polygon or on its edge; both sides of ±180 are tried."""
    drawn = shape(geojson)
    here = float(normalise_longitude(longitude))
    meridians = [here, here + 360.0] if here == -180.0 else [here]
    return any(bool(shapely.intersects_xy(drawn, meridian, latitude)) for meridian in meridians)


def draw_caps(caps: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    """Return circles (latitude, longitude, radius_km) as one GeoJSON Polygon or MultiPolygon.

    Each is drawn with 180 corners just outside the circle (inside, of one larger than a hemisphere); areas
    differ by less than 0.1 %. Coordinates are rounded to 1e-6 degrees. Equal circles share
    one drawing: never change it.
    """
    return _draw(tuple((a, o, km) for a, o, km in caps))[0]


def compute_caps_area_km2(caps: Sequence[tuple[float, float, float]]) -> float:
    """Return the area of the same drawing; what overlaps counts once."""
    return _draw(tuple((a, o, km) for a, o, km in caps))[1]


@lru_cache(maxsize=256)
def _draw(caps: tuple[tuple[float, float, float], ...]) -> tuple[dict[str, Any], float]:
    """Draw the region and compute its area once: both the answer and the record ask for both."""
    union = shapely.union_all([_flatten(*cap) for cap in caps])
    tidy = shapely.orient_polygons(shapely.set_precision(union, 1e-6))
    parts = _list_rings(tidy)
    if tidy.geom_type == "Polygon":
        return {"type": "Polygon", "coordinates": parts[0]}, _compute_area_km2(tidy)
    return {"type": "MultiPolygon", "coordinates": parts}, _compute_area_km2(tidy)


def _list_rings(drawn: BaseGeometry) -> list[list[list[list[float]]]]:
    """List the corners of each ring of each part, all of them read from shapely at once."""
    if drawn.is_empty:
        return [[]] if drawn.geom_type == "Polygon" else []
    _, corners, offsets = shapely.to_ragged_array([drawn])
    plain = corners.tolist()
    ends = offsets[0].tolist()
    rings = [plain[start:end] for start, end in pairwise(ends)]
    return [rings[start:end] for start, end in pairwise(offsets[1].tolist())]


@lru_cache(maxsize=512)
def _flatten(latitude: float, longitude: float, radius_km: float) -> BaseGeometry:
    """Draw one circle; the regions of one answer have most of their circles in common."""
    if radius_km >= HALF_ROUND_KM:
        return _WORLD
    if radius_km > HALF_ROUND_KM / 2:
        # Larger than a hemisphere: the globe without the circle round the antipode.
        return _WORLD.difference(
            _flatten(-latitude, float(normalise_longitude(longitude + 180)), HALF_ROUND_KM - radius_km)
        )
    corners = _list_corners(latitude, longitude, radius_km)
    to_pole_km = np.radians(90 - abs(latitude)) * EARTH_RADIUS_KM
    if to_pole_km <= radius_km:
        return _encloses_pole(corners, 90.0 if latitude > 0 else -90.0)
    x = longitude + normalise_longitude(corners[:, 1] - longitude)
    polygon = shapely.make_valid(shapely.Polygon(np.column_stack([x, corners[:, 0]])))
    if x.min() >= -180.0 and x.max() <= 180.0:
        return shapely.intersection(polygon, _WORLD)
    turned = [translate(polygon, by) for by in (-360.0, 0.0, 360.0)]
    return shapely.union_all([shapely.intersection(part, _WORLD) for part in turned])


def _list_corners(latitude: float, longitude: float, radius_km: float) -> Floats:
    """Return corners (latitude, longitude) of a polygon whose sides touch the circle from outside."""
    angle = radius_km / EARTH_RADIUS_KM
    outside = np.arctan2(np.sin(angle), np.cos(angle) * np.cos(np.pi / _CORNERS)) * EARTH_RADIUS_KM
    return find_destination((latitude, longitude), np.arange(_CORNERS) * 360.0 / _CORNERS, outside)


def _encloses_pole(corners: Floats, pole: float) -> BaseGeometry:
    """Return the area between a ring that winds round a pole and the pole."""
    ring = corners[np.argsort(corners[:, 1], kind="stable")]
    first, last = ring[0], ring[-1]
    gap = first[1] + 360.0 - last[1]
    at_edge = last[0] + (first[0] - last[0]) * ((180.0 - last[1]) / gap if gap > 0 else 0.0)
    edge = [(180.0, at_edge), (180.0, pole), (-180.0, pole), (-180.0, at_edge)]
    return shapely.make_valid(shapely.Polygon([*ring[:, ::-1].tolist(), *edge]))


def _compute_sine(latitude: Floats) -> Floats:
    return np.asarray(np.sin(np.radians(latitude)))
