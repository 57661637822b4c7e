"""The shipped names: towns with their population, divisions, counties, countries and well-known regions.

Every name has a key (`make_key`); a key leads to entries. `data/towns.npz` has towns, divisions, counties and names of
countries (see `scripts/derive_towns.py`), `data/regions.csv` regions that are not divisions (the Alps, Mallorca).
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sextant.base.errors import WrongUse
from sextant.geo.countries import list_country_keys, load_countries_by_code
from sextant.geo.spelling import fold, strip_digraphs
from sextant.geo.sphere import compute_great_circle_km, find_weighted_centre

EntryKind = Literal["town", "county", "region", "division", "country"]

# A town of a million people reaches about 17 km from its middle, a village of a thousand one.
_TOWN_RADIUS_KM, _TOWN_GROWTH = 1.0, 0.41
_BESIDE_KM = 60.0  # a national park may have no town of its own
_HELD = 0.9  # share of an area's people that its radius holds


@dataclass(frozen=True)
class GazetteerEntry:
    """Something a name stands for, at a position in degrees; ``radius_km`` holds most of it.

    ``owners`` are the ISO codes of the countries it lies in; ``division`` the first-level division. ``own`` is false
    where the name is an alias. ``number`` tells entries apart.
    """

    kind: EntryKind
    name: str
    latitude: float
    longitude: float
    radius_km: float
    owners: tuple[str, ...]
    division: str = ""
    population: int = 0
    own: bool = True
    number: int = -1


def make_key(name: str) -> str:
    """Return the key of a name, which ignores case, accents, punctuation and spellings of umlauts."""
    return strip_digraphs(fold(name))


def estimate_town_radius_km(population: int) -> float:
    """Return how far a town of that population reaches from its centre."""
    return float(_TOWN_RADIUS_KM * max(1.0, population / 1000) ** _TOWN_GROWTH)


class Shipped:
    """All shipped names. Built once, by ``load_shipped()``."""

    def __init__(self) -> None:
        with as_file(files("sextant.atlas") / "data" / "towns.npz") as path, np.load(path) as file:
            columns = {name: file[name] for name in file.files}
        self._keys = {key: index for index, key in enumerate(_split_lines(columns["keys"]))}
        self._starts = np.concatenate([[0], np.cumsum(columns["counts"], dtype=np.int64)])
        self._rows: NDArray[np.int32] = columns["rows"]
        self._own = np.unpackbits(columns["own"], count=len(self._rows)).astype(bool)
        self._names: list[str] = _split_lines(columns["names"])
        self._positions = columns["positions"] / 1e4
        self._population: NDArray[np.uint32] = columns["population"]
        self._division: NDArray[np.uint16] = columns["division"]
        self._divisions = [tuple(line.split("\t")) for line in _split_lines(columns["divisions"])]
        self._areas: dict[str, list[tuple[EntryKind, Any]]] = defaultdict(list)
        self._country_codes: dict[str, str] = {}
        self._known_as: dict[str, list[int]] = defaultdict(list)
        self._enter_great_cities()
        self._enter_countries(_split_lines(columns["countries"]))
        self._enter_divisions()
        self._enter_regions()
        self._enter_counties(_split_lines(columns["counties"]))

    def __contains__(self, key: str) -> bool:
        return key in self._keys or key in self._areas or key in self._known_as

    def entries(self, key: str) -> tuple[GazetteerEntry, ...]:
        """Return what a key stands for: areas first, then towns, the most populous first."""
        return _find_entries(self, key)

    def country_code(self, key: str) -> str | None:
        """Return the ISO code of the country with this key."""
        return self._country_codes.get(key)

    def keys(self) -> list[str]:
        """Return every key of a town, in order."""
        return list(self._keys)

    def find(self, key: str) -> tuple[GazetteerEntry, ...]:
        """Find the entries of a key, as ``entries`` does, which caches them."""
        found = [self._area(kind, what) for kind, what in self._areas.get(key, ())]
        areas = [area for area in found if area is not None]
        known = self._known_as.get(key, [])
        towns = [self._town(row, own=True) for row in known]
        index = self._keys.get(key)
        if index is not None:
            span = range(int(self._starts[index]), int(self._starts[index + 1]))
            rows = ((int(self._rows[at]), bool(self._own[at])) for at in span)
            towns += [self._town(row, own) for row, own in rows if row not in known]
        return (*areas, *sorted(towns, key=lambda town: (-town.population, town.number)))

    def _town(self, row: int, own: bool) -> GazetteerEntry:
        code, division = self._divisions[int(self._division[row])]
        people = int(self._population[row])
        latitude, longitude = self._positions[row].tolist()
        return GazetteerEntry(
            "town",
            self._names[row],
            latitude,
            longitude,
            estimate_town_radius_km(people),
            (code,),
            division,
            people,
            own,
            row,
        )

    def _area(self, kind: EntryKind, what: Any) -> GazetteerEntry | None:
        if kind == "country":
            return _make_country(self, what)
        if kind == "division":
            return _make_division(self, what)
        return what  # type: ignore[no-any-return]

    def spread(self, rows: NDArray[np.intp]) -> tuple[float, float, float, int]:
        """Return the middle (degrees), radius in km that holds most people, and how many they are, of some towns."""
        positions, people = self._positions[rows], np.maximum(self._population[rows].astype(float), 1.0)
        latitude, longitude = find_weighted_centre(positions, people)
        away = compute_great_circle_km((latitude, longitude), positions)
        order = np.argsort(away)
        held = np.cumsum(people[order]) / people.sum()
        radius = float(away[order][int(np.searchsorted(held, _HELD))])
        return latitude, longitude, max(radius, 5.0), int(people.sum())

    def rows_of(self, divisions: list[int]) -> NDArray[np.intp]:
        """Return rows of the towns of some divisions, by their numbers."""
        return np.flatnonzero(np.isin(self._division, divisions))

    def division_numbers(self, code: str) -> list[int]:
        """Return numbers of a country's divisions."""
        return [number for number, (owner, _) in enumerate(self._divisions) if owner == code]

    def divisions_around(self, area: GazetteerEntry) -> frozenset[tuple[str, str]]:
        """Return country code and name of the divisions with towns in an area or just beside it."""
        return _find_divisions_around(self, area)

    def find_divisions_around(self, area: GazetteerEntry) -> frozenset[tuple[str, str]]:
        """Find them, as ``divisions_around`` does, which caches them."""
        reach = area.radius_km + _BESIDE_KM
        rows = np.flatnonzero(np.abs(self._positions[:, 0] - area.latitude) * 111.0 <= reach)
        away = compute_great_circle_km((area.latitude, area.longitude), self._positions[rows])
        numbers = np.unique(self._division[rows[away <= reach]]).tolist()
        return frozenset(self.division_name(number) for number in numbers)

    def division_name(self, number: int) -> tuple[str, str]:
        """Return the country code and name of a division."""
        code, name = self._divisions[number]
        return code, name

    def _enter_great_cities(self) -> None:
        """Enter the well-known names of the cities of `data/cities.csv`; they count like the cities' own names."""
        text = (files("sextant.atlas") / "data" / "cities.csv").read_text(encoding="utf-8")
        for city in csv.DictReader(text.splitlines(), delimiter=";"):
            index = self._keys.get(make_key(city["name"]))
            if index is None:
                continue
            rows = self._rows[int(self._starts[index]) : int(self._starts[index + 1])].tolist()
            rows = [row for row in rows if self._divisions[int(self._division[row])][0] == city["code"]]
            if city["admin1"]:
                rows = [row for row in rows if self._divisions[int(self._division[row])][1] == city["admin1"]]
            if rows:
                row = max(rows, key=lambda row: int(self._population[row]))
                for name in (city["name"], *filter(None, city["aliases"].split(","))):
                    if row not in self._known_as[make_key(name)]:
                        self._known_as[make_key(name)].append(row)

    def _enter_countries(self, lines: list[str]) -> None:
        pairs = {strip_digraphs(key): country.code for key, country in list_country_keys().items() if country.code}
        for line in lines:
            key, code = line.split("\t")
            pairs.setdefault(key, code)
        for key, code in pairs.items():
            if code:
                self._country_codes[key] = code
                self._areas[key].append(("country", code))

    def _enter_divisions(self) -> None:
        for number, (_, name) in enumerate(self._divisions):
            for key in {make_key(name), _without_kind(make_key(name))} - {""}:
                self._areas[key].append(("division", number))

    def _enter_regions(self) -> None:
        text = (files("sextant.atlas") / "data" / "regions.csv").read_text(encoding="utf-8")
        for number, row in enumerate(csv.DictReader(text.splitlines(), delimiter=";")):
            owners = tuple(code for code in row["codes"].split(",") if code)
            entry = GazetteerEntry(
                "region", row["name"], float(row["latitude"]), float(row["longitude"]), float(row["radius_km"]), owners,
                number=-2 - number,
            )  # fmt: skip
            for name in (row["name"], *filter(None, row["aliases"].split(","))):
                if ("region", entry) not in self._areas[make_key(name)]:
                    self._areas[make_key(name)].append(("region", entry))

    def _enter_counties(self, lines: list[str]) -> None:
        for number, line in enumerate(lines):
            code, division, name, latitude, longitude, radius = line.split("\t")
            entry = GazetteerEntry(
                "county", name, float(latitude), float(longitude), max(float(radius), 5.0), (code,), division,
                number=-10_000 - number,
            )  # fmt: skip
            self._areas[make_key(name)].append(("county", entry))


