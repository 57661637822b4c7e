"""Circles on the globe as flat polygons for maps: cut at ±180, closed through the poles."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from sextant.base.arrays import Floats, Ints
from sextant.geo.sphere import EARTH_RADIUS_KM, find_destination, normalise_longitude

HALF_ROUND_KM = float(np.pi * EARTH_RADIUS_KM)
"""From any position to its antipode: a circle of this radius is the whole globe."""

_CORNERS = 180
_GRID_DEGREES = 1e-6
_APART_DEGREES = 8 * _GRID_DEGREES
Caps = tuple[tuple[float, float, float], ...]
_WORLD = shapely.box(-180.0, -90.0, 180.0, 90.0)


def compute_cap_area_km2(radius_km: float) -> float:
    """Return the area of a circle on the sphere, its radius measured along the ground."""
    angle = min(radius_km / EARTH_RADIUS_KM, np.pi)
    # 1 - cos loses all digits of a small angle; this does not.
    return float(4 * np.pi * (EARTH_RADIUS_KM * np.sin(angle / 2)) ** 2)


def compute_polygon_area_km2(geojson: dict[str, Any]) -> float:
    """Return the area of a GeoJSON polygon by Lambert's equal-area cylinder (x = longitude, y = sine of latitude)."""
    return float(shapely.transform(shape(geojson), _unroll).area * EARTH_RADIUS_KM**2)


def _unroll(xy: Floats) -> Floats:
    """Return positions (n, 2) in degrees, x first, on the cylinder."""
    return np.column_stack([np.radians(xy[:, 0]), _compute_sine(xy[:, 1])])


def is_covered(geojson: dict[str, Any], latitude: float, longitude: float) -> bool:
    """Return whether a position (degrees) lies in a GeoJSON polygon or on its edge; both sides of ±180 are tried."""
    drawn = shape(geojson)
    here = float(normalise_longitude(longitude))
    meridians = [here, here + 360.0] if here == -180.0 else [here]
    return any(bool(shapely.intersects_xy(drawn, meridian, latitude)) for meridian in meridians)


