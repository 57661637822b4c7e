"""Make a valid area from a hand-drawn polygon, which may cross itself and the antimeridian."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.geometry import shape

from sextant.base.errors import WrongUse
from sextant.geo.sphere import normalise_longitude

MOST_CORNERS = 1000
_WORLD = shapely.box(-180.0, -90.0, 180.0, 90.0)


def make_area(corners: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Convert the drawn ring to a valid GeoJSON Polygon or MultiPolygon, cut at ±180.

    Each side goes the short way round. Where the ring crosses itself, every lobe counts.

    Args:
        corners: (latitude, longitude) in degrees, in the order drawn, closed or not; longitudes may run past ±180,
            as they do on a map that repeats itself.

    Raises:
        WrongUse: fewer than three corners, too many, an invalid corner, a ring round a pole, or no area.
    """
    ring = [_read_corner(corner) for corner in corners]
    if len(ring) > MOST_CORNERS:
        raise WrongUse(f"the polygon has {len(ring)} corners; draw at most {MOST_CORNERS}")
    if len(set(ring)) < 3:
        raise WrongUse(f"a polygon of {len(set(ring))} different corners encloses no area; draw at least three")
    steps = [float(normalise_longitude(b[1] - a[1])) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
    if abs(sum(steps)) > 180.0:
        raise WrongUse("the polygon encircles a pole; draw it in two parts")
    longitudes = ring[0][1] + np.concatenate([[0.0], np.cumsum(steps[:-1])])
    flat = shapely.make_valid(shapely.Polygon([(x, corner[0]) for x, corner in zip(longitudes, ring, strict=True)]))
    turned = [translate(flat, turn) for turn in (-720.0, -360.0, 0.0, 360.0, 720.0)]
    whole = shapely.union_all([shapely.intersection(part, _WORLD) for part in turned])
    faces = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon" and part.area > 1e-9]
    if not faces:
        raise WrongUse("the polygon encloses no area; draw its corners apart")
    whole = faces[0] if len(faces) == 1 else shapely.multipolygons(faces)
    geojson: dict[str, Any] = json.loads(shapely.to_geojson(shapely.orient_polygons(whole)))
    return geojson


def read_geojson_area(document: Any) -> dict[str, Any]:
    """Convert the polygons of a GeoJSON document to one valid Polygon or MultiPolygon; holes stay holes.

    Args:
        document: a Polygon, a MultiPolygon, or a Feature, FeatureCollection or GeometryCollection of them; what is
            not a polygon is skipped.

    Raises:
        WrongUse: it holds no polygon, or one that encloses nothing.
    """
    polygons = _list_polygons(document)
    if not polygons:
        raise WrongUse("the GeoJSON has no polygon; draw an area, not points or lines")
    faces = []
    for outer, *holes in polygons:
        face = _make_face(outer)
        for hole in holes:
            face = shapely.difference(face, _make_face(hole))
        faces.append(face)
    geojson: dict[str, Any] = json.loads(shapely.to_geojson(shapely.orient_polygons(shapely.union_all(faces))))
    return geojson


def _make_face(ring: Sequence[Sequence[float]]) -> Any:
    return shape(make_area([(position[1], position[0]) for position in ring]))


def _list_polygons(document: Any) -> list[list[list[list[float]]]]:
    """Return the rings of every polygon in a GeoJSON document."""
    if not isinstance(document, dict):
        return []
    kind: Any = document.get("type")
    rings: Any = document.get("coordinates")
    if kind in ("Polygon", "MultiPolygon"):
        try:
            found = [rings] if kind == "Polygon" else list(rings)
            return [[[[float(value) for value in place[:2]] for place in ring] for ring in one] for one in found if one]
        except (TypeError, ValueError) as error:
            raise WrongUse(f"the GeoJSON's {kind} has coordinates that are not numbers; write it again") from error
    inside = document.get("features") or document.get("geometries") or [document.get("geometry")]
    return [polygon for part in inside if part is not document for polygon in _list_polygons(part)]


def _read_corner(corner: Sequence[float]) -> tuple[float, float]:
    try:
        latitude, longitude = (float(value) for value in corner)
    except (TypeError, ValueError) as error:
        raise WrongUse(f"{corner!r} is not a corner; give latitude and longitude in degrees") from error
    if not (math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 720):
        raise WrongUse(f"corner {latitude!r}, {longitude!r} is not a position; give degrees, latitude first")
    return latitude, longitude
