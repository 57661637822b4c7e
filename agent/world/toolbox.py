"""The tools a run may enable, by name, and their schemas as shown to the model.

Each is imported when it is made: a run has a few of them, and all take long to load.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from sextant.base.errors import SextantError, WrongUse
from sextant.base.plugins import TOOLS as PLUGINS
from sextant.base.plugins import list_plugins, load_plugin, name_package
from sextant.tools.maps import Maps, NoMaps
from sextant.tools.search import Search

if TYPE_CHECKING:
    from PIL.Image import Image

    from sextant.tools.crops import Photo
    from sextant.tools.pictures_near import Pictures
    from sextant.tools.web_search import Pages

    class Online(Pictures, Pages, Protocol):
        """The open services that a run may ask."""


@dataclass(frozen=True)
class Sources:
    """What the tools of one photo look into; ``online`` is None where no service is on."""

    search: Search
    photo: "Photo"
    maps: Maps
    online: "Online | None" = None


def _import(module: str, name: str) -> Any:
    return getattr(import_module(f"sextant.tools.{module}"), name)


MAKERS: Mapping[str, Callable[[Sources], BaseTool]] = {
    "nearest_photos": lambda sources: _import("nearest_photos", "make_nearest_photos_tool")(sources.search),
    "farthest_photos": lambda sources: _import("farthest_photos", "make_farthest_photos_tool")(sources.search),
    "zoom": lambda sources: _import("zoom", "make_zoom_tool")(sources.photo),
    "read_text": lambda sources: _import("read_text", "make_read_text_tool")(sources.photo),
    "reverse_geocode": lambda sources: _import("reverse_geocode", "reverse_geocode"),
    "find_place": lambda sources: _import("find_place", "find_place"),
    "distance": lambda sources: _import("distance", "distance"),
    "country_facts": lambda sources: _import("country_facts", "country_facts"),
    "phone_region": lambda sources: _import("phone_region", "phone_region"),
    "sun_position": lambda sources: _import("sun", "sun_position"),
    "where_is_sun_at": lambda sources: _import("sun", "where_is_sun_at"),
    "map_search": lambda sources: _import("map_search", "make_map_search_tool")(sources.maps),
    "map_around": lambda sources: _import("map_around", "make_map_around_tool")(sources.maps),
    "sights_near": lambda sources: _import("sights_near", "make_sights_near_tool")(sources.maps),
    "pictures_near": lambda sources: _import("pictures_near", "make_pictures_near_tool")(sources.online),
    "web_search": lambda sources: _import("web_search", "make_web_search_tool")(sources.online),
}
TOOLS = tuple(MAKERS)


class NoSearch:
    """Placeholder for the gallery when only a tool's schema is needed."""

    def nearest(self, count: int) -> list[Any]:
        return []

    def farthest(self, count: int) -> list[Any]:
        return []


def refuse_photo() -> "Image":
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
