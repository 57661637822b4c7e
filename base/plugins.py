"""Plug-ins: tools and encoders of other packages, found by their entry points and loaded only when they are named."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from sextant.base.errors import WrongUse, format_error

TOOLS = "sextant.tools"
ENCODERS = "sextant.encoders"


def list_plugins(group: str) -> dict[str, EntryPoint]:
    """List the plug-ins of a group that are installed, by name; nothing of them is imported.

    Args:
        group: ``TOOLS`` or ``ENCODERS``.

    Raises:
        WrongUse: two packages have a plug-in of one name.
    """
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=group), key=lambda point: (point.name, point.value)):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise WrongUse(
                f"two packages offer {point.name!r} for {group}: {name_package(other)} and {name_package(point)}; "
                "uninstall one of them"
            )
        found[point.name] = point
    return found


def load_plugin(point: EntryPoint) -> Any:
    """Import a plug-in.

    Raises:
        WrongUse: it cannot be imported.
    """
    try:
        return point.load()
    except Exception as error:  # foreign code
        raise WrongUse(
            f"plug-in {point.name!r} of {name_package(point)} cannot be loaded: {format_error(error)}; "
            "update or uninstall that package"
        ) from error


def name_package(point: EntryPoint) -> str:
    """Name the package that a plug-in comes from."""
    return point.dist.name if point.dist else point.value
