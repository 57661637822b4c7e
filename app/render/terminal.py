"""Print for commands, without the control characters that could steer a terminal.

``echo`` prints text, ``echo_json`` a document, ``align_columns`` makes aligned lines;
``sextant.app.render.screen`` has the console for rich output. Commands import this
module at the top, so it imports nothing heavy.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from sextant.app.render.loading import end_loading
from sextant.base.printable import escape_controls, make_printable

WIDTH = 110  # characters of a line of somebody's words; --full shows them whole
_UNBOUNDED = 10_000  # columns: a table's lines are never folded, a terminal or a pager does that


def echo(text: object = "", *, err: bool = False) -> None:
    """Print a text and a line end; ``err`` prints to stderr."""
    end_loading()
    click.echo(make_printable(str(text)), err=err)


def echo_json(document: Any, indent: int | None = None) -> None:
    """Print exactly one JSON document. Its strings keep their value; controls in them are escaped."""
    end_loading()
    click.echo(escape_controls(json.dumps(document, ensure_ascii=False, indent=indent)))


def shorten_line(text: str, width: int = WIDTH) -> str:
    """Return somebody's words on one line of at most ``width`` characters."""
    plain = " ".join(make_printable(text).split())
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"


def shorten_path(path: str, width: int) -> str:
    """Return a path on one line of at most ``width`` characters; what is left out is its beginning."""
    plain = " ".join(make_printable(path).split())
    return plain if len(plain) <= width else f"…{plain[1 - width :]}"


def align_columns(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return lines with aligned columns, whatever the width of their letters; the last column is not padded."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(*head, box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(head))
    for row in rows:
        grid.add_row(*(Text(make_printable(cell), no_wrap=True) for cell in row))
    console = Console(width=_UNBOUNDED, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(grid)
    return [line.rstrip() for line in captured.get().splitlines()]
