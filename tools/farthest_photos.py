"""The farthest_photos tool: where the gallery's least similar photos were taken."""

from dataclasses import asdict
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from sextant.tools.search import Search, format_listing


class FarthestPhotos(BaseModel):
    """How many dissimilar photos to list."""

    count: int = Field(default=10, ge=1, le=50, description="how many photos, 1 to 50")


def list_farthest_photos(search: Search, count: int) -> tuple[str, list[dict[str, Any]]]:
    """List the least similar photos: the text for the model, and the references with all fields.

    Raises:
        ToolException: the run's filters exclude every gallery photo.
    """
    references = search.farthest(count)
    if not references:
        raise ToolException("the gallery holds no photo that may be shown; answer from the picture itself")
    return format_listing(references), [asdict(reference) for reference in references]


def make_farthest_photos_tool(search: Search) -> BaseTool:
    """Make the tool for one photo's search."""

    def run(count: int = 10) -> tuple[str, list[dict[str, Any]]]:
        return list_farthest_photos(search, count)

    return StructuredTool.from_function(
        run,
        name="farthest_photos",
        description=(
            "Where the gallery photos that look least like the query were taken, least similar first. "
            "The photo is probably not from places like these."
        ),
        args_schema=FarthestPhotos,
        response_format="content_and_artifact",
    )
