"""Find positions by name: places, first-level divisions and countries, tolerant of accents and spelling.

How hits are ordered: by how exactly the name fits; of equals a country first, then the great cities of
`data/cities.csv` in its order, then first-level divisions, then places by how many others lie within 30 km
(the gazetteer has no population), then by their row.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, takewhile

import numpy as np

from sextant.atlas.name_index import Kind, load_name_index, make_division_key
from sextant.atlas.state_codes import find_state
from sextant.geo.borders import find_countries
from sextant.geo.countries import Country, find_country_code, load_countries_by_code
from sextant.geo.polygons import find_inner_position, list_names_on_map
from sextant.geo.spelling import fold, strip_digraphs
from sextant.geo.sphere import convert_to_vectors, find_weighted_centre
from sextant.geo.towns import load_gazetteer

# A missing part of "Quarter, City, Country" leaves the hit this much weaker; so does a qualifier that fits nothing.
_DROPPED = 0.6
# A name that is only the beginning of another: surer than any misspelling.
_LONGER = 0.9
# Letters a name needs for one and for two edits: shorter names are too close to one another.
_ONE_EDIT, _TWO_EDITS = 5, 8


@dataclass(frozen=True)
class NamedPlace:
    """Something a name stands for, at a position of it (degrees); of a division or country, a town near its middle."""

    name: str
    admin1: str | None
    country_code: str | None
    latitude: float
    longitude: float
    score: float
    """How well the name fits, up to 1 for exactly."""
    kind: Kind = "place"


def find_place(name: str, country_code: str | None = None, limit: int = 5, misspelt: bool = True) -> list[NamedPlace]:
    """Return what a name stands for, best first.

    Args:
        name: a name, or "City, Division, Country" in any length; English or local, accents and small
            misspellings forgiven (one edit from 5 letters on, two from 8 on).
        country_code: ISO alpha-2; only what lies in that country.
        limit: how many at most.
        misspelt: whether to look for close spellings, which takes tens of milliseconds, where no name fits exactly.

    Returns:
        Up to ``limit`` hits; none where nothing fits. Where the first part of a comma list is unknown, the
        next known one is returned, with a lower score.
    """
    code = country_code.upper() if country_code else None
    whole = _find_exact(name, code) or ([] if "," in name else _find_exact_with_qualifier(name, code))
    if whole:
        return _make_places(_order(whole), limit)
    if "," not in name:
        return _make_places(_find_hits(name, code, misspelt=misspelt), limit)
    parts = [part for part in (piece.strip() for piece in name.split(",")) if fold(part)]
    for dropped, part in enumerate(parts):
        hits = _find_hits(part, code, tuple(parts[dropped + 1 :]), misspelt)
        if hits:
            return _make_places([(entry, score * _DROPPED**dropped) for entry, score in hits], limit)
    return []


def _find_hits(
    name: str, code: str | None, qualifiers: tuple[str, ...] = (), misspelt: bool = True
) -> list[tuple[int, float]]:
    """Return entries with scores, exact ones if there are any, else the closest spellings; ordered."""
    hits = _find_exact(name, code, qualifiers)
    if not hits and misspelt:
        by_key = load_name_index().by_key
        keys = [*_find_longer_keys(name), *_find_close_keys(name)]
        close = [(entry, score) for key, score in keys for entry in by_key[key]]
        hits = _select_fitting(close, code, qualifiers)
    return _order(hits)


def _find_exact(name: str, code: str | None, qualifiers: tuple[str, ...] = ()) -> list[tuple[int, float]]:
    literal = fold(name)
    entries = load_name_index().by_key.get(strip_digraphs(literal)) or _find_divisions(name)
    # "Münster" and "Muenster" share a key; the entry spelt as the question wins over one that is not.
    return _select_fitting(
        [(entry, 1.0 if _get_spelling(entry, literal) else 0.98) for entry in entries], code, qualifiers
    )


def _find_exact_with_qualifier(name: str, code: str | None) -> list[tuple[int, float]]:
    """ "Portland Oregon": the last words may say where the first ones lie."""
    words = name.split()
    for cut in range(len(words) - 1, 0, -1):
        hits = _find_exact(" ".join(words[:cut]), code, (" ".join(words[cut:]),))
        if hits:
            return hits
    return []


def _find_longer_keys(name: str) -> list[tuple[str, float]]:
    """Return keys of which the name is the first words: "Santiago" of "Santiago de Compostela"."""
    start = strip_digraphs(fold(name)) + " "
    if len(start) <= _ONE_EDIT:
        return []
    keys = load_name_index().sorted_keys
    first = bisect_left(keys, start)
    return [(key, _LONGER) for key in takewhile(lambda key: key.startswith(start), islice(keys, first, None))]


def _find_close_keys(name: str) -> list[tuple[str, float]]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    key = strip_digraphs(fold(name))
    edits = 0 if len(key) < _ONE_EDIT else 1 if len(key) < _TWO_EDITS else 2
    if not edits:
        return []
    by_length = load_name_index().keys_by_length
    choices = [other for n in range(len(key) - edits, len(key) + edits + 1) for other in by_length.get(n, ())]
    found = process.extract(key, choices, scorer=OSA.distance, score_cutoff=edits, limit=None)
    return [(other, 0.9 * (1 - distance / len(key))) for other, distance, _ in found]


def _select_fitting(
    hits: list[tuple[int, float]], code: str | None, qualifiers: tuple[str, ...]
) -> list[tuple[int, float]]:
    """Return the hits in the country asked for that fit all qualifiers; failing that, those that fit the most."""
    if code:
        wanted = _list_family(code)
        hits = [(entry, score) for entry, score in hits if _get_code(entry) in wanted]
    if not qualifiers or not hits:
        return hits
    fits = [sum(_fits(entry, qualifier) for qualifier in qualifiers) for entry, _ in hits]
    most = max(fits)
    if most == 0:
        return []
    weaker = _DROPPED ** (len(qualifiers) - most)
    return [(entry, score * weaker) for (entry, score), fit in zip(hits, fits, strict=True) if fit == most]


def _fits(entry: int, qualifier: str) -> bool:
    """Return whether an entry lies in the country, division or district a qualifier names."""
    table = load_gazetteer()
    key = strip_digraphs(fold(qualifier))
    code = find_country_code(qualifier)
    if code and _get_code(entry) in _list_family(code):
        return True
    if entry >= len(table.names):
        return False
    state = find_state(qualifier)
    if state and (table.codes[entry], table.admin1[entry]) == state:
        return True
    return key in (make_division_key(table.admin1[entry]), strip_digraphs(fold(table.admin2[entry]))) or (
        make_division_key(qualifier) == make_division_key(table.admin1[entry])
    )


def _find_divisions(name: str) -> list[int]:
    """Return divisions called so when their kind is left out: "Washington State"."""
    size, index = len(load_gazetteer().names), load_name_index()
    entries = index.by_key.get(make_division_key(name), ())
    return [entry for entry in entries if entry >= size and index.areas[entry - size].kind == "admin1"]


def _order(hits: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return the best first by the rule at the head of this file; each entry once, with its best score."""
    best: dict[int, float] = {}
    for entry, score in hits:
        best[entry] = max(score, best.get(entry, 0.0))
    index, size = load_name_index(), len(load_gazetteer().names)
    places = [entry for entry in best if entry < size]
    crowding = dict(zip(places, load_gazetteer().crowding(places).tolist(), strict=True)) if len(places) > 1 else {}

    def order(entry: int) -> tuple[float, int, int, int, int]:
        country = entry >= size and index.areas[entry - size].kind == "country"
        group = 0 if country else 1 if entry in index.rank else 2 if entry >= size else 3
        return -best[entry], group, index.rank.get(entry, 0), -crowding.get(entry, 0), entry

    return [(entry, best[entry]) for entry in sorted(best, key=order)]