_DIVISION_KINDS = {
    "sheng", "shi", "zizhiqu", "oblast", "province", "region", "state", "county", "prefecture", "voivodeship",
}  # fmt: skip


def _without_kind(key: str) -> str:
    words = key.split()
    return " ".join(words[:-1]) if len(words) > 1 and words[-1] in _DIVISION_KINDS else key


@lru_cache(maxsize=20_000)
def _find_entries(table: Shipped, key: str) -> tuple[GazetteerEntry, ...]:
    return table.find(key)


@lru_cache(maxsize=1000)
def _find_divisions_around(table: Shipped, area: GazetteerEntry) -> frozenset[tuple[str, str]]:
    return table.find_divisions_around(area)


@lru_cache(maxsize=300)
def _make_country(table: Shipped, code: str) -> GazetteerEntry | None:
    country = load_countries_by_code()[code]
    owners = tuple(dict.fromkeys((code, *country.gazetteer_codes)))
    rows = table.rows_of(table.division_numbers(code))
    if not len(rows):
        rows = table.rows_of([number for owner in owners for number in table.division_numbers(owner)])
    if not len(rows):
        from sextant.geo.polygons import find_inner_position

        try:
            latitude, longitude = find_inner_position(country.natural_earth)
        except WrongUse:  # without towns and too small for the map, such as Bouvet Island
            return None
        return GazetteerEntry("country", country.name, latitude, longitude, 100.0, owners)
    return GazetteerEntry("country", country.name, *table.spread(rows)[:3], owners, population=table.spread(rows)[3])


@lru_cache(maxsize=4000)
def _make_division(table: Shipped, number: int) -> GazetteerEntry:
    code, name = table.division_name(number)
    latitude, longitude, radius, people = table.spread(table.rows_of([number]))
    return GazetteerEntry("division", name, latitude, longitude, radius, (code,), name, people, number=-20_000 - number)


def _split_lines(blob: NDArray[np.uint8]) -> list[str]:
    return blob.tobytes().decode().split("\n")


@lru_cache(maxsize=1)
def load_shipped() -> Shipped:
    """Return the shipped names, read once (about half a second)."""
    return Shipped()
