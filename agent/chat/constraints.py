"""Constraints that a user sets on the place, as plain values, and the positions they allow.

A constraint is ``{"rule", "words", …}``: ``exclude`` and ``only`` carry an ``area``; ``ignore`` carries the ``clue``
that no longer counts. An area is one of ``{"country": code}``, ``{"continent": name}``, ``{"half": name}``,
``{"circle": [latitude, longitude, km]}``, ``{"polygon": geojson}``, ``{"sea_within_km": km}``.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.geo.borders import OFF_THE_COAST_KM, find_countries
from sextant.geo.caps import is_covered
from sextant.geo.coast import is_near_sea
from sextant.geo.countries import Country, load_countries_by_code
from sextant.geo.drawn_area import make_area
from sextant.geo.places import describe
from sextant.geo.sphere import check_position, compute_great_circle_km

Inside = NDArray[np.bool_]
HALVES = ("northern", "southern", "eastern", "western")
PIN_KM = 25.0  # city radius of the benchmarks: a pin means this town, not this address


def exclude(area: Json, words: str) -> Json:
    """Exclude an area: the photo was not taken there."""
    return {"rule": "exclude", "area": area, "words": words}


def restrict_to(area: Json, words: str) -> Json:
    """Restrict to an area: the photo was taken there and nowhere else."""
    return {"rule": "only", "area": area, "words": words}


def ignore(clue: str) -> Json:
    """Ignore a clue: answers that rely on it no longer count."""
    return {"rule": "ignore", "clue": clue, "words": f"ignore the {clue}"}


def pin(latitude: float, longitude: float) -> Json:
    """Pin the photo to a place: it was taken within 25 km of it.

    Raises:
        WrongUse: the position is invalid.
    """
    here = check_position(latitude, longitude)
    return restrict_to({"circle": [*here, PIN_KM]}, f"only near {_name_place(*here)}")


def reject(latitude: float, longitude: float) -> Json:
    """Reject a place: the photo was not taken within 25 km of it.

    Raises:
        WrongUse: the position is invalid.
    """
    here = check_position(latitude, longitude)
    return exclude({"circle": [*here, PIN_KM]}, f"not near {_name_place(*here)}")


def draw(corners: Sequence[Sequence[float]], rule: str = "only") -> Json:
    """Constrain to a polygon drawn by hand: the photo was taken inside it, or with ``exclude`` outside.

    Raises:
        WrongUse: the corners enclose no area, or the rule is unknown.
    """
    return constrain_to(make_area(corners), rule)


def constrain_to(geojson: Json, rule: str = "only", called: str = "the drawn area") -> Json:
    """Constrain to a Polygon or MultiPolygon: the photo was taken inside it, or with ``exclude`` outside.

    Raises:
        WrongUse: the rule is unknown.
    """
    if rule not in ("only", "exclude"):
        raise WrongUse(f"rule {rule!r} is unknown; choose 'only' or 'exclude'")
    area = {"polygon": geojson}
    return restrict_to(area, f"only inside {called}") if rule == "only" else exclude(area, f"not inside {called}")


def find_inside(area: Json, positions: NDArray[np.float64]) -> Inside:
    """Find which of (n, 2) positions in degrees lie in the area.

    Raises:
        WrongUse: the kind of area is unknown.
    """
    kinds: dict[str, Callable[[Any], Inside]] = {
        "country": lambda code: _is_in_country(positions, lambda country: code in (country.code, country.name)),
        "continent": lambda name: _is_in_country(positions, lambda country: country.continent == name),
        "half": lambda name: _is_in_half(name, positions),
        "circle": lambda circle: np.asarray(compute_great_circle_km(positions, circle[:2]) <= circle[2], dtype=bool),
        "polygon": lambda geojson: np.array([is_covered(geojson, *place) for place in positions.tolist()], dtype=bool),
        "sea_within_km": lambda km: is_near_sea(positions, km),
    }
    if len(area) != 1 or next(iter(area)) not in kinds:
        raise WrongUse(f"unknown kind of area {sorted(area)!r}; choose from: {', '.join(kinds)}")
    (kind, value), *_ = area.items()
    return kinds[kind](value)


def find_allowed(constraints: Sequence[Json], positions: NDArray[np.float64]) -> Inside:
    """Find which of (n, 2) positions all constraints on places allow. Several ``only`` must all hold."""
    left = np.ones(len(positions), dtype=bool)
    for constraint in constraints if len(positions) else ():
        if constraint["rule"] == "ignore":
            continue
        within = find_inside(constraint["area"], positions)
        left &= within if constraint["rule"] == "only" else ~within
    return left


def relies_on(clue: str, clues: Sequence[Json]) -> bool:
    """Return whether at least half of an answer's clues match this clue, by words or by source (text that was read)."""
    if not clues:
        return False
    reading = clue.split()[-1].rstrip("s") in ("sign", "text", "writing", "plate", "word", "lettering")
    word = clue.lower().rstrip("s")
    hits = [item for item in clues if word in item["text"].lower() or (reading and item["source"] == "read")]
    return 2 * len(hits) >= len(clues)


def make_country_area(country: Country) -> Json:
    """Make the area of a country, by its code if that is unique, else by its name."""
    own = country.code and load_countries_by_code().get(country.code) == country
    return {"country": country.code if own else country.name}


def _is_in_country(positions: NDArray[np.float64], wanted: Callable[[Country], bool]) -> Inside:
    found = find_countries(positions, reach_km=OFF_THE_COAST_KM)
    return np.array([country is not None and wanted(country) for country in found], dtype=bool)


def _is_in_half(name: str, positions: NDArray[np.float64]) -> Inside:
    if name not in HALVES:
        raise WrongUse(f"unknown hemisphere {name!r}; choose from: {', '.join(HALVES)}")
    values = positions[:, 0] if name in ("northern", "southern") else positions[:, 1]
    return np.asarray(values >= 0 if name in ("northern", "eastern") else values < 0, dtype=bool)


def _name_place(latitude: float, longitude: float) -> str:
    place = describe(latitude, longitude)
    return ", ".join(part for part in (place.place, place.country) if part)