def draw_caps(caps: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    """Return circles (latitude, longitude, radius_km) as one GeoJSON Polygon or MultiPolygon.

    Each is drawn with 180 corners just outside the circle (inside, of one larger than a hemisphere); areas
    differ by less than 0.1 %. Coordinates are rounded to 1e-6 degrees.
    """
    drawn = _draw(tuple((a, o, km) for a, o, km in caps))
    parts = drawn.list_rings()
    if drawn.shape.geom_type == "Polygon":
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def compute_caps_area_km2(caps: Sequence[tuple[float, float, float]]) -> float:
    """Return the area of the same drawing; what overlaps counts once."""
    return _draw(tuple((a, o, km) for a, o, km in caps)).area_km2


@lru_cache(maxsize=16)
def _draw(caps: Caps) -> "_Tidy":
    """Draw the region once for both its outline and its area.

    Kept are arrays: the outline is thousands of lists, which Python's garbage collector would visit.
    """
    return _round_corners(shapely.disjoint_subset_union_all(_flatten(caps)))


@dataclass(frozen=True)
class _Tidy:
    """A drawing with rounded corners."""

    shape: BaseGeometry
    corners: Floats
    """(m, 2) x, y of all rings."""
    offsets: tuple[Ints, Ints]
    """Where each ring begins and ends among the corners, and each part among the rings."""

    def list_rings(self) -> list[list[list[list[float]]]]:
        """List the corners of each ring of each part."""
        if self.shape.is_empty:
            return [[]] if self.shape.geom_type == "Polygon" else []
        plain = self.corners.tolist()
        ends = self.offsets[0].tolist()
        rings = [plain[start:end] for start, end in pairwise(ends)]
        return [rings[start:end] for start, end in pairwise(self.offsets[1].tolist())]

    @cached_property
    def area_km2(self) -> float:
        """Area on the sphere."""
        return float(shapely.transform(self.shape, _unroll).area * EARTH_RADIUS_KM**2)


def _round_corners(drawn: BaseGeometry) -> _Tidy:
    """Round the corners to 1e-6 degrees and keep the polygon valid, its outer rings counterclockwise.

    Where corners lie far enough apart, rounding each by itself finds what the precise rounding does, ten times as fast.
    """
    rounded = shapely.set_precision(drawn, _GRID_DEGREES, mode="pointwise")
    if drawn.is_empty or not shapely.is_valid(rounded):
        return _round_precisely(drawn)
    oriented = shapely.orient_polygons(rounded)
    corners, offsets = _list_offsets(oriented)
    across, along = np.abs(np.diff(corners, axis=0)).T
    if ((across < _APART_DEGREES) & (along < _APART_DEGREES)).any():
        return _round_precisely(drawn)
    return _Tidy(oriented, corners, offsets)


def _round_precisely(drawn: BaseGeometry) -> _Tidy:
    tidy = shapely.orient_polygons(shapely.set_precision(drawn, _GRID_DEGREES))
    return _Tidy(tidy, *_list_offsets(tidy))


def _list_offsets(drawn: BaseGeometry) -> tuple[Floats, tuple[Ints, Ints]]:
    """List the corners (m, 2) of all rings, where each ring begins and ends among them, and each part among the rings.

    `shapely.to_ragged_array` tells the same for many shapes, and takes three times as long for one.
    """
    rings, part = shapely.get_rings(shapely.get_parts(drawn), return_index=True)
    counts = shapely.get_num_coordinates(rings), np.bincount(part)
    of_rings, of_parts = (np.concatenate([[0], np.cumsum(count)]) for count in counts)
    return shapely.get_coordinates(drawn), (of_rings, of_parts)


def _flatten(caps: Caps) -> NDArray[np.object_]:
    """Draw each circle: all at once those that are smaller than a hemisphere and hold no pole."""
    latitudes, _, radii_km = np.array(caps).T
    to_pole_km = np.radians(90 - np.abs(latitudes)) * EARTH_RADIUS_KM
    plain = (radii_km <= HALF_ROUND_KM / 2) & (to_pole_km > radii_km)
    drawn = np.empty(len(caps), dtype=object)
    drawn[plain] = _flatten_plain(np.array(caps)[plain])
    for number in np.flatnonzero(~plain).tolist():
        drawn[number] = _flatten_large(*caps[number])
    return drawn


def _flatten_plain(caps: Floats) -> NDArray[np.object_]:
    """Draw circles (n, 3) that are smaller than a hemisphere and hold no pole; only those across ±180 are cut."""
    corners, longitudes = _list_corners(caps), caps[:, 1, None]
    x = longitudes + normalise_longitude(corners[..., 1] - longitudes)
    drawn = np.asarray(shapely.polygons(np.stack([x, corners[..., 0]], -1)))
    across = (x.min(axis=1) < -180.0) | (x.max(axis=1) > 180.0)
    for number in np.flatnonzero(across | ~shapely.is_valid(drawn)).tolist():
        polygon = shapely.make_valid(shapely.Polygon(np.column_stack([x[number], corners[number, :, 0]])))
        turns = (-360.0, 0.0, 360.0) if across[number] else (0.0,)
        parts = [shapely.intersection(translate(polygon, by), _WORLD) for by in turns]
        drawn[number] = shapely.union_all(parts) if across[number] else parts[0]
    return drawn


def _flatten_large(latitude: float, longitude: float, radius_km: float) -> BaseGeometry:
    """Draw one circle that holds a pole or more than a hemisphere."""
    if radius_km >= HALF_ROUND_KM:
        return _WORLD
    if radius_km > HALF_ROUND_KM / 2:
        # Larger than a hemisphere: the globe without the circle round the antipode.
        antipode = (-latitude, float(normalise_longitude(longitude + 180)), HALF_ROUND_KM - radius_km)
        opposite: BaseGeometry = _flatten((antipode,))[0]
        return _WORLD.difference(opposite)
    (corners,) = _list_corners(np.array([(latitude, longitude, radius_km)]))
    return _encloses_pole(corners, 90.0 if latitude > 0 else -90.0)


def _list_corners(caps: Floats) -> Floats:
    """Return corners (n, 180, 2: latitude, longitude) of polygons whose sides touch the circles (n, 3) from outside."""
    angle = caps[:, 2, None] / EARTH_RADIUS_KM
    outside = np.arctan2(np.sin(angle), np.cos(angle) * np.cos(np.pi / _CORNERS)) * EARTH_RADIUS_KM
    return find_destination(caps[:, None, :2], np.arange(_CORNERS) * 360.0 / _CORNERS, outside)


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
