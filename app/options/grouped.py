"""Commands whose help groups the options, with those that matter first; and groups that suggest a mistyped command."""

from difflib import get_close_matches
from typing import Any

import click

from sextant.base.settings import Group

FIRST = "Options that matter first"
_WHOLE = 1000  # characters


class GroupedOption(click.Option):
    """An option with the heading it stands under in help.

    Args:
        group: a heading.
        first: it also stands among the options that matter first.
    """

    def __init__(self, *args: Any, group: Group = Group.OUTPUT, first: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.group, self.first = group, first


class GroupedCommand(click.Command):
    """A command whose help shows options under headings; an option without one is about output."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {FIRST: [], **{group.value: [] for group in Group}}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None or isinstance(parameter, click.Argument):
                continue
            first = getattr(parameter, "first", False)
            sections[FIRST if first else getattr(parameter, "group", Group.OUTPUT)].append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


class SuggestingGroup(click.Group):
    """A group that suggests the command a mistyped name resembles, and lists each with its whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; click cuts their sentences off where they would need a second line."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(_WHOLE)) for name, one in commands if one is not None])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name.startswith("-") or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        near = get_close_matches(name, self.list_commands(ctx), 1, 0.5)
        meant = f"did you mean {near[0]!r}?" if near else f"see: {ctx.command_path} --help"
        raise click.UsageError(f"no such command {name!r}; {meant}", ctx)
