"""Search the maps: things by name, kind, address and by what stands near them."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from sextant.atlas.gazetteer.lookup import SearchCircle, find_containers
from sextant.atlas.map_index.element import Form
from sextant.atlas.map_index.feature_words import find_feature_word
from sextant.atlas.map_index.query import Condition, Question, Relation, read_questions, strip_article
from sextant.atlas.map_index.rows import (
    Row,
    find_by_address,
    find_by_kind,
    find_by_name,
    find_inside,
    find_known,
    find_longer,
)
from sextant.atlas.map_index.shapes import find_nearest_point, find_pairs, make_bounds, measure_metres
from sextant.atlas.map_index.store import list_map_files, open_map
from sextant.atlas.shipped import make_key
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_great_circle_km

_MOST_PAIRS = 200_000
_ONE_STREET_M = 400.0  # pieces of a street are nearer to one another
_ONE_THING_M = 120.0  # two entries of one thing, such as a castle and its building
# How far places reach that the map has as points, m.
_PLACE_REACH_M = {"city": 9000.0, "town": 4000.0, "village": 2500.0, "hamlet": 1200.0, "suburb": 2000.0}
_OTHER_PLACE_M = 1500.0
_PROMINENCE_M = 10.0  # metres farther that a thing may be for each point of prominence
_NO_SIGHTS = ("place=", "boundary=", "highway=", "tourism=information", "tourism=hotel", "tourism=guest_house")
_PLACE_KINDS = ("place=", "boundary=administrative")


@dataclass(frozen=True)
class Related:
    """A thing that stands near the one found."""

    name: str
    kind: str
    metres: float


@dataclass(frozen=True)
class MapHit:
    """A thing that was found; degrees. ``fit`` is 1 where it is called exactly what was asked for."""

    name: str
    kind: str
    latitude: float
    longitude: float
    fit: float
    form: str
    address: str = ""
    near: tuple[Related, ...] = ()
    km: float | None = None
    """From the position asked for, or the middle of the place asked for."""
    prominence: int = 0
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the fields that hold something."""
        plain = asdict(self) | {"near": [asdict(one) for one in self.near]}
        return {name: value for name, value in plain.items() if value not in (None, "", [], ())}


@dataclass(frozen=True)
class _Found:
    row: Row
    position: tuple[float, float]
    near: tuple[Related, ...] = ()


@dataclass(frozen=True)
class _Area:
    """Where is looked: a box, and the shape or circle inside it."""

    bounds: Floats
    holds: Callable[[Row], bool]
    middle: tuple[float, float]


