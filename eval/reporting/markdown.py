"""A report as Markdown."""

from collections.abc import Sequence

from sextant.base.printable import printable
from sextant.eval.reporting.tables import Cell, Link, Table


def markdown(title: str, caveats: Sequence[str], tables: Sequence[Table]) -> str:
    """Title, caveats, tables."""
    parts = [f"# {plain(title)}", "\n".join(f"- {plain(words)}" for words in caveats)]
    for table in tables:
        parts.append(f"## {plain(table.title)}")
        lines = [_line(table.head), "|" + "---|" * len(table.head), *(_line(row) for row in table.rows)]
        parts.append("\n".join(lines))
        if table.note:
            parts.append(plain(table.note))
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """Text that Markdown shows as it is: file names and captions are no markup."""
    escaped = "".join(f"\\{letter}" if letter in r"\`*_[]<>|#" else letter for letter in printable(text))
    return " ".join(escaped.split())


def _line(cells: Sequence[Cell]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Link):
        return f"[{plain(cell.text)}](<{cell.to.replace('<', '%3C').replace('>', '%3E')}>)"
    return plain(cell)
