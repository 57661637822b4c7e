"""Options that several commands share, and the settings they make."""

from collections.abc import Callable, Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin

import click

from sextant.app.options.grouped import GroupedOption
from sextant.base.settings import format_option, list_defaults, list_names, list_options, list_types

if TYPE_CHECKING:
    from sextant.agent.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
LOOKED_AT = 4  # leading places that a later round compares with pictures taken there
COMPARED = 5  # similar photos that are compared feature by feature where OpenCV is installed


def add_run_options(command: Command) -> Command:
    """Add an option for every setting that has one, ``--set`` and ``--config``."""
    options = [
        click.option(
            "--set",
            "overrides",
            multiple=True,
            metavar="KEY=VALUE",
            cls=GroupedOption,
            help="Any setting by its name (repeatable); see the guide Settings.",
        ),
        click.option(
            "--config", metavar="FILE", cls=GroupedOption, help="YAML file of settings; options and SEXTANT_* win."
        ),
    ]
    declared = [make_option(name) for name in list_names() if list_options()[name].flag is not False]
    for option in reversed([*declared, *options]):
        command = option(command)
    return command


def make_option(name: str) -> Callable[[Command], Command]:
    """Make the command line's option of a setting from its declaration."""
    declared, kind, default = list_options()[name], list_types()[name], list_defaults()[name]
    shown = declared.default or (str(default) if default not in (None, False, ()) else None)
    about: dict[str, Any] = {"cls": GroupedOption, "group": declared.group, "first": declared.first, "default": None}
    about["help"] = declared.help + (f"  [default: {shown}]" if shown else "")
    if kind is bool:
        return click.option(format_option(name), name, is_flag=True, **about)
    if choices := list_choices(kind):
        return click.option(format_option(name), name, type=click.Choice(choices), **about)
    plain = (
        next((part for part in get_args(kind) if part is not NoneType), kind) if NoneType in get_args(kind) else kind
    )
    if get_origin(plain) is tuple and declared.flag:
        return click.option(format_option(name), name, multiple=True, metavar=declared.metavar, **about)
    number = plain if plain in (int, float) else str
    return click.option(format_option(name), name, type=number, metavar=declared.metavar, **about)


def list_choices(kind: Any) -> tuple[str, ...]:
    """List the values of a Literal type, optional or not; nothing for any other type."""
    literal = next((part for part in (kind, *get_args(kind)) if get_origin(part) is Literal), None)
    return get_args(literal)


def make_settings(options: dict[str, Any], called: Callable[[str], str] | None = None, **defaults: Any) -> "Settings":
    """Make Settings of parsed options, the environment and a file; the gallery from the home where none is named.

    Args:
        options: values by the setting's name, and ``config`` and ``overrides`` of the command line; None stands for an
            option that was not given.
        called: how the caller calls a setting, for messages; None names the command line's option.
        defaults: of this command, where they are not the settings' own.

    Raises:
        WrongUse: a value is out of range, or a name does not exist.
    """
    from sextant.agent.recording.fitted_models import check_and_resolve_fitted
    from sextant.agent.settings import check_settings, make_recipe, settings_from_json
    from sextant.agent.within import read_within
    from sextant.agent.world.maps import list_map_tools
    from sextant.agent.world.mcp_tools import resolve_mcp
    from sextant.agent.world.online import has_pictures
    from sextant.agent.world.toolbox import TOOLS, check_tool_names
    from sextant.app.galleries import choose_gallery
    from sextant.app.options.setting_sources import collect_settings
    from sextant.base.home import Home
    from sextant.base.packages import is_installed
    from sextant.gallery.scenes.features import require_opencv

    own = {name: value for name, value in options.items() if name not in ("config", "overrides")}
    for listed in ("tools", "online"):
        if isinstance(own.get(listed), str):
            own[listed] = [name.strip() for name in own[listed].split(",") if name.strip()]
    given = {**defaults, **collect_settings(own, options.get("config"), options.get("overrides") or ())}
    given.setdefault("model", "offline")
    given["gallery"] = choose_gallery(given.get("gallery"), given.get("home"), needed=given["model"] == "offline")
    given["gazetteer"] = Home.at(given.get("home")).places.exists()
    if given.get("tools") is not None:
        named = {("none",): (), ("all",): TOOLS}
        given["tools"] = list(named.get(tuple(given["tools"]), given["tools"]))
    given["signs"] = True
    if "scenes" not in given:
        given["scenes"] = COMPARED if given["gallery"] and is_installed("cv2") else 0
    elif given["scenes"]:
        require_opencv()
    if "second_look" not in given:
        pictured = given["gallery"] or has_pictures(given.get("online") or ())
        given["second_look"] = LOOKED_AT if pictured else 0
    given["maps"] = list(list_map_tools(given.get("home")))
    if given.get("within") is not None:
        given["within"] = read_within(given["within"])
    settings = check_settings(settings_from_json(given), called)
    check_tool_names(make_recipe(settings).tools)
    if called is None:
        announce_services(settings.online, settings.mcp)
    return resolve_mcp(check_and_resolve_fitted(settings))


def announce_services(online: Sequence[str], mcp: str | None) -> None:
    """Say on stderr what will leave the machine, before anything does.

    Raises:
        WrongUse: a service is unknown, its address may not be asked, or the file of MCP servers is wrong.
    """
    from sextant.agent.world.mcp_tools import describe_servers
    from sextant.agent.world.online import describe_services
    from sextant.app.render.terminal import echo

    for line in [*describe_services(online), *(describe_servers(mcp) if mcp else ())]:
        echo(f"sextant: {line}", err=True)