class MapIndex:
    """The maps of a folder, opened for reading. Use it from one thread at a time.

    Raises:
        MapError: one cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._maps = [(path.stem, open_map(path)) for path in list_map_files(folder)]

    def __bool__(self) -> bool:
        return bool(self._maps)

    def close(self) -> None:
        """Close all files."""
        for _, connection in self._maps:
            connection.close()

    def search(self, text: str, limit: int = 5, circle: SearchCircle | None = None) -> list[MapHit]:
        """Return what a question finds, best first.

        Args:
            text: such as "a church within 100 m of a railway station", "Landstrasse / Bahnhofstrasse, Schaan",
                "Städtle 32, Vaduz", "Coop supermarket".
            limit: how many at most.
            circle: only what lies in it.

        Raises:
            MapError: a part of the question stands for too many things.
        """
        questions = read_questions(text)
        for question in dict.fromkeys([*questions, *(one.widen() for one in questions)]):
            hits = self.answer(question, circle)
            if hits:
                return hits[:limit]
        return []

    def answer(self, question: Question, circle: SearchCircle | None = None) -> list[MapHit]:
        """Return all that a question as read finds, best first.

        Raises:
            MapError: a part of the question stands for too many things.
        """
        if question.name:
            called = [hit for hit in self.answer(Question(question.name, (), question.where), circle) if hit.fit == 1.0]
            if called:
                return called
        hits = [hit for name, connection in self._maps for hit in _answer(connection, name, question, circle)]
        return sorted(hits, key=_rank)

    def knows_place(self, name: str) -> bool:
        """Return whether a town or district of this name is known."""
        return any(_find_areas(connection, name, None) is not None for _, connection in self._maps)

    def find_called(self, text: str, circles: Sequence[SearchCircle]) -> list[Row]:
        """Return the things in the circles that are called exactly so, or have exactly this address."""
        found: dict[tuple[str, int], Row] = {}
        for circle in circles:
            area = _make_circle(circle.latitude, circle.longitude, 1000 * circle.radius_km)
            for source, connection in self._maps:
                rows = find_by_name(connection, text, area.bounds) or find_by_address(connection, text, area.bounds)
                found |= {(source, row.number): row for row in rows if row.fit == 1.0 and area.holds(row)}
        return list(found.values())

    def list_sights(self, latitude: float, longitude: float, km: float) -> list[MapHit]:
        """Return the known or historic named things within so many km of a position (degrees), each with its ``km``."""
        bounds = make_bounds(latitude, longitude, 1000 * km)
        found = []
        for source, connection in self._maps:
            rows = [row for row in find_known(connection, bounds) if not row.kinds[0].startswith(_NO_SIGHTS)]
            pieces = _merge([_Found(row, (row.latitude, row.longitude)) for row in rows], related=False)
            found += [_make_hit(one, source, [(latitude, longitude)]) for one in pieces]
        return [hit for hit in found if hit.km is not None and hit.km <= km]

    def inside(self, latitude: float, longitude: float, metres: float) -> list[Row]:
        """Return everything whose box touches the square round a circle."""
        bounds = make_bounds(latitude, longitude, metres)
        return [row for _, connection in self._maps for row in find_inside(connection, bounds)]


def _rank(hit: MapHit) -> tuple[float, float, float, str, float, float]:
    away = sum(one.metres for one in hit.near) if hit.near else 1000 * (hit.km or 0.0)
    return (
        -round(hit.fit, 1),
        round(away - _PROMINENCE_M * hit.prominence, 1),
        hit.km or 0.0,
        hit.name,
        hit.latitude,
        hit.longitude,
    )


def _answer(
    connection: sqlite3.Connection, source: str, question: Question, circle: SearchCircle | None
) -> list[MapHit]:
    areas = _find_areas(connection, question.where, circle)
    if areas is None:
        return []
    found = [
        _Found(row, (row.latitude, row.longitude))
        for area in areas for row in _find_rows(connection, question.what, area.bounds if area else None)
        if area is None or area.holds(row)
    ]  # fmt: skip
    for condition in question.conditions:
        found = _keep_related(connection, found, condition)
    middles = [(circle.latitude, circle.longitude)] if circle else [area.middle for area in areas if area]
    return [_make_hit(one, source, middles) for one in _merge(found, related=bool(question.conditions))]


def _find_areas(
    connection: sqlite3.Connection, where: str | None, circle: SearchCircle | None
) -> list[_Area | None] | None:
    """Return the areas that are looked through; None where the place is not known."""
    if where is None:
        return [_make_circle(circle.latitude, circle.longitude, 1000 * circle.radius_km)] if circle else [None]
    rows = [row for row in find_by_name(connection, strip_article(where), None) if row.fit == 1.0]
    rows = [row for row in rows if any(kind.startswith(_PLACE_KINDS) for kind in row.kinds)]
    drawn = [row for row in rows if row.form == Form.AREA]
    if drawn:
        return [_make_shape_area(row.shape) for row in drawn[:4]]
    if rows:
        return [_make_circle(row.latitude, row.longitude, _get_reach(row)) for row in rows[:8]]
    known = find_containers([where])
    if not known:
        return None
    return [_make_circle(one.latitude, one.longitude, 1000 * one.radius_km + 500) for one in known[:4]]


def _get_reach(row: Row) -> float:
    values = [kind.removeprefix("place=") for kind in row.kinds if kind.startswith("place=")]
    return max((_PLACE_REACH_M.get(value, _OTHER_PLACE_M) for value in values), default=_OTHER_PLACE_M)


def _make_circle(latitude: float, longitude: float, metres: float) -> _Area:
    point = shapely.Point(longitude, latitude)

    def holds(row: Row) -> bool:
        return measure_metres(row.shape, point, latitude) <= metres

    return _Area(make_bounds(latitude, longitude, metres), holds, (latitude, longitude))


def _make_shape_area(shape: BaseGeometry) -> _Area:
    west, south, east, north = shape.bounds
    middle = shape.representative_point()
    box = np.array([south, west, north, east])
    return _Area(box, lambda row: bool(shape.intersects(row.shape)), (middle.y, middle.x))


def _find_rows(connection: sqlite3.Connection, text: str, bounds: Floats | None) -> list[Row]:
    """Return what a part of a question stands for: an address, a kind of thing, a name, or a name with its kind."""
    word = find_feature_word(text)
    if word is not None:
        return find_by_kind(connection, word, bounds) or find_by_name(connection, text, bounds)
    if any(char.isdigit() for char in text):
        houses = find_by_address(connection, text, bounds)
        if houses:
            return houses
    named = find_by_name(connection, text, bounds)
    if named and named[0].fit == 1.0:
        return named
    return [*named, *_find_named_kind(connection, text, bounds)]


def _find_named_kind(connection: sqlite3.Connection, text: str, bounds: Floats | None) -> list[Row]:
    """Return what "hotel Real", "Coop supermarket" and "sushi restaurant" stand for: a kind with a name or a detail."""
    words = text.split()
    for cut in range(1, len(words)):
        for kind, name in ((words[:cut], words[cut:]), (words[cut:], words[:cut])):
            word = find_feature_word(" ".join(kind))
            if word is None:
                continue
            wanted = find_by_kind(connection, word, bounds)
            numbers = {row.number for row in wanted}
            named = (find(connection, " ".join(name), bounds) for find in (find_by_name, find_longer))
            rows = next(filter(None, ([row for row in found if row.number in numbers] for found in named)), [])
            rows = rows or [row for row in wanted if _has_detail(row, " ".join(name))]
            if rows:
                return rows
    return []


def _has_detail(row: Row, text: str) -> bool:
    """Return whether a tag of a thing has this value: its cuisine, sport, material."""
    key = make_key(text)
    return any(make_key(kind.partition("=")[2].replace("_", " ")) == key for kind in row.kinds)


def _keep_related(connection: sqlite3.Connection, found: list[_Found], condition: Condition) -> list[_Found]:
    """Keep what lies within the condition's distance of another thing that its words stand for."""
    if not found:
        return []
    bounds = shapely.total_bounds(np.array([one.row.shape for one in found], dtype=object))
    low = make_bounds(bounds[1], bounds[0], condition.metres)
    high = make_bounds(bounds[3], bounds[2], condition.metres)
    others = _find_rows(connection, condition.what, np.array([low[0], low[1], high[2], high[3]]))
    pairs = find_pairs([one.row.shape for one in found], [row.shape for row in others], condition.metres)
    best: dict[int, tuple[float, Row]] = {}
    for mine, other in pairs[:_MOST_PAIRS]:
        row, one = others[other], found[mine].row
        if row.number == one.number or (condition.relation is Relation.CROSSING and row.name == one.name):
            continue
        metres = measure_metres(one.shape, row.shape, one.latitude)
        if metres <= condition.metres and (mine not in best or metres < best[mine][0]):
            best[mine] = metres, row
    kept = []
    for mine, (metres, row) in best.items():
        mover = found[mine]
        related = Related(row.called, row.kind, round(metres, 1))
        position = mover.position
        if mover.row.form == Form.LINE and not mover.near:
            position = find_nearest_point(mover.row.shape, row.shape, mover.row.latitude)
        kept.append(_Found(mover.row, position, (*mover.near, related)))
    return kept


