"""Outlines with no more corners than the eye needs. What a region holds is told by its circles, not by its outline."""

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from sextant.base.arrays import Bools, Floats, Ints

FLATTEST = 0.05  # the cosine beyond 87 degrees of latitude would keep every corner near a pole
FINEST_SHARE = 0.005  # of a part's size that a line may stray where an outline is passed on: 22 corners of a circle
_OF_SHORTER = 0.02  # of the shorter side that a line may stray
_DIGITS = 6
Rings = list[Floats]
"""The rings of one part, the outer one first: each (n, 2), longitude before latitude, closed."""


def simplify_geojson(geojson: dict[str, Any], share: float) -> dict[str, Any]:
    """Return a GeoJSON Polygon or MultiPolygon with fewer corners.

    No line strays farther than ``share`` of its part's size (the longer side of its bounds, in degrees), and less at
    high latitudes, where maps are stretched, and in a flat part, as a small circle around a pole is. Corners on ±180
    and at the poles stay, so that what is cut there still meets. Coordinates keep the digits that the tolerance leaves.

    Args:
        geojson: longitude first, cut at ±180 as RFC 7946 asks.
        share: `FINEST_SHARE`, or more for fewer corners.
    """
    return simplify_parts(read_parts(geojson), share)


def read_parts(geojson: dict[str, Any]) -> list[Rings]:
    """Read the parts of a GeoJSON Polygon or MultiPolygon, to simplify them several times."""
    parts = [geojson["coordinates"]] if geojson["type"] == "Polygon" else geojson["coordinates"]
    return [[np.array(ring, dtype=float) for ring in part] for part in parts if part]


def simplify_parts(parts: list[Rings], share: float) -> dict[str, Any]:
    """Return the parts of a region as a GeoJSON Polygon or MultiPolygon, simplified as `simplify_geojson` says."""
    if not parts:
        return {"type": "MultiPolygon", "coordinates": []}
    tolerances = [_choose_tolerance(rings[0], share) for rings in parts]
    simple = _simplify_rings(parts, tolerances)
    rounded = [
        [np.round(ring, _count_digits(tolerance)) for ring in rings]
        for rings, tolerance in zip(simple, tolerances, strict=True)
    ]
    for number in np.flatnonzero(~_are_valid(rounded)).tolist():
        # Two corners can meet once they are rounded.
        rounded[number] = [np.round(ring, _DIGITS) for ring in parts[number]]
    kept = [[ring.tolist() for ring in rings if len(ring) >= 4] for rings in rounded]
    if len(kept) == 1:
        return {"type": "Polygon", "coordinates": kept[0]}
    return {"type": "MultiPolygon", "coordinates": kept}


def count_corners(geojson: dict[str, Any]) -> int:
    """Count the corners of a GeoJSON Polygon or MultiPolygon."""
    return int(shapely.get_num_coordinates(shape(geojson)))


def _choose_tolerance(outer: Floats, share: float) -> float:
    """Return how far a line of this part may stray, in degrees."""
    (west, south), (east, north) = outer.min(axis=0), outer.max(axis=0)
    stretch = max(FLATTEST, float(np.cos(np.radians(max(abs(south), abs(north))))))
    longer, shorter = max(east - west, north - south), min(east - west, north - south)
    return float(min(share * longer * stretch, _OF_SHORTER * shorter))


def _count_digits(tolerance: float) -> int:
    """Count the decimals that a tolerance in degrees leaves."""
    return int(np.clip(np.ceil(1 - np.log10(max(tolerance, 1e-9))), 1, _DIGITS))


def _simplify_rings(parts: list[Rings], tolerances: list[float]) -> list[Rings]:
    """Simplify every ring between its fixed corners, all lines in one call: each call costs more than a line."""
    chains: list[Floats] = []
    allowed: list[float] = []
    ring_of_chain: list[int] = []
    ring_number = 0
    for rings, tolerance in zip(parts, tolerances, strict=True):
        for ring in rings:
            cut = _cut_ring(ring)
            chains += cut
            allowed += [tolerance] * len(cut)
            ring_of_chain += [ring_number] * len(cut)
            ring_number += 1
    numbers = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
    lines = shapely.linestrings(np.concatenate(chains), indices=numbers)
    simple = shapely.simplify(lines, np.array(allowed), preserve_topology=False)
    corners, chain_of_corner = shapely.get_coordinates(simple, return_index=True)
    # The last corner of a chain is the first of the next.
    inner = np.append(chain_of_corner[1:] == chain_of_corner[:-1], False)
    ring_of_corner = np.array(ring_of_chain)[chain_of_corner[inner]]
    ends = np.searchsorted(ring_of_corner, np.arange(1, ring_number))
    closed = iter([np.concatenate([ring, ring[:1]]) for ring in np.split(corners[inner], ends)])
    return [[next(closed) for _ in rings] for rings in parts]


def _cut_ring(ring: Floats) -> list[Floats]:
    """Cut a closed ring into lines at the corners that stay: those on the edge of the map, else two far apart."""
    open_ring = ring[:-1]
    fixed = np.flatnonzero(_on_edge(open_ring))
    if len(fixed) < 2:
        first = int(fixed[0]) if len(fixed) else 0
        away = ((open_ring - open_ring[first]) ** 2).sum(1)
        fixed = np.array(sorted({first, int(np.argmax(away))}))
    turned = np.concatenate([open_ring[fixed[0] :], open_ring[: fixed[0] + 1]])
    ends: Ints = np.append(fixed - fixed[0], len(open_ring))
    return [turned[begin : end + 1] for begin, end in pairwise(ends.tolist())]


def _are_valid(parts: list[Rings]) -> Bools:
    """Return which parts are valid polygons."""
    valid = np.array([len(rings[0]) >= 4 for rings in parts])
    whole = [
        [ring for ring in rings if len(ring) >= 4] for rings, is_whole in zip(parts, valid, strict=True) if is_whole
    ]
    if whole:
        rings = [ring for kept in whole for ring in kept]
        lines = shapely.linearrings(
            np.concatenate(rings), indices=np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
        )
        part_of_ring = np.repeat(np.arange(len(whole)), [len(kept) for kept in whole])
        polygons = shapely.polygons(np.asarray(lines), indices=part_of_ring)
        valid[valid] = shapely.is_valid(polygons)
    return valid


def _on_edge(corners: Floats) -> Bools:
    """Return which corners (longitude, latitude) lie on ±180 or at a pole."""
    return np.asarray((np.abs(corners[:, 0]) >= 180.0 - 1e-9) | (np.abs(corners[:, 1]) >= 90.0 - 1e-9))
