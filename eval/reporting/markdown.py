"""Write a report as Markdown."""

from collections.abc import Sequence

from sextant.base.printable import make_printable
from sextant.eval.reporting.tables import Cell, Link, Table, Thumbnail


def write_markdown(title: str, caveats: Sequence[str], tables: Sequence[Table]) -> str:
    """Title, caveats, tables."""
    parts = [f"# {escape_markup(title)}", "\n".join(f"- {escape_markup(words)}" for words in caveats)]
    for table in tables:
        parts.append(f"## {escape_markup(table.title)}")
        lines = [_join_cells(table.head), "|" + "---|" * len(table.head), *(_join_cells(row) for row in table.rows)]
        parts.append("\n".join(lines))
        if table.note:
            parts.append(escape_markup(table.note))
    return "\n\n".join(part for part in parts if part) + "\n"


def escape_markup(text: str) -> str:
    """Return the escape text so that Markdown shows it literally: file names and captions are not markup."""
    escaped = "".join(f"\\{letter}" if letter in r"\`*_[]<>|#" else letter for letter in make_printable(text))
    return " ".join(escaped.split())


def _join_cells(cells: Sequence[Cell]) -> str:
    return "| " + " | ".join(_format_cell(cell) for cell in cells) + " |"


def _format_cell(cell: Cell) -> str:
    if isinstance(cell, Link):
        return f"[{escape_markup(cell.text)}](<{cell.to.replace('<', '%3C').replace('>', '%3E')}>)"
    return escape_markup(cell.text if isinstance(cell, Thumbnail) else cell)
