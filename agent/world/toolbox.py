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
from sextant.tools.map_around import make_map_around_tool
from sextant.tools.map_search import make_map_search_tool
from sextant.tools.maps import Maps, NoMaps
from sextant.tools.nearest_photos import make_nearest_photos_tool
from sextant.tools.phone_region import phone_region
from sextant.tools.read_text import make_read_text_tool
from sextant.tools.reverse_geocode import reverse_geocode
from sextant.tools.search import Search
from sextant.tools.sights_near import make_sights_near_tool
from sextant.tools.sun import sun_position, where_is_sun_at
from sextant.tools.zoom import make_zoom_tool

RETRIEVAL = ("nearest_photos", "farthest_photos")

MAKERS: Mapping[str, Callable[[Search, Photo, Maps], BaseTool]] = {
    "nearest_photos": lambda search, photo, maps: make_nearest_photos_tool(search),
    "farthest_photos": lambda search, photo, maps: make_farthest_photos_tool(search),
    "zoom": lambda search, photo, maps: make_zoom_tool(photo),
    "read_text": lambda search, photo, maps: make_read_text_tool(photo),
    "reverse_geocode": lambda search, photo, maps: reverse_geocode,
    "find_place": lambda search, photo, maps: find_place,
    "distance": lambda search, photo, maps: distance,
    "country_facts": lambda search, photo, maps: country_facts,
    "phone_region": lambda search, photo, maps: phone_region,
    "sun_position": lambda search, photo, maps: sun_position,
    "where_is_sun_at": lambda search, photo, maps: where_is_sun_at,
    "map_search": lambda search, photo, maps: make_map_search_tool(maps),
    "map_around": lambda search, photo, maps: make_map_around_tool(maps),
    "sights_near": lambda search, photo, maps: make_sights_near_tool(maps),
}
TOOLS = tuple(MAKERS)
MAP_TOOLS = ("map_search", "map_around", "sights_near")


def select_available(names: tuple[str, ...], *, gallery: bool, maps: tuple[str, ...]) -> tuple[str, ...]:
    """Select the tools that have data here: those that search the gallery, and those in ``maps``, only where it is."""
    return tuple(
        name for name in names if (gallery or name not in RETRIEVAL) and (name in maps or name not in MAP_TOOLS)
    )


class NoSearch:
    """Placeholder for the gallery when only a tool's schema is needed."""

    def nearest(self, count: int) -> list[Any]:
        return []

    def farthest(self, count: int) -> list[Any]:
        return []


def refuse_photo() -> Image.Image:
    """Fail to open the photo: placeholder when only a tool's schema is needed."""
    raise SextantError("no photo is open here")


def make_tools(names: tuple[str, ...], search: Search, photo: Photo, maps: Maps) -> dict[str, BaseTool]:
    """Make the named tools for one photo, its search and the maps of the home.

    Raises:
        WrongUse: a name is not a known tool.
    """
    return {name: MAKERS[name](search, photo, maps) for name in check_tool_names(names)}


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
    return [convert_to_openai_tool(tool) for tool in make_tools(names, NoSearch(), refuse_photo, NoMaps()).values()]
