"""Draw where a user's constraints allow the photo to be, as one area: what a region is cut by."""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from sextant.base.json_types import Json
from sextant.geo.caps import draw_caps
from sextant.geo.countries import list_countries
from sextant.geo.polygons import list_names_on_map, load_country_polygon

WORLD = shapely.box(-180.0, -90.0, 180.0, 90.0)
_HALVES = {
    "northern": shapely.box(-180.0, 0.0, 180.0, 90.0),
    "southern": shapely.box(-180.0, -90.0, 180.0, 0.0),
    "eastern": shapely.box(0.0, -90.0, 180.0, 90.0),
    "western": shapely.box(-180.0, -90.0, 0.0, 90.0),
}
_SHORE_DEGREES = 0.05  # about 5 km: a pier is in its country
_LINE_DEGREES = 0.01  # about 1 km: how far a simplified border strays
_OUTLINE_DEGREES = 0.05  # the same of a continent, whose coast would be half a megabyte


def draw_allowed_area(constraints: Sequence[Json]) -> BaseGeometry | None:
    """Draw where all constraints on places hold (x longitude, y latitude); None where none of them can be drawn.

    "Near the sea" is not drawn: it rules out candidates, and the region stays as it is.
    """
    allowed: BaseGeometry | None = None
    for constraint in constraints:
        area = constraint.get("area") or {}
        drawn = _draw(area, outside=constraint["rule"] == "exclude") if area else None
        if drawn is None:
            continue
        left = shapely.difference(WORLD, drawn) if constraint["rule"] == "exclude" else drawn
        allowed = left if allowed is None else shapely.intersection(allowed, left)
    if allowed is not None:
        shapely.prepare(allowed)
    return allowed


def intersect_areas(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """Return where both areas are, ready for many questions."""
    both = shapely.intersection(one, other)
    shapely.prepare(both)
    return both


def _draw(area: Json, *, outside: bool) -> BaseGeometry | None:
    """Draw one area; with ``outside``, the shore of a country is not widened into its neighbours."""
    kinds: dict[str, Callable[[Any], BaseGeometry]] = {
        "country": lambda code: _widen(_draw_country(code), outside),
        "continent": lambda name: _widen(_draw_continent(name), outside),
        "half": lambda name: _HALVES[name],
        "circle": lambda circle: shape(draw_caps([tuple(circle)])),
        "polygon": lambda geojson: shapely.from_geojson(json.dumps(geojson)),
    }
    (kind, value), *_ = area.items()
    return kinds[kind](value) if kind in kinds else None


def _widen(land: BaseGeometry, outside: bool) -> BaseGeometry:
    return land if outside else shapely.intersection(shapely.buffer(land, _SHORE_DEGREES, quad_segs=2), WORLD)


@lru_cache(maxsize=64)
def _draw_country(code: str) -> BaseGeometry:
    return shapely.make_valid(shapely.simplify(load_country_polygon(code), _LINE_DEGREES))


@lru_cache(maxsize=8)
def _draw_continent(name: str) -> BaseGeometry:
    drawn = list_names_on_map()
    found = [
        _draw_country(one.natural_earth)
        for one in list_countries()
        if one.continent == name and one.natural_earth in drawn
    ]
    return shapely.make_valid(shapely.simplify(shapely.union_all(np.array(found, dtype=object)), _OUTLINE_DEGREES))
