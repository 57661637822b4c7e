"""Which tools a run can offer besides those that every run has."""

from sextant.base.settings import Settings


def list_offered(settings: Settings) -> tuple[str, ...]:
    """Return the tools that the home's maps or the named services answer."""
    if not settings.online:  # the clients of services take long to load
        return tuple(dict.fromkeys(settings.maps))
    from sextant.agent.world.online import list_online_tools

    return tuple(dict.fromkeys((*settings.maps, *list_online_tools(settings.online))))
