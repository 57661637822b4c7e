"""The sights_near tool: prominent sights near a position."""

from dataclasses import asdict
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from sextant.tools.maps import Maps

_SIGHTS = 12


class NearPosition(BaseModel):
    """A position in degrees, and a radius in km."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    radius_km: float = Field(default=5.0, gt=0, le=50, description="kilometres to look around")


def make_sights_near_tool(maps: Maps) -> BaseTool:
    """Make the tool for the maps and gazetteers of a home."""

    def run(latitude: float, longitude: float, radius_km: float = 5.0) -> tuple[str, list[dict[str, Any]]]:
        sights = maps.sights(latitude, longitude, radius_km, _SIGHTS)
        if not sights:
            raise ToolException(f"no sight is known within {radius_km:g} km; try a larger radius")
        lines = [
            f"{rank}. {one.name} ({one.kind}), {one.km:.1f} km away: {one.latitude:.5f}, {one.longitude:.5f}"
            for rank, one in enumerate(sights, 1)
        ]
        return "\n".join(lines), [asdict(one) for one in sights]

    return StructuredTool.from_function(
        run,
        name="sights_near",
        description=(
            "Well-known sights near a position, the most prominent first. Use it to see which sight of a town the "
            "picture may show."
        ),
        args_schema=NearPosition,
        response_format="content_and_artifact",
        metadata={"untrusted": True},
    )
