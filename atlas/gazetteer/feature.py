"""Features and aliases of a gazetteer, as an importer reads them and the store keeps them."""

from dataclasses import dataclass
from enum import StrEnum

from sextant.base.errors import SextantError


class Kind(StrEnum):
    """What a feature is, as coarsely as the reader needs it."""

    SIGHT = "sight"
    STREET = "street"
    QUARTER = "quarter"
    TOWN = "town"
    WATER = "water"
    REGION = "region"
    COUNTRY = "country"


# Radius that holds most of a thing of the kind, km: a building with its square, a street, a part of a town.
RADIUS_KM = {
    Kind.SIGHT: 0.3, Kind.STREET: 0.6, Kind.QUARTER: 1.5, Kind.TOWN: 4.0, Kind.WATER: 3.0, Kind.REGION: 40.0,
    Kind.COUNTRY: 400.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feature:
    """A name at a position (degrees). ``prominence`` (0 to 100) says how likely a bare name means this one.

    ``ref`` is the number that the source gives it, by which a second file can add names.
    """

    name: str
    latitude: float
    longitude: float
    kind: Kind
    country: str | None = None
    population: int = 0
    prominence: int = 0
    aliases: tuple[str, ...] = ()
    ref: int | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a feature that an earlier file of the same source gave; ``weight`` adds to its prominence."""

    ref: int
    name: str | None
    weight: int = 0


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    """A line that no feature could be read from, and why."""

    line: int
    reason: str


class PlacesSourceError(SextantError):
    """A file cannot be read as a gazetteer, or the store cannot take it."""


def is_valid_position(latitude: float, longitude: float) -> bool:
    """Return whether two numbers are degrees of a place; 0, 0 does not count."""
    return -90 <= latitude <= 90 and -180 <= longitude <= 180 and (latitude, longitude) != (0, 0)
