"""Describe what is at and near a position: address, street, crossing, areas that hold it, things around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from sextant.atlas.map_index.element import Form
from sextant.atlas.map_index.rows import Row
from sextant.atlas.map_index.search import MapIndex
from sextant.atlas.map_index.shapes import find_nearest_point, measure_metres
from sextant.geo.places import name_wind
from sextant.geo.sphere import compute_bearing_degrees

_ADDRESS_M, _STREET_M, _CROSSING_M = 60.0, 100.0, 40.0
_MOST_THINGS = 25
_ROAD = "highway="
# Roads that people do not call by a name of theirs.
_PATHS = frozenset({"highway=footway", "highway=path", "highway=track", "highway=steps", "highway=cycleway"})
_STOPS = frozenset({"highway=bus_stop", "railway=stop", "public_transport=station"})
_BORDER = "boundary=administrative"


@dataclass(frozen=True)
class Near:
    """A thing near a position: ``metres`` to its nearest point, ``bearing`` (degrees from north) towards it."""

    name: str
    kind: str
    metres: float
    bearing: float
    latitude: float
    longitude: float

    @property
    def words(self) -> str:
        """Say it in a line."""
        where = "here" if self.metres < 1 else f"{self.metres:.0f} m to the {name_wind(self.bearing)}"
        return f"{self.name} ({self.kind}), {where}" if self.name else f"{self.kind}, {where}"


@dataclass(frozen=True)
class Surroundings:
    """What lies at a position; ``inside`` are areas that hold it, the smallest first."""

    latitude: float
    longitude: float
    address: str | None
    street: Near | None
    crossing: Near | None
    inside: tuple[str, ...]
    things: tuple[Near, ...]

    def to_json(self) -> dict[str, Any]:
        """Return all fields; metres and bearings to a whole number."""
        things = [_plain(one) for one in self.things]
        return {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "address": self.address,
            "street": _plain(self.street) if self.street else None,
            "crossing": _plain(self.crossing) if self.crossing else None,
            "inside": list(self.inside),
            "things": things,
        }

    def list_lines(self) -> list[str]:
        """Return plain sentences, one a line; none where the map has nothing here."""
        lines = [f"address: {self.address}"] if self.address else []
        lines += [f"street: {self.street.words}"] if self.street else []
        lines += [f"crossing street: {self.crossing.words}"] if self.crossing else []
        lines += [f"inside: {'; '.join(self.inside)}"] if self.inside else []
        return lines + [one.words for one in self.things]


def _plain(near: Near) -> dict[str, Any]:
    return vars(near) | {"metres": round(near.metres), "bearing": round(near.bearing)}


def describe_surroundings(index: MapIndex, latitude: float, longitude: float, metres: float) -> Surroundings:
    """Describe what the maps have within so many metres of a position (degrees)."""
    rows = index.inside(latitude, longitude, max(metres, _STREET_M))
    point = shapely.Point(longitude, latitude)
    away = [(measure_metres(row.shape, point, latitude), row) for row in rows]
    away.sort(key=lambda pair: (pair[0], pair[1].number))
    holding = [row for distance, row in away if distance == 0 and row.form == Form.AREA and row.name]
    holding.sort(key=lambda row: (row.shape.area, row.number))
    address = next((row.address for distance, row in away if row.address and distance <= _ADDRESS_M), None)
    roads = [(distance, row) for distance, row in away if _is_street(row) and distance <= _STREET_M]
    street = roads[0] if roads else None
    crossing = next((pair for pair in roads if street and pair[1].name != street[1].name and _meet(pair, street)), None)
    things = _choose_things(away, metres, holding)
    return Surroundings(
        latitude,
        longitude,
        address,
        _make_near(street, latitude, longitude) if street else None,
        _make_near(crossing, latitude, longitude) if crossing else None,
        tuple(dict.fromkeys(row.name if _BORDER in row.kinds else f"{row.name} ({row.kind})" for row in holding)),
        tuple(_make_near(pair, latitude, longitude) for pair in things),
    )


def _is_street(row: Row) -> bool:
    kinds = set(row.kinds)
    return bool(row.name) and row.form == Form.LINE and row.kinds[0].startswith(_ROAD) and not kinds & _PATHS


def _meet(pair: tuple[float, Row], street: tuple[float, Row]) -> bool:
    return pair[0] <= _CROSSING_M and measure_metres(pair[1].shape, street[1].shape, street[1].latitude) < 5


def _choose_things(away: Sequence[tuple[float, Row]], metres: float, holding: Sequence[Row]) -> list[tuple[float, Row]]:
    """Return named things and telling unnamed ones, each name and kind once, the nearest first; the known ones stay."""
    seen = {(row.name, row.kind) for row in holding if _BORDER in row.kinds}
    found = []
    for distance, row in away:
        road = row.form == Form.LINE and bool(row.kinds) and row.kinds[0].startswith(_ROAD)
        if distance > metres or not row.kinds or road or _BORDER in row.kinds or set(row.kinds) & _STOPS:
            continue
        if (row.name or str(row.number), row.kind) in seen or (not row.name and ("", row.kind) in seen):
            continue
        seen.add((row.name, row.kind))
        found.append((distance, row))
    known = sorted(found, key=lambda pair: (pair[0] - 10 * pair[1].prominence, pair[1].number))[:_MOST_THINGS]
    return sorted(known, key=lambda pair: (pair[0], pair[1].number))


def _make_near(pair: tuple[float, Row], latitude: float, longitude: float) -> Near:
    distance, row = pair
    at = find_nearest_point(row.shape, shapely.Point(longitude, latitude), latitude)
    bearing = float(compute_bearing_degrees((latitude, longitude), at)) if distance >= 1 else 0.0
    return Near(row.name, row.kind, distance, bearing, round(at[0], 6), round(at[1], 6))
