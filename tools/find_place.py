"""The find_place tool: forward geocoding of a place name."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from langchain_core.tools import BaseTool, ToolException, tool
from pydantic import BaseModel, Field

from sextant.atlas.name_index import Kind
from sextant.atlas.names import NamedPlace
from sextant.atlas.names import find_place as look_up
from sextant.geo.countries import find_country_code

_HITS = 5
_EXACT = 0.97  # score of a town whose name this is: it comes before a sight of the same name
_KINDS: dict[Kind, str] = {
    "place": "",
    "sight": " (sight or street)",
    "country": " (country, a town near its middle)",
    "admin1": " (division, a town near its middle)",
}
# Where a name lies in a gazetteer that a person added: the name, and an ISO code or None.
FindSights = Callable[[str, str | None], list[NamedPlace]]


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
    kind = _KINDS[place.kind]
    sure = "" if place.score > 0.9 else " (similar name)"
    return f"{', '.join(part for part in parts if part)}{kind}{sure}: {place.latitude:.4f}, {place.longitude:.4f}"


@tool("find_place", args_schema=Name, response_format="content_and_artifact")
def find_place(name: str, country: str | None = None) -> tuple[str, list[dict[str, Any]]]:
    """Where places of this name lie. Use it for a name you read on a sign, or to turn a place you think of into
    coordinates. It knows towns of a thousand people and more, divisions and countries; no streets or buildings."""
    return _find(name, country, lambda name, code: [])


def find_place_tool(find_sights: FindSights) -> BaseTool:
    """Make the tool with the sights of a gazetteer before the towns; the model sees the same schema."""

    @tool("find_place", args_schema=Name, response_format="content_and_artifact", description=find_place.description)
    def find_sight_or_place(name: str, country: str | None = None) -> tuple[str, list[dict[str, Any]]]:
        return _find(name, country, find_sights)

    return find_sight_or_place


def _find(name: str, country: str | None, find_sights: FindSights) -> tuple[str, list[dict[str, Any]]]:
    code = find_country_code(country) if country else None
    if country and code is None:
        raise ToolException(f"country {country!r} is not known; give its English name or ISO code, or leave it out")
    towns = look_up(name, code, _HITS)
    exact = [town for town in towns if town.score > _EXACT]
    found = [*exact, *find_sights(name, code), *(town for town in towns if town not in exact)][:_HITS]
    if not found:
        where = f" in {code}" if code else ""
        raise ToolException(f"no place like {name!r} is known{where}; try another spelling or a larger place")
    return describe_places(found), [asdict(place) for place in found]
