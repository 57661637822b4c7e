"""The find_place tool: forward geocoding of a place name."""

from dataclasses import asdict
from typing import Any

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from sextant.atlas.names import NamedPlace
from sextant.atlas.names import find_place as look_up
from sextant.geo.countries import country_code_of

_HITS = 5


class Name(BaseModel):
    """A place name, and the country it is thought to be in."""

    name: str = Field(
        min_length=1, max_length=120, description="a town, division or country; accents and spelling do not matter"
    )
    country: str | None = Field(default=None, max_length=60, description="country name or ISO code, if known")


def describe_places(places: list[NamedPlace]) -> str:
    """Describe the places, one numbered line each."""
    return "\n".join(f"{rank}. {_format_line(place)}" for rank, place in enumerate(places, 1))


def _format_line(place: NamedPlace) -> str:
    parts = [place.name, place.admin1 if place.admin1 != place.name else None, place.country_code]
    kind = (
        ""
        if place.kind == "place"
        else f" ({'country' if place.kind == 'country' else 'division'}, a town near its middle)"
    )
    sure = "" if place.score > 0.9 else " (similar name)"
    return f"{', '.join(part for part in parts if part)}{kind}{sure}: {place.latitude:.4f}, {place.longitude:.4f}"


@tool("find_place", args_schema=Name, response_format="content_and_artifact")
def find_place(name: str, country: str | None = None) -> tuple[str, list[dict[str, Any]]]:
    """Where places of this name lie. Use it for a name you read on a sign, or to turn a place you think of into
    coordinates. It knows towns of a thousand people and more, divisions and countries; no streets or buildings."""
    code = country_code_of(country) if country else None
    if country and code is None:
        raise ToolException(f"country {country!r} is not known; give its English name or ISO code, or leave it out")
    found = look_up(name, code, _HITS)
    if not found:
        where = f" in {code}" if code else ""
        raise ToolException(f"no place like {name!r} is known{where}; try another spelling or a larger place")
    return describe_places(found), [asdict(place) for place in found]
