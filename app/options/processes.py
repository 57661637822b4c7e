"""The option `--processes` of the commands that run many photos."""

from typing import Any

import click

PROCESSES: dict[str, Any] = {
    "type": click.IntRange(1, 64),
    "metavar": "N",
    "help": "Processes on this machine; 1 needs the least memory.  [default: one per core where it is faster, up to 4]",
}
