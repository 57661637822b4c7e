"""Options that chat and serve share: the precision of shown places, and where sessions are stored."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from sextant.app.options.grouped import GroupedOption
from sextant.base.settings import Group

Command = TypeVar("Command", bound=Callable[..., Any])


def add_session_options(command: Command) -> Command:
    """Add --precision, --policy, --database and --session-calls."""
    options = [
        click.option(
            "--precision",
            type=click.Choice(["country", "region", "city", "street"]),
            cls=GroupedOption,
            group=Group.PRIVACY,
            help="Never show a place more precisely than this.",
        ),
        click.option(
            "--policy",
            "policy_file",
            metavar="FILE",
            cls=GroupedOption,
            group=Group.PRIVACY,
            help="YAML file with precision, reason and countries (code: cap).",
        ),
        click.option(
            "--database", metavar="URL", help="postgresql://… to store sessions and checkpoints.  [default: SQLite]"
        ),
        click.option(
            "--session-calls", type=int, default=500, show_default=True, help="Maximum model calls per session."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def make_chat_context(options: dict[str, Any], *, open_gallery: bool = True, **defaults: Any) -> Any:
    """Make a ChatContext from parsed options; take the session options out and leave the run's to ``make_settings``.

    Args:
        options: as the command line gives them.
        open_gallery: whether the gallery is opened now, or only looked for.
        defaults: of this command, where they are not the settings' own.

    Raises:
        SextantError: a value, the gallery or the model's address is invalid.
    """
    from sextant.agent.privacy.precision import load_policy
    from sextant.agent.world.live import get_backend
    from sextant.app.options.common import make_settings
    from sextant.base.errors import WrongUse
    from sextant.graphs.chat import ChatContext
    from sextant.graphs.sessions.checkpoints import DATABASE

    own = {name: options.pop(name) for name in ("precision", "policy_file", "database", "session_calls")}
    if own["session_calls"] < 1:
        raise WrongUse(f"invalid --session-calls {own['session_calls']!r}: it must be at least 1")
    if own["database"]:
        os.environ[DATABASE] = own["database"]
    policy = load_policy(own["precision"], own["policy_file"])
    settings = make_settings(options, **defaults)
    get_backend(settings).check_reachable(open_gallery=open_gallery)
    return ChatContext(settings=settings, policy=policy, max_calls=own["session_calls"])
