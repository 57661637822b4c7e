"""The tools a run may enable, by name, and their schemas as shown to the model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from PIL import Image

from sextant.base.errors import SextantError, WrongUse
from sextant.base.plugins import TOOLS as PLUGINS
from sextant.base.plugins import list_plugins, load_plugin, name_package
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
from sextant.tools.pictures_near import Pictures, make_pictures_near_tool
from sextant.tools.read_text import make_read_text_tool
from sextant.tools.reverse_geocode import reverse_geocode
from sextant.tools.search import Search
from sextant.tools.sights_near import make_sights_near_tool
from sextant.tools.sun import sun_position, where_is_sun_at
from sextant.tools.web_search import Pages, make_web_search_tool
from sextant.tools.zoom import make_zoom_tool

RETRIEVAL = ("nearest_photos", "farthest_photos")


class Online(Pictures, Pages, Protocol):
    """The open services that a run may ask."""


@dataclass(frozen=True)
class Sources:
    """What the tools of one photo look into; ``online`` is None where no service is on."""

    search: Search
    photo: Photo
    maps: Maps
    online: Online | None = None


MAKERS: Mapping[str, Callable[[Sources], BaseTool]] = {
    "nearest_photos": lambda sources: make_nearest_photos_tool(sources.search),
    "farthest_photos": lambda sources: make_farthest_photos_tool(sources.search),
    "zoom": lambda sources: make_zoom_tool(sources.photo),
    "read_text": lambda sources: make_read_text_tool(sources.photo),
    "reverse_geocode": lambda sources: reverse_geocode,
    "find_place": lambda sources: find_place,
    "distance": lambda sources: distance,
    "country_facts": lambda sources: country_facts,
    "phone_region": lambda sources: phone_region,
    "sun_position": lambda sources: sun_position,
    "where_is_sun_at": lambda sources: where_is_sun_at,
    "map_search": lambda sources: make_map_search_tool(sources.maps),
    "map_around": lambda sources: make_map_around_tool(sources.maps),
    "sights_near": lambda sources: make_sights_near_tool(sources.maps),
    "pictures_near": lambda sources: make_pictures_near_tool(sources.online),
    "web_search": lambda sources: make_web_search_tool(sources.online),
}
TOOLS = tuple(MAKERS)
MAP_TOOLS = ("map_search", "map_around", "sights_near")
PICTURE_TOOL, WEB_TOOL = "pictures_near", "web_search"
_IF_OFFERED = (*MAP_TOOLS, PICTURE_TOOL, WEB_TOOL)


def select_available(names: tuple[str, ...], *, gallery: bool, maps: tuple[str, ...]) -> tuple[str, ...]:
    """Select the tools that have data here: those that search the gallery, and those in ``maps``, only where it is.

    Args:
        maps: the tools that the maps of the home or a service answer.
    """
    return tuple(
        name for name in names if (gallery or name not in RETRIEVAL) and (name in maps or name not in _IF_OFFERED)
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


def make_tools(names: tuple[str, ...], sources: Sources) -> dict[str, BaseTool]:
    """Make the named tools for one photo and what they look into.

    Raises:
        WrongUse: a name is not a known tool.
    """
    return {name: _make_tool(name, sources) for name in check_tool_names(names)}


def _make_tool(name: str, sources: Sources) -> BaseTool:
    """Make one tool: ours, else a plug-in's, whose text is foreign text.

    Raises:
        WrongUse: the plug-in makes no tool of that name.
    """
    if name in MAKERS:
        return MAKERS[name](sources)
    point = list_plugins(PLUGINS)[name]
    made = load_plugin(point)(sources)
    if not isinstance(made, BaseTool) or made.name != name:
        raise WrongUse(f"plug-in {name!r} of {name_package(point)} makes no tool of that name; update or uninstall it")
    made.metadata = {**(made.metadata or {}), "untrusted": True}
    return made


def check_tool_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Check that every name is a known tool, and return the names.

    Raises:
        WrongUse: a name is not a known tool.
    """
    unknown = [name for name in names if name not in MAKERS]
    known = list_plugins(PLUGINS) if unknown else {}
    for name in unknown:
        if name not in known:
            raise WrongUse(f"unknown tool {name!r}; the tools are: {', '.join([*TOOLS, *known])}")
    return names


@cache
def describe_tools(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Describe the tools as the model sees them; the same on every machine, with or without a gallery."""
    return [
        convert_to_openai_tool(tool) for tool in make_tools(names, Sources(NoSearch(), refuse_photo, NoMaps())).values()
    ]
