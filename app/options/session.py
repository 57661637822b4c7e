"""Options that chat and serve share: how finely places are said, where sessions are kept."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def session_options(command: Command) -> Command:
    """--precision, --policy, --database, --session-calls."""
    options = [
        click.option(
            "--precision",
            type=click.Choice(["country", "region", "city", "street"]),
            help="Say no place more finely than this, anywhere.",
        ),
        click.option("--policy", "policy_file", metavar="FILE", help="YAML: precision, reason, countries (code: cap)."),
        click.option(
            "--database", metavar="URL", help="postgresql://… for sessions and checkpoints.  [default: SQLite]"
        ),
        click.option(
            "--session-calls", type=int, default=500, show_default=True, help="Most model calls of a session."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def desk_of(options: dict[str, Any]) -> Any:
    """The Desk of parsed options; takes the session options out and leaves the run's to ``settings_of``.

    Raises:
        SextantError: a value is no good, or the gallery or the model's address is none: better now than at a photo.
    """
    from sextant.agent.privacy.precision import load_policy
    from sextant.agent.world.live import get_backend
    from sextant.app.options.common import settings_of
    from sextant.base.errors import WrongUse
    from sextant.graphs.chat import ChatContext
    from sextant.graphs.sessions.checkpoints import DATABASE

    own = {name: options.pop(name) for name in ("precision", "policy_file", "database", "session_calls")}
    if own["session_calls"] < 1:
        raise WrongUse(f"--session-calls is {own['session_calls']!r}; it must be at least 1")
    if own["database"]:
        os.environ[DATABASE] = own["database"]
    policy = load_policy(own["precision"], own["policy_file"])
    settings = settings_of(options)
    get_backend(settings).check_reachable()
    return ChatContext(settings=settings, policy=policy, max_calls=own["session_calls"])