def _merge(found: list[_Found], *, related: bool) -> list[_Found]:
    """Merge what is one thing: pieces of a street, a castle and its building, a place and its boundary."""
    groups: dict[str, list[list[_Found]]] = {}
    for one in sorted(found, key=lambda one: (-one.row.fit, sum(near.metres for near in one.near), one.row.number)):
        key = make_key(one.row.name) or f"#{one.row.number}"
        reach = _ONE_STREET_M if one.row.form == Form.LINE and not related else _ONE_THING_M
        for group in groups.setdefault(key, []):
            if any(_measure_apart(one, other) <= reach for other in group):
                group.append(one)
                break
        else:
            groups[key].append([one])
    return [_choose(group, related=related) for listed in groups.values() for group in listed]


def _measure_apart(a: _Found, b: _Found) -> float:
    if a.row.form == Form.LINE and b.row.form == Form.LINE and a.near == b.near == ():
        return measure_metres(a.row.shape, b.row.shape, a.row.latitude)
    return 1000 * float(compute_great_circle_km(a.position, b.position))


def _choose(group: list[_Found], *, related: bool) -> _Found:
    """Return what stands for a group: the nearest to what it relates to, else the best known, else the middle one."""
    if related:
        return group[0]
    most = max(one.row.prominence for one in group)
    known = [one for one in group if one.row.prominence == most]
    middle = np.mean([one.position for one in known], axis=0)
    return min(known, key=lambda one: (float(compute_great_circle_km(one.position, middle)), one.row.number))


def _make_hit(one: _Found, source: str, middles: list[tuple[float, float]]) -> MapHit:
    row = one.row
    km = min((float(compute_great_circle_km(one.position, middle)) for middle in middles), default=None)
    return MapHit(
        row.called, row.kind, round(one.position[0], 6), round(one.position[1], 6), row.fit, row.form, row.address,
        one.near, None if km is None else round(km, 3), row.prominence, source,
    )  # fmt: skip
