"""The map_search tool: things of the map by name, kind, address and by what stands near them."""

from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from sextant.tools.maps import ATTRIBUTION, Maps

if TYPE_CHECKING:
    from sextant.atlas.map_index.search import MapHit

_HITS = 6


class MapQuestion(BaseModel):
    """What is looked for, and where."""

    query: str = Field(
        min_length=2,
        max_length=200,
        description=(
            "one thing, in words of the map: a name, a shop, a street, an address, two streets as 'A / B', or a thing "
            "beside another as 'church within 100 m of railway station'; a town may follow after 'in'"
        ),
    )
    latitude: float | None = Field(default=None, ge=-90, le=90, description="middle of the area to look in, if known")
    longitude: float | None = Field(default=None, ge=-180, le=180)
    radius_km: float = Field(default=25.0, gt=0, le=500, description="radius of that area")


def describe_hits(hits: "list[MapHit]") -> str:
    """Describe what was found, one numbered line each, with the source."""
    return "\n".join([*(f"{rank}. {format_hit(hit)}" for rank, hit in enumerate(hits, 1)), ATTRIBUTION])


def format_hit(hit: "MapHit") -> str:
    """Format a hit on one line: what it is, where, and what it stands near."""
    sure = "" if hit.fit == 1 else " (longer name)" if hit.fit != 0.8 else ""
    address = f", {hit.address}" if hit.address and hit.address != hit.name else ""
    near = "".join(f"; {one.metres:.0f} m from {one.name} ({one.kind})" for one in hit.near)
    return f"{hit.name} ({hit.kind}{address}){sure}: {hit.latitude:.5f}, {hit.longitude:.5f}{near}"


def make_map_search_tool(maps: Maps) -> BaseTool:
    """Make the tool for the maps of a home."""

    def run(
        query: str, latitude: float | None = None, longitude: float | None = None, radius_km: float = 25.0
    ) -> tuple[str, list[dict[str, Any]]]:
        if (latitude is None) != (longitude is None):
            raise ToolException("give both latitude and longitude, or neither")
        circle = None if latitude is None or longitude is None else (latitude, longitude, radius_km)
        hits = maps.search(query, circle, _HITS)
        if not hits:
            raise ToolException(f"the map has nothing for {query!r} here; try fewer words or another spelling")
        return describe_hits(hits), [hit.to_json() for hit in hits]

    return StructuredTool.from_function(
        run,
        name="map_search",
        description=(
            "Look a thing up on a detailed map: a street, shop, sight or address that you read, a street crossing, or "
            "a combination that you see, such as a bridge over a river beside a castle. Use it once you know the "
            "region, to find the exact place; a hit elsewhere is no reason to change the region."
        ),
        args_schema=MapQuestion,
        response_format="content_and_artifact",
        metadata={"untrusted": True},
    )
