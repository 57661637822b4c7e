"""Outlines with no more corners than the eye needs. What a region holds is told by its circles, not by its outline."""

from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from sextant.base.arrays import Bools, Floats

FLATTEST = 0.05  # the cosine beyond 87 degrees of latitude would keep every corner near a pole
_OF_SHORTER = 0.02  # of the shorter side that a line may stray
_DIGITS = 6


def simplify_geojson(geojson: dict[str, Any], share: float) -> dict[str, Any]:
    """Return a GeoJSON Polygon or MultiPolygon with fewer corners.

    No line strays farther than ``share`` of its part's size (the longer side of its bounds, in degrees), and less at
    high latitudes, where maps are stretched, and in a flat part, as a small circle around a pole is. Corners on ±180
    and at the poles stay, so that what is cut there still meets. Coordinates keep the digits that the tolerance leaves.

    Args:
        geojson: longitude first, cut at ±180 as RFC 7946 asks.
        share: 0.005 is a circle of about 22 corners.
    """
    parts = [_simplify_part(part, share) for part in shapely.get_parts(shape(geojson))]
    kept = [part for part in parts if part]
    if len(kept) == 1:
        return {"type": "Polygon", "coordinates": kept[0]}
    return {"type": "MultiPolygon", "coordinates": kept}


def count_corners(geojson: dict[str, Any]) -> int:
    """Count the corners of a GeoJSON Polygon or MultiPolygon."""
    return int(shapely.get_num_coordinates(shape(geojson)))


def _simplify_part(part: shapely.Polygon, share: float) -> list[list[list[float]]]:
    west, south, east, north = part.bounds
    stretch = max(FLATTEST, float(np.cos(np.radians(max(abs(south), abs(north))))))
    longer, shorter = max(east - west, north - south), min(east - west, north - south)
    tolerance = min(share * longer * stretch, _OF_SHORTER * shorter)
    digits = int(np.clip(np.ceil(1 - np.log10(max(tolerance, 1e-9))), 1, _DIGITS))
    drawn = [np.asarray(ring.coords) for ring in (part.exterior, *part.interiors)]
    rings = [np.round(_simplify_ring(ring, tolerance), digits) for ring in drawn]
    if not shapely.Polygon(rings[0], [ring for ring in rings[1:] if len(ring) >= 4]).is_valid:
        rings = [np.round(ring, _DIGITS) for ring in drawn]  # two corners can meet once they are rounded
    return [ring.tolist() for ring in rings if len(ring) >= 4]


def _simplify_ring(ring: Floats, tolerance: float) -> Floats:
    """Simplify a closed ring (n, 2) between its fixed corners: those on the edge of the map, else two far apart."""
    open_ring = ring[:-1]
    fixed = np.flatnonzero(_on_edge(open_ring))
    if len(fixed) < 2:
        first = int(fixed[0]) if len(fixed) else 0
        away = ((open_ring - open_ring[first]) ** 2).sum(1)
        fixed = np.array(sorted({first, int(np.argmax(away))}))
    chains = []
    for begin, end in zip(fixed, [*fixed[1:], fixed[0] + len(open_ring)], strict=True):
        chain = open_ring[np.arange(begin, end + 1) % len(open_ring)]
        simple = shapely.simplify(shapely.LineString(chain), tolerance, preserve_topology=False)
        chains.append(np.asarray(simple.coords)[:-1])
    whole = np.concatenate(chains)
    return np.concatenate([whole, whole[:1]])


def _on_edge(corners: Floats) -> Bools:
    """Return which corners (longitude, latitude) lie on ±180 or at a pole."""
    return np.asarray((np.abs(corners[:, 0]) >= 180.0 - 1e-9) | (np.abs(corners[:, 1]) >= 90.0 - 1e-9))
