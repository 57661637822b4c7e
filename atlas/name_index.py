"""The index behind `sextant.atlas.names`: the search keys of places, divisions and countries."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from sextant.geo.countries import Country, list_country_keys
from sextant.geo.polygons import list_names_on_map
from sextant.geo.spelling import fold, strip_digraphs
from sextant.geo.towns import Gazetteer, load_gazetteer

Kind = Literal["place", "admin1", "country", "sight"]

_DIVISION_WORDS = {
    "sheng",
    "shi",
    "zizhiqu",
    "oblast",
    "province",
    "region",
    "state",
    "county",
    "prefecture",
    "voivodeship",
}


@dataclass(frozen=True)
class NamedArea:
    """A country or a first-level division: an entry of the index that is not a row of the gazetteer."""

    kind: Kind
    name: str
    code: str | None
    rows_of: Country | tuple[str, str]


@dataclass(frozen=True)
class NameIndex:
    """Entries by key: below the gazetteer's length a row of it, from there on a number of ``areas``."""

    by_key: dict[str, list[int]]
    areas: list[NamedArea]
    rank: dict[int, int]
    """Order of the great cities, by row."""
    keys_by_length: dict[int, list[str]]
    sorted_keys: list[str]
    admin1_rows: dict[tuple[str, str], list[int]]


@lru_cache(maxsize=1)
def load_name_index() -> NameIndex:
    table = load_gazetteer()
    _ = table.points.tree  # built here, so that no later look-up waits for it
    by_key: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(table.names):
        key = strip_digraphs(fold(name))
        by_key[key].append(row)
        # Japanese towns are filed with their word for "city".
        if key.endswith(" shi") and table.codes[row] == "JP":
            by_key[key[:-4]].append(row)
    rank = {row: number for number, (row, aliases) in enumerate(_list_great_cities(table, by_key))}
    for row, aliases in _list_great_cities(table, by_key):
        for alias in aliases:
            _add(by_key, strip_digraphs(fold(alias)), row)
    admin1_rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, pair in enumerate(zip(table.codes, table.admin1, strict=True)):
        if pair[1]:
            admin1_rows[pair].append(row)
    areas = _make_areas(by_key, admin1_rows, len(table.names))
    keys_by_length: dict[int, list[str]] = defaultdict(list)
    for key in by_key:
        keys_by_length[len(key)].append(key)
    return NameIndex(dict(by_key), areas, rank, dict(keys_by_length), sorted(by_key), dict(admin1_rows))


def _make_areas(
    by_key: dict[str, list[int]], admin1_rows: dict[tuple[str, str], list[int]], first: int
) -> list[NamedArea]:
    """Return countries and divisions as entries numbered from ``first``, entered under all their keys."""
    areas: list[NamedArea] = []
    numbers: dict[str, int] = {}
    codes = {code for code, _ in admin1_rows}
    for key, country in list_country_keys().items():
        if country.code not in codes and country.natural_earth not in list_names_on_map():
            continue  # neither inhabited nor drawn: no position could be given (Bouvet Island)
        if country.name not in numbers:
            numbers[country.name] = first + len(areas)
            areas.append(NamedArea("country", country.name, country.code, country))
        _add(by_key, strip_digraphs(key), numbers[country.name])
    for code, admin1 in admin1_rows:
        for key in {strip_digraphs(fold(admin1)), make_division_key(admin1)}:
            _add(by_key, key, first + len(areas))
        areas.append(NamedArea("admin1", admin1, code, (code, admin1)))
    return areas


def _add(by_key: dict[str, list[int]], key: str, entry: int) -> None:
    if key and entry not in by_key[key]:
        by_key[key].append(entry)


def _list_great_cities(table: Gazetteer, by_key: dict[str, list[int]]) -> Iterable[tuple[int, list[str]]]:
    """Yield the row and other names of each city of `data/cities.csv` that the gazetteer holds, in the file's order."""
    text = (files("sextant.atlas") / "data" / "cities.csv").read_text(encoding="utf-8")
    for city in csv.DictReader(text.splitlines(), delimiter=";"):
        for row in by_key.get(strip_digraphs(fold(city["name"])), ()):
            if table.codes[row] == city["code"] and city["admin1"] in ("", table.admin1[row]):
                yield row, [alias for alias in city["aliases"].split(",") if alias]
                break


def make_division_key(name: str) -> str:
    words = strip_digraphs(fold(name)).split()
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in _DIVISION_WORDS else words)
