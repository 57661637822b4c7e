"""The web_search tool: titles and excerpts of web pages, from the user's own search server."""

from typing import TYPE_CHECKING, Any, Protocol

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from sextant.atlas.online.web import WebPage

_PAGES = 6


class Pages(Protocol):
    """The search server that a user named."""

    def pages(self, text: str, limit: int) -> "list[WebPage]":
        """Search the web."""


class WebQuestion(BaseModel):
    """What is looked for."""

    query: str = Field(min_length=2, max_length=200, description="a few words, such as a name that you read and a town")


def make_web_search_tool(online: Pages | None) -> BaseTool:
    """Make the tool for the search server of a run."""

    def run(query: str) -> tuple[str, list[dict[str, Any]]]:
        if online is None:
            raise ToolException("no search server is on; answer without it")
        found = online.pages(query, _PAGES)
        if not found:
            raise ToolException("nothing was found; try fewer words")
        lines = [f"{rank}. {one.title} [{one.site}]: {one.excerpt}" for rank, one in enumerate(found, 1)]
        return "\n".join(lines), [vars(one) for one in found]

    return StructuredTool.from_function(
        run,
        name="web_search",
        description=(
            "Search the web for a name or text that you read in the photo. Results are titles and excerpts; whoever "
            "wrote them may be wrong."
        ),
        args_schema=WebQuestion,
        response_format="content_and_artifact",
        metadata={"untrusted": True},
    )
