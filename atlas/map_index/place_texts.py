"""Find where the map has several texts of a photo together: a shop's name on the street of another sign."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import shapely

from sextant.atlas.gazetteer.lookup import SearchCircle
from sextant.atlas.map_index.element import Form
from sextant.atlas.map_index.rows import Row
from sextant.atlas.map_index.search import MapIndex
from sextant.atlas.map_index.shapes import find_nearest_point, find_pairs, measure_metres
from sextant.geo.sphere import compute_great_circle_km

_TOGETHER_M = 80.0  # signs that one photo shows stand no farther apart, or on one street
_ONE_PLACE_M = 200.0
_MOST_ALIKE = 10  # places that fit as well, beyond which the texts say nothing
_MOST_ALIKE_SINGLE = 3  # the same for one text alone
_MOST_PLACES = 3
_MOST_ROWS = 2000
_POINT_KM = 0.05
_NO_SIGN = ("boundary=", "place=")


@dataclass(frozen=True)
class MapPlace:
    """A place with the texts that the map has there; degrees. ``alike`` counts the places with as many texts."""

    texts: tuple[str, ...]
    name: str
    kind: str
    latitude: float
    longitude: float
    radius_km: float
    alike: int

    def to_json(self) -> dict[str, Any]:
        """Return all fields."""
        return asdict(self) | {"texts": list(self.texts)}


@dataclass(frozen=True)
class _Spot:
    """A thing with one text, and the other texts near it."""

    row: Row
    texts: tuple[str, ...]
    position: tuple[float, float]


def place_texts(index: MapIndex, texts: Sequence[str], circles: Sequence[SearchCircle]) -> list[MapPlace]:
    """Return the places inside the circles where the map has most of the texts; none where too many fit as well."""
    found = [
        (text, row)
        for text in texts
        for row in index.find_called(text, circles)
        if not (row.kinds and row.kinds[0].startswith(_NO_SIGN))
    ][:_MOST_ROWS]
    if not found:
        return []
    spots = _find_spots(found)
    most = max(len(spot.texts) for spot in spots)
    best = _keep_apart([spot for spot in spots if len(spot.texts) == most])
    if len(best) > (_MOST_ALIKE if most > 1 else _MOST_ALIKE_SINGLE):
        return []
    return [_make_place(spot, len(best)) for spot in best[:_MOST_PLACES]]


def _find_spots(found: Sequence[tuple[str, Row]]) -> list[_Spot]:
    shapes = [row.shape for _, row in found]
    near: dict[int, dict[str, Row]] = {number: {text: row} for number, (text, row) in enumerate(found)}
    for mine, other in find_pairs(shapes, shapes, _TOGETHER_M):
        text, row = found[other]
        if text in near[mine] or _is_one(row, found[mine][1]):
            continue
        if measure_metres(shapes[mine], row.shape, row.latitude) <= _TOGETHER_M:
            near[mine][text] = row
    return [
        _Spot(row, tuple(sorted(near[number])), _find_position(row, near[number].values()))
        for number, (_, row) in enumerate(found)
    ]


def _find_position(row: Row, others: Any) -> tuple[float, float]:
    """Return the middle of a thing; of a street, the point of it nearest to the other text's thing."""
    other = next((one for one in others if not _is_one(one, row)), None)
    if row.form != Form.LINE or other is None:
        return row.latitude, row.longitude
    return find_nearest_point(row.shape, other.shape, row.latitude)


def _is_one(a: Row, b: Row) -> bool:
    """Return whether two rows are one thing: numbers are of one map."""
    return (a.number, a.latitude, a.longitude) == (b.number, b.latitude, b.longitude)


def _keep_apart(spots: Sequence[_Spot]) -> list[_Spot]:
    """Return the spots that are different places, of each the most exact: a shop before the street it stands on."""
    kept: list[_Spot] = []
    for spot in sorted(spots, key=lambda one: (one.row.form == Form.LINE, one.row.shape.area, one.row.number)):
        if not any(_is_same(spot, other) for other in kept):
            kept.append(spot)
    return kept


def _is_same(spot: _Spot, other: _Spot) -> bool:
    if spot.row.form == Form.LINE and spot.row.name == other.row.name and len(spot.texts) == 1:
        return bool(shapely.distance(spot.row.shape, other.row.shape) < 0.005)  # pieces of one street
    return 1000 * float(compute_great_circle_km(spot.position, other.position)) <= _ONE_PLACE_M


def _make_place(spot: _Spot, alike: int) -> MapPlace:
    row = spot.row
    alone = row.form == Form.LINE and len(spot.texts) == 1
    west, south, east, north = row.shape.bounds
    half = float(compute_great_circle_km((south, west), (north, east))) / 2
    radius_km = max(_POINT_KM, half) if alone or row.form == Form.AREA else _POINT_KM
    latitude, longitude = (round(value, 6) for value in spot.position)
    return MapPlace(spot.texts, row.called, row.kind, latitude, longitude, round(radius_km, 3), alike)
