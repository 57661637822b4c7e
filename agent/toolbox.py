"""The tools a run may switch on, by name, and their schemas as a model is shown them."""

from functools import cache
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from geo.errors import WrongUse
from tools.distance import distance
from tools.farthest_photos import farthest_photos_tool
from tools.nearest_photos import nearest_photos_tool
from tools.reverse_geocode import reverse_geocode
from tools.search import Search

RETRIEVAL = ("nearest_photos", "farthest_photos")
TOOLS = (*RETRIEVAL, "reverse_geocode", "distance")


class NoSearch:
    """Stands for the gallery where only a tool's schema is wanted."""

    def nearest(self, count: int) -> list[Any]:
        return []

    def farthest(self, count: int) -> list[Any]:
        return []


def toolbox(names: tuple[str, ...], search: Search) -> dict[str, BaseTool]:
    """The tools of these names, the retrieval ones over ``search``.

    Raises:
        WrongUse: a name that is no tool.
    """
    every = {
        "nearest_photos": nearest_photos_tool(search),
        "farthest_photos": farthest_photos_tool(search),
        "reverse_geocode": reverse_geocode,
        "distance": distance,
    }
    for name in names:
        if name not in every:
            raise WrongUse(f"no tool is called {name!r}; there are: {', '.join(TOOLS)}")
    return {name: every[name] for name in names}


@cache
def schemas(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The tools as the model is shown them; the same on every machine, with or without a gallery."""
    return [convert_to_openai_tool(tool) for tool in toolbox(names, NoSearch()).values()]
