"""The table of countries and disputed areas: codes, continents, names people use.

`data/countries.csv` holds ISO 3166-1 codes (XK for Kosovo, as GeoNames has it), the names of Natural Earth
where they differ, and what Natural Earth notes about disputes.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from sextant.geo.spelling import fold

CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}


@dataclass(frozen=True)
class Country:
    """A country, territory or disputed area as Natural Earth draws it."""

    name: str
    code: str | None
    """ISO 3166-1 alpha-2; of the state that holds it for leased and military areas; None where nobody's is agreed."""
    continent: str
    disputed: bool = False
    dispute: str | None = None
    """Who holds and who claims it, where it is disputed."""
    gazetteer_codes: tuple[str, ...] = ()
    """Codes under which the gazetteer files places of this area, its own first."""
    aliases: tuple[str, ...] = ()
    natural_earth: str = ""
    """The name in Natural Earth's map."""


@lru_cache(maxsize=1)
def list_countries() -> tuple[Country, ...]:
    """Return all rows of the table: the ISO countries by code, then areas without a code of their own."""
    text = (files("sextant.geo") / "data" / "countries.csv").read_text(encoding="utf-8")
    return tuple(_read_country(row) for row in csv.DictReader(text.splitlines(), delimiter=";"))


@lru_cache(maxsize=1)
def load_countries_by_code() -> dict[str, Country]:
    """Load the ISO countries (and XK) by alpha-2 code."""
    table: dict[str, Country] = {}
    for country in list_countries():
        if country.code:
            table.setdefault(country.code, country)
    return table


def find_country_code(name: str) -> str | None:
    """Return the ISO alpha-2 code of a country named in any common way, or None.

    Reads English and many local names, accents and case aside, and alpha-2 codes themselves.
    """
    key = fold(name)
    code = _load_codes_by_key().get(key)
    if code is None and key.upper() in load_countries_by_code():
        code = key.upper()
    return code


@lru_cache(maxsize=1)
def list_country_keys() -> dict[str, Country]:
    """Return the folded names and aliases of the areas that have them; the first row of the table wins."""
    keys: dict[str, Country] = {}
    for country in list_countries():
        for name in (country.name, country.natural_earth, *country.aliases):
            if fold(name):
                keys.setdefault(fold(name), country)
    return keys


@lru_cache(maxsize=1)
def _load_codes_by_key() -> dict[str, str]:
    return {key: country.code for key, country in list_country_keys().items() if country.code}


def _read_country(row: dict[str, str]) -> Country:
    code = row["code"] or None
    also = tuple(row["also"].split("|")) if row["also"] else ()
    own = (code,) if code and code not in also and (row["numeric"] or code == "XK") else ()
    return Country(
        name=row["name"],
        code=code,
        continent=CONTINENTS[row["continent"]],
        disputed=bool(row["dispute"]),
        dispute=row["dispute"] or None,
        gazetteer_codes=(*own, *also),
        aliases=tuple(row["aliases"].split(",")) if row["aliases"] else (),
        natural_earth=row["natural_earth"] or row["name"],
    )
