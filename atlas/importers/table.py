"""Import any CSV of names and positions, including the Wikidata gazetteer (CC0)."""

import csv
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from sextant.atlas.gazetteer.feature import Feature, Kind, PlacesSourceError, UnreadableLine, is_valid_position
from sextant.atlas.importers.text import open_text

LICENCE = "as its publisher states"
WIKIDATA_LICENCE = "CC0, Wikidata"
_COLUMNS = {
    "name": ("primary_name", "name", "title", "label", "place", "asciiname", "naam", "nom", "nombre"),
    "latitude": ("latitude", "lat", "y", "breite", "breitengrad", "latitud"),
    "longitude": ("longitude", "lon", "lng", "long", "x", "laenge", "laengengrad", "longitud"),
    "kind": ("type", "kind", "class", "category", "wikidata_classes", "feature", "art"),
    "country": ("country_code", "countrycode", "iso", "iso2", "cc", "country"),
    "population": ("population", "pop", "einwohner"),
    "aliases": ("alternative_names", "alternatenames", "aliases", "names", "also"),
    "article": ("enwiki_title", "wikipedia", "wikipedia_title"),
}
_KINDS = (
    (Kind.STREET, ("street", "road", "highway", "avenue", "strasse", "straße", "rue")),
    (Kind.QUARTER, ("neighbourhood", "neighborhood", "quarter", "suburb", "district of")),
    (Kind.TOWN, ("city", "town", "village", "hamlet", "municipality", "human settlement", "commune")),
    (Kind.COUNTRY, ("sovereign state", "country")),
    (Kind.REGION, ("province", "state of", "region", "county", "prefecture", "mountain range", "island")),
    (Kind.WATER, ("river", "lake", "sea", "bay", "stream")),
)
_SPLIT = re.compile(r"[|;]|, ?")


def read_features(path: Path) -> Iterator[Feature | UnreadableLine]:
    """Yield the rows of a CSV with a header; comma, semicolon or tab.

    Raises:
        PlacesSourceError: no columns of names and positions are found.
    """
    csv.field_size_limit(10_000_000)
    with open_text(path) as file:
        sample = file.readline()
        delimiter = max(",;\t|", key=sample.count)
        header = [name.strip().strip('"').lower().lstrip("\ufeff") for name in sample.rstrip("\r\n").split(delimiter)]
        columns = recognise_columns(header)
        missing = [name for name in ("name", "latitude", "longitude") if name not in columns]
        if missing:
            raise PlacesSourceError(
                f"{str(path)!r} has no column of {missing[0]!r} (first line: {sample.strip()[:80]!r}); give a header "
                "such as name,latitude,longitude"
            )
        reader = csv.reader((line.replace("\0", "") for line in file), delimiter=delimiter)
        try:
            for row in reader:
                if row:
                    yield _make_feature(row, columns, reader.line_num + 1, len(header))
        except csv.Error as error:
            raise PlacesSourceError(f"{str(path)!r} line {reader.line_num + 1}: {error}") from error


def recognise_columns(header: list[str]) -> dict[str, int]:
    """Return numbers of the columns that are recognised, by what they hold."""
    found = {}
    for meaning, names in _COLUMNS.items():
        for name in names:
            if name in header:
                found[meaning] = header.index(name)
                break
    return found


def is_wikidata(path: Path) -> bool:
    """Return whether the first line is the Wikidata gazetteer's."""
    with open_text(path) as file:
        return "wikidata_classes" in file.readline()


def _make_feature(row: list[str], columns: dict[str, int], line: int, width: int) -> Feature | UnreadableLine:
    if len(row) != width:
        return UnreadableLine(line, f"{len(row)} columns instead of {width}")
    cell = {meaning: row[number].strip() for meaning, number in columns.items()}
    try:
        latitude, longitude = float(cell["latitude"].replace(",", ".")), float(cell["longitude"].replace(",", "."))
        population = int(float(cell.get("population") or 0))
    except ValueError:
        return UnreadableLine(line, "latitude, longitude or population is not a number")
    if not cell["name"] or not is_valid_position(latitude, longitude):
        return UnreadableLine(line, "no name or no position")
    code = cell.get("country", "").upper()
    article = bool(cell.get("article"))
    others = tuple(name.strip() for name in _SPLIT.split(cell.get("aliases", "")) if name.strip())
    if article:
        others = (*others, cell["article"].replace("_", " "))
    prominence = 30 + 20 * article + min(20, 2 * len(others)) + round(4 * math.log10(population + 1))
    return Feature(
cell["name"], latitude, longitude, _find_kind(cell.get("kind", "")), code if len(code) == 2 else None,
        population,
        min(prominence, 100), others,
    )  # fmt: skip


@lru_cache(maxsize=10_000)
def _find_kind(words: str) -> Kind:
    words = words.lower()
    return next((kind for kind, names in _KINDS if any(name in words for name in names)), Kind.SIGHT)
