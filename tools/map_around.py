"""The map_around tool: what a map shows at and near a position."""

from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from sextant.tools.maps import ATTRIBUTION, Maps


class Around(BaseModel):
    """A position in degrees, and how far around it to look."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    radius_m: float = Field(default=150.0, ge=10, le=2000, description="metres to look around")


def make_map_around_tool(maps: Maps) -> BaseTool:
    """Make the tool for the maps of a home."""

    def run(latitude: float, longitude: float, radius_m: float = 150.0) -> tuple[str, dict[str, Any]]:
        found = maps.around(latitude, longitude, radius_m)
        lines = found.list_lines()
        if not lines:
            raise ToolException(f"the map has nothing within {radius_m:.0f} m; it may not cover this place")
        return "\n".join([*lines, ATTRIBUTION]), found.to_json()

    return StructuredTool.from_function(
        run,
        name="map_around",
        description=(
            "What a detailed map shows at and near a position: address, street, crossing, buildings, shops, water. Use "
            "it to check whether a place that you suspect has what the picture shows."
        ),
        args_schema=Around,
        response_format="content_and_artifact",
        metadata={"untrusted": True},
    )
