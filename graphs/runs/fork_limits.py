"""Fork limits: the settings a visitor of a server may change in a fork, and the largest values.

A visitor's fork uses the server's model, keys, gallery and money. So this is a list of what is allowed: a new setting
is refused until its declaration (``base/settings.py``) allows it with ``visitors``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sextant.agent.llm.spec import split_login
from sextant.agent.settings import Settings, format_option, make_recipe
from sextant.base.errors import WrongUse
from sextant.base.settings import list_options
from sextant.prompts.loading import is_own

# Prompts, retrieval and verification. None of them may name a service, an address, a file or a folder.
ALLOWED_SETTINGS = frozenset(name for name, option in list_options().items() if option.visitors)
ALLOWED_KINDS = ("variant", "prompt", "candidate", "text", "result", "without")  # changes that are not settings
WORDS = ("prompt", "text", "result")  # changes whose value is a text, in which the name of a file is only a word
# The largest values when the server's own settings give none.
DEFAULT_MOST: Mapping[str, float] = {"max_calls": 64, "max_rounds": 6, "max_tool_turns": 8, "samples": 10}
CAPS = ("max_tokens", "max_seconds", "max_usd")  # a limit set by the server cannot be raised or removed
SAME = ("model", "base_url", "gallery", "encoder")  # a live fork must use the services that the server uses now
CONNECTION = ("base_url", "price", "timeout_seconds", "retries", "concurrency", "requests_per_minute", "num_ctx")


@dataclass(frozen=True)
class ForkLimits:
    """Limits of a visitor's fork. ``server`` holds the server's settings."""

    server: Settings

    def check_changes(self, changes: list[str]) -> None:
        """Check that a visitor may make each change (``KEY=VALUE``).

        Raises:
            WrongUse: a key is not on the list, or a value names a file.
        """
        for change in changes:
            key, _, value = (part.strip() for part in change.partition("="))
            head = key.partition(".")[0]
            if key not in ALLOWED_SETTINGS and head not in ALLOWED_KINDS:
                allowed = ", ".join(sorted([*ALLOWED_SETTINGS, *ALLOWED_KINDS]))
                raise WrongUse(f"a visitor cannot change {key[:40]!r}; a visitor can change: {allowed}")
            if value.startswith("@") or (head not in WORDS and any(is_own(part.strip()) for part in value.split(","))):
                raise WrongUse(f"the value of {key[:40]!r} names a file; write the value itself")

    def check_end(self, end: Settings, parent: Settings) -> None:
        """Check that a fork's settings stay within the server's limits.

        Args:
            end: the settings with every change applied.
            parent: the settings of the run that is forked.

        Raises:
            WrongUse: a number is larger than the server allows; the message names both.
        """
        wanted, before, own = make_recipe(end), make_recipe(parent), make_recipe(self.server)
        for name, default in DEFAULT_MOST.items():
            value, given = getattr(wanted, name), getattr(self.server, name)
            most = given if given is not None else max(default, getattr(own, name) or 0)
            if value is not None and value > most and value != getattr(before, name):
                raise _make_limit_error(name, value, most)
        output = wanted.max_output_tokens or end.max_output_tokens
        most_output = max(self.server.max_output_tokens, own.max_output_tokens or 0)
        if output > most_output:
            raise _make_limit_error("max_output_tokens", output, most_output)
        for name in CAPS:
            cap, value = getattr(self.server, name), getattr(end, name)
            if cap is not None and (value is None or value > cap):
                raise _make_limit_error(name, "unlimited" if value is None else value, cap)

    def check_same_services(self, settings: Settings) -> None:
        """Check that a live fork uses the model and gallery that the server uses now.

        Raises:
            WrongUse: the run used others, and the fork would send keys and photos there.
        """
        for name in SAME:
            ours, theirs = _remove_login(getattr(self.server, name)), _remove_login(getattr(settings, name))
            if ours != theirs:
                raise WrongUse(
                    f"this run was made with another {name} than this server has now, so it can only be forked from "
                    "its recording; leave out live, or send the photo again"
                )

    def use_server_connection(self, settings: Settings) -> Settings:
        """Replace the connection settings by the server's."""
        return replace(settings, **{name: getattr(self.server, name) for name in CONNECTION})


def _remove_login(value: str | None) -> str | None:
    """Remove the login from an address, as records do; return any other value unchanged."""
    return split_login(value)[1] if value and "://" in value else value


def _make_limit_error(name: str, value: object, most: object) -> WrongUse:
    return WrongUse(f"{format_option(name)} of {value} is more than this server allows visitors; the limit is {most}")
