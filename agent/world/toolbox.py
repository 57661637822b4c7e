"""The tools a run may enable, by name, and their schemas as shown to the model."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from PIL import Image

from sextant.base.errors import SextantError, WrongUse
from sextant.tools.country_facts import country_facts
from sextant.tools.crops import Photo
from sextant.tools.distance import distance
from sextant.tools.farthest_photos import make_farthest_photos_tool
from sextant.tools.find_place import find_place
from sextant.tools.nearest_photos import make_nearest_photos_tool
from sextant.tools.phone_region import phone_region
from sextant.tools.read_text import make_read_text_tool
from sextant.tools.reverse_geocode import reverse_geocode
from sextant.tools.search import Search
from sextant.tools.sun import sun_position, where_is_sun_at
from sextant.tools.zoom import make_zoom_tool

RETRIEVAL = ("nearest_photos", "farthest_photos")

MAKERS: Mapping[str, Callable[[Search, Photo], BaseTool]] = {
    "nearest_photos": lambda search, photo: make_nearest_photos_tool(search),
    "farthest_photos": lambda search, photo: make_farthest_photos_tool(search),
    "zoom": lambda search, photo: make_zoom_tool(photo),
    "read_text": lambda search, photo: make_read_text_tool(photo),
    "reverse_geocode": lambda search, photo: reverse_geocode,
    "find_place": lambda search, photo: find_place,
    "distance": lambda search, photo: distance,
    "country_facts": lambda search, photo: country_facts,
    "phone_region": lambda search, photo: phone_region,
    "sun_position": lambda search, photo: sun_position,
    "where_is_sun_at": lambda search, photo: where_is_sun_at,
}
TOOLS = tuple(MAKERS)


class NoSearch:
    """Placeholder for the gallery when only a tool's schema is needed."""

    def nearest(self, count: int) -> list[Any]:
        return []

    def farthest(self, count: int) -> list[Any]:
        return []


def refuse_photo() -> Image.Image:
    """Fail to open the photo: placeholder when only a tool's schema is needed."""
    raise SextantError("no photo is open here")


def make_tools(names: tuple[str, ...], search: Search, photo: Photo) -> dict[str, BaseTool]:
    """Make the named tools for one photo and its search.

    Raises:
        WrongUse: a name is not a known tool.
    """
    return {name: MAKERS[name](search, photo) for name in check_tool_names(names)}


def check_tool_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Check that every name is a known tool, and return the names.

    Raises:
        WrongUse: a name is not a known tool.
    """
    for name in names:
        if name not in MAKERS:
            raise WrongUse(f"unknown tool {name!r}; the tools are: {', '.join(TOOLS)}")
    return names


@cache
def describe_tools(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Describe the tools as the model sees them; the same on every machine, with or without a gallery."""
    return [convert_to_openai_tool(tool) for tool in make_tools(names, NoSearch(), refuse_photo).values()]
