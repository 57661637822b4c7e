"""The nearest_photos tool: where the gallery's most similar photos were taken."""

from dataclasses import asdict
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from sextant.tools.search import Search, format_listing

__all__ = ["Search", "make_nearest_photos_tool"]


class NearestPhotos(BaseModel):
    """How many similar photos to list."""

    count: int = Field(default=10, ge=1, le=50, description="how many photos, 1 to 50")


def list_nearest_photos(search: Search, count: int) -> tuple[str, list[dict[str, Any]]]:
    """List the most similar photos: the text for the model, and the references with all fields.

    Raises:
        ToolException: the run's filters exclude every gallery photo.
    """
    references = search.nearest(count)
    if not references:
        raise ToolException("the gallery holds no photo that may be shown; answer from the picture itself")
    return format_listing(references), [asdict(reference) for reference in references]


def make_nearest_photos_tool(search: Search) -> BaseTool:
    """Make the tool for one photo's search."""

    def run(count: int = 10) -> tuple[str, list[dict[str, Any]]]:
        return list_nearest_photos(search, count)

    return StructuredTool.from_function(
        run,
        name="nearest_photos",
        description=(
            "Where the gallery photos that look most like the query were taken, most similar first. "
            "They are often from the same region, and sometimes only share colours and shapes."
        ),
        args_schema=NearestPhotos,
        response_format="content_and_artifact",
    )
