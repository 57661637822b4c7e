"""Options that say how a source of photos is read; galleries and alignments are both made from one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def source_options(command: Command) -> Command:
    """Its table, which of its rows count, the processes that decode, and what is printed meanwhile."""
    options = [
        click.option("--metadata", type=click.Path(path_type=Path), help="CSV with image, latitude and longitude."),
        click.option("--swapped/--not-swapped", default=None, help="LAT and LON headers exchanged.  [default: detect]"),
        click.option("--country-known", is_flag=True, help="Leave out rows whose table names no country."),
        click.option("--workers", type=click.IntRange(0), help="Decode processes; 0 for none.  [default: by cores]"),
        click.option("--quiet", is_flag=True, help="No progress on stderr."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
    ]
    for option in reversed(options):
        command = option(command)
    return command
