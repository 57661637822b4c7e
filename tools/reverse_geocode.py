"""The reverse_geocode tool: country, region and nearest place of a position."""

from dataclasses import asdict
from typing import Any

from langchain_core.tools import tool
from pydantic import BaseModel, Field

from sextant.geo.places import Place, describe


class At(BaseModel):
    """A position, in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


def describe_place(place: Place) -> str:
    """Describe a place in one line: country, region, nearest place, and reasons to doubt the country."""
    if place.at_sea:
        words = [f"at sea, {place.land_km:.0f} km from land" if place.land_km is not None else "at sea"]
    else:
        words = [", ".join(part for part in (place.admin1, place.country) if part) or "no country"]
    if place.place is not None and place.place_km is not None:
        words.append(f"nearest place {place.place}, {place.place_km:.0f} km away")
    if place.disputed:
        words.append("the country here is disputed")
    if place.border_km is not None and place.border_km < 10 and not place.at_sea:
        neighbour = f" with {place.neighbour}" if place.neighbour else ""
        words.append(f"{place.border_km:.1f} km from the border{neighbour}")
    return "; ".join(words)


@tool("reverse_geocode", args_schema=At, response_format="content_and_artifact")
def reverse_geocode(latitude: float, longitude: float) -> tuple[str, dict[str, Any]]:
    """Country, region and nearest place of a position. Use it to check that coordinates lie where you think."""
    place = describe(latitude, longitude)
    return describe_place(place), asdict(place)
