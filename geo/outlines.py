"""Outlines in a form that does not depend on how they were drawn.

GEOS may begin a ring at any of its corners and give parts in any order; both change from one of its functions, and
of its versions, to another.
"""

from typing import Any

Ring = list[list[float]]


def normalise_outline(geojson: dict[str, Any]) -> dict[str, Any]:
    """Begin each ring of a GeoJSON Polygon or MultiPolygon at its least corner, and sort the parts and their holes.

    Raises:
        IndexError, TypeError, ValueError: it is not such an outline.
    """
    several = geojson["type"] == "MultiPolygon"
    parts = [_normalise_part(part) for part in (geojson["coordinates"] if several else [geojson["coordinates"]])]
    return {**geojson, "coordinates": sorted(parts) if several else parts[0]}


def _normalise_part(rings: list[Ring]) -> list[Ring]:
    outer, *holes = (_turn(ring) for ring in rings)
    return [outer, *sorted(holes)]


def _turn(ring: Ring) -> Ring:
    corners = ring[:-1]  # the last repeats the first
    first = corners.index(min(corners))
    return [*corners[first:], *corners[: first + 1]]
