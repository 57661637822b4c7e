"""The country_facts tool: driving side, plates, scripts and other street-level facts of a country.

The table is `data/country_facts.csv`; its head names the source of each column.
"""

import csv
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from sextant.geo.countries import find_country_code, load_countries_by_code


@dataclass(frozen=True)
class CountryFacts:
    """Facts of one country; None where unknown."""

    code: str
    name: str
    driving_side: str | None
    """Side of the road traffic keeps to, "left" or "right"."""
    calling_code: int | None
    domain: str | None
    scripts: tuple[str, ...]
    languages: tuple[str, ...]
    """ISO 639-1 codes, the most spoken first."""
    currencies: tuple[str, ...]
    plate: str | None
    road_lines: str | None


@lru_cache(maxsize=1)
def load_facts() -> dict[str, CountryFacts]:
    """Load the table by ISO alpha-2 code."""
    text = (files("sextant.tools") / "data" / "country_facts.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {row["code"]: _read_facts(row) for row in csv.DictReader(lines, delimiter=";")}


def _read_facts(row: dict[str, str]) -> CountryFacts:
    import phonenumbers

    code = row["code"]
    return CountryFacts(
        code=code,
        name=load_countries_by_code()[code].name,
        driving_side=row["side"] or None,
        calling_code=phonenumbers.country_code_for_region(code) or None,
        domain=row["domain"] or None,
        scripts=tuple(row["scripts"].split(", ")) if row["scripts"] else (),
        languages=tuple(row["languages"].split()),
        currencies=tuple(row["currency"].split()),
        plate=row["plate"] or None,
        road_lines=row["lines"] or None,
    )


def describe_facts(facts: CountryFacts) -> str:
    """Describe the facts, one per line; unknown ones are left out."""
    rows = {
        "traffic keeps": facts.driving_side,
        "calling code": f"+{facts.calling_code}" if facts.calling_code else None,
        "internet domain": facts.domain,
        "scripts": ", ".join(facts.scripts),
        "currency": ", ".join(facts.currencies),
        "number plates": facts.plate,
        "road lines": facts.road_lines,
    }
    return "\n".join([f"{facts.name} ({facts.code})", *(f"{label}: {value}" for label, value in rows.items() if value)])


class CountryArguments(BaseModel):
    """One country."""

    code: str = Field(min_length=2, max_length=60, description="ISO code or English name")


@tool("country_facts", args_schema=CountryArguments, response_format="content_and_artifact")
def country_facts(code: str) -> tuple[str, dict[str, Any]]:
    """What a street shows of a country: side of driving, calling code, internet domain, scripts, currency, number
    plates, road lines. Use it to check a country you suspect against what the photo shows."""
    found = load_facts().get(find_country_code(code) or "")
    if found is None:
        raise ToolException(f"country {code!r} is not known; give its English name or ISO code")
    return describe_facts(found), asdict(found)
