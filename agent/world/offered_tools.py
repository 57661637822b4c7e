"""Which tools a run can offer: those that need a gallery, a map or a service, and those that every run has."""

from sextant.agent.world.tool_names import MAP_TOOLS, PICTURE_TOOL, RETRIEVAL, WEB_TOOL
from sextant.base.settings import Settings

_IF_OFFERED = (*MAP_TOOLS, PICTURE_TOOL, WEB_TOOL)


def select_available(names: tuple[str, ...], *, gallery: bool, maps: tuple[str, ...]) -> tuple[str, ...]:
    """Select the tools that have data here: those that search the gallery, and those in ``maps``, only where it is.

    Args:
        maps: the tools that the maps of the home or a service answer.
    """
    return tuple(
        name for name in names if (gallery or name not in RETRIEVAL) and (name in maps or name not in _IF_OFFERED)
    )


def list_offered(settings: Settings) -> tuple[str, ...]:
    """Return the tools that the home's maps or the named services answer."""
    if not settings.online:  # the clients of services take long to load
        return tuple(dict.fromkeys(settings.maps))
    from sextant.agent.world.online import list_online_tools

    return tuple(dict.fromkeys((*settings.maps, *list_online_tools(settings.online))))