def _make_places(hits: list[tuple[int, float]], limit: int) -> list[NamedPlace]:
    return [replace(_describe(entry), score=round(score, 4)) for entry, score in hits[: max(limit, 0)]]


@lru_cache(maxsize=4096)
def _describe(entry: int) -> NamedPlace:
    table, index = load_gazetteer(), load_name_index()
    if entry < len(table.names):
        latitude, longitude = table.positions[entry].tolist()
        return NamedPlace(table.names[entry], table.admin1[entry] or None, table.codes[entry], latitude, longitude, 1.0)
    area = index.areas[entry - len(table.names)]
    if isinstance(area.rows_of, Country):
        latitude, longitude = _find_middle_of_country(area.rows_of)
        return NamedPlace(area.name, None, area.code, latitude, longitude, 1.0, "country")
    latitude, longitude = _find_middle(index.admin1_rows[area.rows_of])
    return NamedPlace(area.name, area.name, area.code, latitude, longitude, 1.0, "admin1")


def _find_middle_of_country(country: Country) -> tuple[float, float]:
    """Return the town nearest to the centre of those in the country's borders; without towns, a point well inside."""
    table = load_gazetteer()
    # A leased or military area has the code of a whole country, and lies in a corner of it.
    if country.code in table.rows_by_code and load_countries_by_code()[country.code] is country:
        rows = table.rows_by_code[country.code]
        holders = find_countries(table.positions[rows])
        inside = [row for row, holder in zip(rows.tolist(), holders, strict=True) if holder == country]
        # Parts that the map draws with their country hold no town of their own: French Guiana.
        if inside or country.natural_earth not in list_names_on_map():
            return _find_middle(inside or rows.tolist())
    return find_inner_position(country.natural_earth)


def _find_middle(rows: list[int]) -> tuple[float, float]:
    """Return the place nearest to the centre of some places: inside where a mere mean may lie in the sea."""
    table = load_gazetteer()
    centre = convert_to_vectors(find_weighted_centre(table.positions[rows]))
    latitude, longitude = table.positions[rows[int(np.argmax(table.vectors[rows] @ centre))]].tolist()
    return latitude, longitude


def _get_code(entry: int) -> str | None:
    table = load_gazetteer()
    return table.codes[entry] if entry < len(table.codes) else load_name_index().areas[entry - len(table.codes)].code


def _list_family(code: str) -> tuple[str, ...]:
    """Return a country's code and those of its overseas parts: French Guiana is also looked for in France."""
    country = load_countries_by_code().get(code)
    return (code, *country.gazetteer_codes) if country else (code,)


def _get_spelling(entry: int, literal: str) -> bool:
    table = load_gazetteer()
    return entry >= len(table.names) or entry in load_name_index().rank or fold(table.names[entry]) == literal
