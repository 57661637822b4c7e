"""The pictures_near tool: pictures that others took near a position, as one sheet."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from sextant.atlas.online.pictures import NearPicture

SHEET_PICTURES = 6


class Pictures(Protocol):
    """The picture services that a user named."""

    def pictures(self, latitude: float, longitude: float, metres: float, limit: int) -> "list[NearPicture]":
        """List pictures near a position (degrees)."""

    def draw_pictures(self, pictures: "Sequence[NearPicture]") -> bytes:
        """Draw them as one numbered sheet, a JPEG."""


class NearPlace(BaseModel):
    """A position in degrees, and how far around it to look."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    radius_m: float = Field(default=100.0, ge=10, le=1000, description="metres to look around")


def format_picture(one: "NearPicture") -> str:
    """Format a picture on one line: how far away, when, whose."""
    whose = f"{one.service}, {one.licence or 'no licence named'}"
    return f"{one.metres:.0f} m away, {one.taken or 'no date'} ({whose})"


def make_pictures_near_tool(online: Pictures | None) -> BaseTool:
    """Make the tool for the services of a run."""

    def run(latitude: float, longitude: float, radius_m: float = 100.0) -> tuple[str, dict[str, Any]]:
        if online is None:
            raise ToolException("no picture service is on; answer without it")
        found = online.pictures(latitude, longitude, radius_m, SHEET_PICTURES)
        if not found:
            raise ToolException(f"nobody published a picture within {radius_m:.0f} m; try a larger radius")
        lines = [f"{rank}. {format_picture(one)}" for rank, one in enumerate(found, 1)]
        return "\n".join(lines), {"crop": online.draw_pictures(found)}

    return StructuredTool.from_function(
        run,
        name="pictures_near",
        description=(
            "Pictures that others took near a position, on one numbered sheet. Use it to compare a place that you "
            "suspect with the photo."
        ),
        args_schema=NearPlace,
        response_format="content_and_artifact",
        metadata={"untrusted": True},
    )
