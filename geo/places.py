"""Reverse geocoding: describe what is at a position.

The country comes from polygons. Place and division come from the gazetteer as labels, of the nearest place
that lies in that country's polygon: the nearest of all is across the border often enough.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from sextant.geo.borders import OFF_THE_COAST_KM, find_countries, find_country, find_nearest_country
from sextant.geo.countries import Country, find_country_code
from sextant.geo.sphere import check_position, compute_bearing_degrees
from sextant.geo.towns import load_gazetteer

__all__ = ["Place", "PlaceNames", "describe", "find_country_code", "find_names", "label", "label_all"]

# Places asked for their polygon before the gazetteer's code is taken at its word.
_TRIED = 32
_TRIED_FIRST = 2  # most often the nearest of all is the one
# Farther, a place names nothing of the position: Bouvet Island is not in Vest-Agder.
_REACH_KM = 1000.0
_MOST_LABELS = 20_000
_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


@dataclass(frozen=True)
class Place:
    """What lies at a position (degrees). Distances are kilometres."""

    latitude: float
    longitude: float
    country: str | None
    """The country or disputed area that holds the position, or lies within 5 km of it (piers, bridges); None at sea."""
    country_code: str | None
    """ISO 3166-1 alpha-2; None at sea and where no state is agreed on."""
    continent: str | None
    disputed: bool
    dispute: str | None
    """Who holds and who claims a disputed area."""
    admin1: str | None
    """First-level division of the nearest place: a label, near its border perhaps the neighbour's. None at sea, and
    where the country has no place within 1000 km."""
    place: str
    """The nearest named place of the country; at sea, and where that is too far, of all."""
    place_country_code: str
    """The code the gazetteer files the place under: GF for Cayenne, CY for Kyrenia."""
    place_km: float
    place_bearing: float
    """Direction from the place to the position, degrees clockwise from north."""
    at_sea: bool
    land_km: float
    """Distance to the nearest land, 0 on land."""
    border_km: float | None
    """Distance to the nearest other country, perhaps over water; None at sea."""
    neighbour: str
    """That country; at sea the one whose land is nearest."""
    neighbour_code: str | None

    def to_json(self) -> dict[str, Any]:
        """Return all fields, distances to a metre, bearing to a tenth of a degree."""
        digits = {"place_km": 3, "land_km": 3, "border_km": 3, "place_bearing": 1}
        return {
            name: round(value, digits[name]) if name in digits and value is not None else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class PlaceNames:
    """What a position is called: the fields of ``Place`` that take no measuring."""

    country: str | None
    country_code: str | None
    admin1: str | None
    place: str
    at_sea: bool


@dataclass(frozen=True)
class _Town:
    """The place that names a position: its row in the gazetteer, its distance, and whether it is of the country."""

    row: int
    km: float
    own: bool


@lru_cache(maxsize=20_000)
def describe(latitude: float, longitude: float) -> Place:
    """Return the country, division, nearest place, sea and border of a position in degrees; total over valid positions.

    Raises:
        WrongUse: the position is not finite or out of range.
    """
    latitude, longitude = check_position(latitude, longitude)
    country = find_country(latitude, longitude, OFF_THE_COAST_KM)
    near = find_nearest_country(latitude, longitude, country)
    on_land = country is None or find_country(latitude, longitude) is not None
    town = _find_town(latitude, longitude, country)
    named = _name(country, town)
    return Place(
        latitude=latitude,
        longitude=longitude,
        country=named.country,
        country_code=named.country_code,
        continent=country.continent if country else None,
        disputed=bool(country and country.disputed),
        dispute=country.dispute if country else None,
        admin1=named.admin1,
        place=named.place,
        place_country_code=load_gazetteer().entry(town.row)[2],
        place_km=town.km,
        place_bearing=float(compute_bearing_degrees(load_gazetteer().positions[town.row], (latitude, longitude))),
        at_sea=named.at_sea,
        land_km=(0.0 if on_land else find_nearest_country(latitude, longitude).km) if country else near.km,
        border_km=near.km if country else None,
        neighbour=near.country.name,
        neighbour_code=near.country.code,
    )


@lru_cache(maxsize=20_000)
def find_names(latitude: float, longitude: float) -> PlaceNames:
    """Return what a position in degrees is called, in half of the time that ``describe`` takes.

    Raises:
        WrongUse: as ``describe``.
    """
    latitude, longitude = check_position(latitude, longitude)
    country = find_country(latitude, longitude, OFF_THE_COAST_KM)
    return _name(country, _find_town(latitude, longitude, country))


def _find_town(latitude: float, longitude: float, country: Country | None) -> _Town:
    own = _find_own_place(latitude, longitude, country) if country else None
    row, km = own or load_gazetteer().nearest(latitude, longitude)
    return _Town(row, km, own is not None)


def _name(country: Country | None, town: _Town) -> PlaceNames:
    name, admin1, _ = load_gazetteer().entry(town.row)
    return PlaceNames(
        country=country.name if country else None,
        country_code=country.code if country else None,
        admin1=(admin1 or None) if town.own else None,
        place=name,
        at_sea=country is None,
    )


def label(latitude: float, longitude: float) -> str:
    """Return ``Paris, France``, or at sea the nearest place alone: like ``describe`` without its distances.

    Raises:
        WrongUse: as ``describe``.
    """
    return label_all([(latitude, longitude)])[0]


def label_all(positions: Sequence[tuple[float, float]]) -> list[str]:
    """Return the labels of several positions in degrees, found together: that takes a fifth of the time.

    Raises:
        WrongUse: as ``describe``.
    """
    asked = [check_position(*position) for position in positions]
    new = [position for position in dict.fromkeys(asked) if position not in _LABELS]
    found = _find_labels(new) if new else {}
    if len(_LABELS) + len(found) > _MOST_LABELS:
        _LABELS.clear()
    known = {position: _LABELS.get(position, "") for position in asked} | found
    _LABELS.update(found)
    return [known[position] for position in asked]


_LABELS: dict[tuple[float, float], str] = {}


def _find_labels(positions: list[tuple[float, float]]) -> dict[tuple[float, float], str]:
    """Find labels; where the nearest town of all lies in the same country it is the one, else it is looked for."""
    table = load_gazetteer()
    countries = find_countries(positions, OFF_THE_COAST_KM)
    nearest = table.nearest_rows(positions)
    holders = find_countries(table.positions[[max(row, 0) for row in nearest]])
    labels = {}
    for position, country, row, holder in zip(positions, countries, nearest, holders, strict=True):
        if row < 0 or (country is not None and holder != country):
            own = _find_own_place(*position, country) if country else None
            row, _ = own or table.nearest(*position)
        labels[position] = ", ".join(part for part in (table.entry(row)[0], country.name if country else None) if part)
    return labels


def name_wind(bearing: float) -> str:
    """Name a bearing in degrees as one of eight winds: "north-east"."""
    return _WINDS[round(bearing / 45.0) % 8]


def _find_own_place(latitude: float, longitude: float, country: Country) -> tuple[int, float] | None:
    """Return the row and distance of the country's nearest place, or None where it has none within reach.

    The polygons decide whose a place is; the gazetteer's code only where no polygon holds it (harbours).
    """
    table = load_gazetteer()
    around = table.around(latitude, longitude, _TRIED)
    for some in (around[:_TRIED_FIRST], around[_TRIED_FIRST:]):
        holders = find_countries(table.positions[[row for row, _ in some]]) if some else []
        for (row, km), holder in zip(some, holders, strict=True):
            if holder == country or (holder is None and table.entry(row)[2] in country.gazetteer_codes):
                return (row, km) if km <= _REACH_KM else None
    if not any(code in table.rows_by_code for code in country.gazetteer_codes):
        return None
    row, km = table.nearest(latitude, longitude, country.gazetteer_codes)
    return (row, km) if km <= _REACH_KM else None
