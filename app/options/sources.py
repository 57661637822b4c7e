"""Options for reading a source of photos, shared by galleries and alignments."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def add_source_options(command: Command) -> Command:
    """Add the options for a source's table, its rows, the decoding processes and the output."""
    options = [
        click.option("--metadata", type=click.Path(path_type=Path), help="CSV with image, latitude and longitude."),
        click.option(
            "--swapped/--not-swapped",
            default=None,
            help="Whether the LAT and LON columns are swapped.  [default: detect]",
        ),
        click.option("--country-known", is_flag=True, help="Skip rows without a country."),
        click.option(
            "--workers", type=click.IntRange(0), help="Decoding processes (0: in-process).  [default: one per core]"
        ),
        click.option("--quiet", is_flag=True, help="Show no progress on stderr."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
    ]
    for option in reversed(options):
        command = option(command)
    return command
