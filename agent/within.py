"""The area that a user says the photo was taken in (``--within AREA``): it bounds retrieval, answer and region.

Its text in the settings is canonical and complete (a country code, a box, or GeoJSON), so that a record needs no file.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from sextant.agent.chat.allowed_area import WORLD, draw_allowed_area
from sextant.agent.chat.constraints import find_inside, restrict_to
from sextant.agent.verification.pool import Pool, positions_of
from sextant.agent.warning_codes import AnswerWarning, Code, warn
from sextant.base.arrays import Floats
from sextant.base.documents.outcome import OutcomeDocument
from sextant.base.errors import WrongUse, format_system_reason
from sextant.gallery.search.areas import SearchArea
from sextant.gallery.search.filters import Filters
from sextant.geo.countries import find_country_code, load_countries_by_code
from sextant.geo.polygons import is_inside

MOST_BYTES = 64 * 2**20  # of a GeoJSON file
_MOST_CORNERS = 500  # of an outline in a record: about 10 kB
_FINEST_DEGREES = 0.0005  # what an outline of more corners is first simplified by: 50 m
_FORMS = "give a country (FR, France), a box south,west,north,east in degrees, or a GeoJSON file"


@dataclass(frozen=True)
class Within:
    """An allowed area.

    Attributes:
        words: what it is called, for people and models.
        country: its ISO code; None for a drawn area.
        drawn: its outline, x longitude, y latitude; a country's is simplified and has 5 km of shore and border.
    """

    words: str
    country: str | None
    drawn: BaseGeometry

    def allows(self, positions: Floats) -> NDArray[np.bool_]:
        """Return which of (n, 2) positions in degrees lie in it; countries end at their borders."""
        if not len(positions):
            return np.zeros(0, dtype=bool)
        return find_inside({"country": self.country}, positions) if self.country else is_inside(self.drawn, positions)

    def narrow(self, filters: Filters) -> Filters:
        """Return filters that also leave out gallery photos taken elsewhere."""
        if self.country:
            return replace(filters, countries=(self.country,))
        return replace(filters, inside=(SearchArea(self.drawn),))


def read_within(text: str) -> str:
    """Read an area as a user gives it, and return its canonical text.

    Args:
        text: a country's code or name, ``south,west,north,east``, the path of a GeoJSON file, or GeoJSON.

    Raises:
        WrongUse: the text is not a known area, the area is empty, or the file cannot be read.
    """
    if text.lstrip().startswith("{"):
        return _write_geojson(SearchArea.from_geojson(text))
    if text.count(",") == 3:
        return ",".join(f"{value:g}" for value in _read_box(text))
    code = find_country_code(text)
    if code:
        return code
    path = Path(text).expanduser()
    if not path.is_file():
        raise WrongUse(f"unknown area {text[:80]!r}: {_FORMS}")
    if path.stat().st_size > MOST_BYTES:
        raise WrongUse(f"{text!r} has more than {MOST_BYTES // 2**20} MB; {_FORMS}")
    try:
        return _write_geojson(SearchArea.from_geojson(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"the area {text!r} cannot be read ({format_system_reason(error)}); {_FORMS}") from error


@lru_cache(maxsize=16)
def load_within(text: str) -> Within:
    """Load the area of a canonical text.

    Raises:
        WrongUse: it is not canonical: a record was changed by hand.
    """
    if text in load_countries_by_code():
        drawn = draw_allowed_area([restrict_to({"country": text}, "")])
        if drawn is not None:
            return Within(load_countries_by_code()[text].name, text, drawn)
    if text.startswith("{"):
        south, west, north, east = _bound(shape := _cut(SearchArea.from_geojson(text).shape))
        words = f"an area between latitudes {south:g} and {north:g}, longitudes {west:g} and {east:g}"
        return Within(words, None, _prepare(shape))
    south, west, north, east = _read_box(text)
    words = f"the box of latitudes {south:g} to {north:g}, longitudes {west:g} to {east:g}"
    return Within(words, None, _prepare(_cut(SearchArea.from_box(south, west, north, east).shape)))


def keep_within(pool: Pool, within: Within | None) -> Pool:
    """Return the pool without the candidates outside."""
    if within is None or not pool.candidates:
        return pool
    stays = within.allows(positions_of(pool.candidates)).tolist()
    return replace(pool, candidates=tuple(one for one, free in zip(pool.candidates, stays, strict=True) if free))


def describe_known(hint: str | None, within: str | None) -> str | None:
    """Describe what the user knows of the photo, as it is quoted to a model; None for nothing."""
    area = f"The photo was taken within {load_within(within).words}." if within else None
    return " ".join(part for part in (hint, area) if part) or None


def warn_within(text: str, outcomes: Sequence[OutcomeDocument]) -> AnswerWarning:
    """Warn that only places in an area count, and how many of the model's answers lie outside."""
    within = load_within(text)
    places = [(one["latitude"], one["longitude"]) for one in outcomes if one["kind"] == "answered"]
    outside = int((~within.allows(np.array(places, dtype=float).reshape(-1, 2))).sum())
    left = f" {outside} of the model's {len(places)} answers lie outside and do not count." if outside else ""
    return warn(Code.WITHIN, f"Only places within {within.words} count, as asked with --within.{left}")


def _read_box(text: str) -> tuple[float, float, float, float]:
    try:
        south, west, north, east = (float(part) for part in text.split(","))
    except ValueError as error:
        raise WrongUse(f"unknown area {text[:80]!r}: {_FORMS}") from error
    SearchArea.from_box(south, west, north, east)
    if south == north or west == east:
        raise WrongUse(f"box {text[:80]!r} encloses nothing; {_FORMS}")
    return south, west, north, east


def _write_geojson(area: SearchArea) -> str:
    """Write an area as compact GeoJSON of at most 500 corners or so; outlines of more are simplified."""
    shape, tolerance = _cut(area.shape), _FINEST_DEGREES
    while shapely.get_num_coordinates(shape) > _MOST_CORNERS and tolerance < 1.0:
        shape, tolerance = shapely.make_valid(shapely.simplify(shape, tolerance)), 2 * tolerance
    faces = shapely.normalize(shapely.MultiPolygon(_list_faces(shapely.set_precision(shape, 1e-6))))
    document: dict[str, Any] = json.loads(shapely.to_geojson(shapely.orient_polygons(faces)))
    return json.dumps(document, separators=(",", ":"))


def _cut(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape whose longitudes may pass ±180 as one that is cut there.

    Raises:
        WrongUse: it encloses nothing.
    """
    parts = [shapely.intersection(translate(shape, turn), WORLD) for turn in (-360.0, 0.0, 360.0)]
    faces = _list_faces(shapely.union_all(parts))
    if not faces:
        raise WrongUse(f"the area encloses nothing; {_FORMS}")
    return shapely.MultiPolygon(faces)


def _list_faces(shape: BaseGeometry) -> list[shapely.Polygon]:
    return [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon) and part.area > 1e-9]


def _bound(shape: BaseGeometry) -> tuple[float, float, float, float]:
    """Return south, west, north, east in degrees, to a hundredth."""
    west, south, east, north = (round(float(value), 2) for value in shape.bounds)
    return south, west, north, east


def _prepare(shape: BaseGeometry) -> BaseGeometry:
    shapely.prepare(shape)
    return shape
