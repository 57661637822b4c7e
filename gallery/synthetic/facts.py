"""Facts about a country, a climate and a relief, read from facts.yaml and climate.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from sextant.base.errors import WrongUse
from sextant.base.yaml_text import parse_yaml


class UnknownCountry(WrongUse):
    """The drawn world has no facts on a country."""


@dataclass(frozen=True)
class Houses:
    """A way of building: colours as '#rrggbb', storeys as (lowest, highest)."""

    walls: tuple[str, ...]
    roofs: tuple[str, ...]
    roof: str
    storeys: tuple[int, int]


@dataclass(frozen=True)
class CountryStyle:
    """Facts on a country's streets; facts.yaml names the source of each. `flag` is a form and its colours."""

    code: str
    drives_left: bool
    centre_line: str
    edge_line: str
    warning_sign: str
    script: str
    words: tuple[str, ...]
    plate_ground: str
    plate_letters: str
    plate_is_short: bool
    flag: tuple[str, ...]
    houses: tuple[Houses, ...]
    pole: str
    post_box: str | None
    around: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Climate:
    """How a climate looks: colours as '#rrggbb', trees as kind to share."""

    name: str
    grass: str
    soil: str
    leaves: tuple[str, ...]
    trees: Mapping[str, float]
    density: float
    clear: float
    haze: float
    snow: float


def load_country_facts(code: str) -> CountryStyle:
    """Return facts on the country with this ISO 3166 alpha-2 code.

    Raises:
        UnknownCountry: facts.yaml has no such country.
    """
    try:
        return load_all_countries()[code]
    except KeyError:
        known = ", ".join(sorted(load_all_countries()))
        raise UnknownCountry(f"the drawn world has no country {code!r}: choose one of {known}") from None


@cache
def load_all_countries() -> Mapping[str, CountryStyle]:
    """Return every country of facts.yaml by its code, in the order of the file."""
    facts = _load("facts.yaml")
    houses = {
        name: Houses(
            tuple(style["walls"]), tuple(style["roofs"]), style["roof"], (style["storeys"][0], style["storeys"][1])
        )
        for name, style in facts["houses"].items()
    }
    return MappingProxyType(
        {
            code: CountryStyle(
                code=code,
                drives_left=row["drive"] == "left",
                centre_line=row["centre"],
                edge_line=row["edge"],
                warning_sign=row["warning"],
                script=row["script"],
                words=tuple(facts["words"].get(row.get("language"), ())),
                plate_ground=row["plate"][0],
                plate_letters=row["plate"][1],
                plate_is_short=row["plate"][2] == "short",
                flag=tuple(row["flag"]),
                houses=tuple(houses[name] for name in row["houses"]),
                pole=row["pole"],
                post_box=row.get("post"),
                around=tuple((latitude, longitude) for latitude, longitude in row["around"]),
            )
            for code, row in facts["countries"].items()
        }
    )


def find_climate(latitude: float, longitude: float) -> Climate:
    """Return the climate of a place in degrees: the first box that holds it, else by its absolute latitude."""
    rules = _load("climate.yaml")
    boxed = (rule["climate"] for rule in rules["boxes"] if _holds(rule["box"], latitude, longitude))
    banded = (rule["climate"] for rule in rules["by_latitude"] if abs(latitude) <= rule["up_to"])
    name = next(boxed, None) or next(banded)
    look = rules["climates"][name]
    return Climate(name=name, **{**look, "leaves": tuple(look["leaves"]), "trees": MappingProxyType(look["trees"])})


def find_relief(latitude: float, longitude: float) -> float:
    """Return the height of the horizon at a place in degrees, 0 (plain) to 1 (high mountains)."""
    heights = (rule["height"] for rule in _load("climate.yaml")["relief"] if _holds(rule["box"], latitude, longitude))
    return float(next(heights, 0.1))


def _holds(box: list[float], latitude: float, longitude: float) -> bool:
    south, north, west, east = box
    return south <= latitude <= north and west <= longitude <= east


@cache
def _load(name: str) -> dict[str, Any]:
    table: dict[str, Any] = parse_yaml((files("sextant.gallery.synthetic") / name).read_text(encoding="utf-8"))
    return table
