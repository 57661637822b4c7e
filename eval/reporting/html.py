"""A report as one HTML file that needs nothing else: styles, plots and map inside, no script, no request."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from urllib.parse import quote

from sextant.eval.reporting.tables import Cell, Link, Table

# Nothing may be fetched, whatever a file name in a table tries.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

ICON = quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#1769aa"/>'
    '<path d="M8 2l2 6-2 6-2-6z" fill="#fff"/></svg>'
)


@dataclass(frozen=True)
class Figure:
    """A plot or a map with its caption; ``legend`` holds (class or colour, words)."""

    title: str
    svg: str
    caption: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    wide: bool = False


@dataclass(frozen=True)
class Card:
    """One number at the top."""

    value: str
    words: str


def page(
    title: str,
    subtitle: str,
    cards: Sequence[Card],
    caveats: Sequence[str],
    first: Sequence[Table],
    figures: Sequence[Figure],
    then: Sequence[Table],
    settings: str,
) -> str:
    """The whole document."""
    style = (files("sextant.eval.reporting") / "data" / "report.css").read_text(encoding="utf-8")
    body = [
        f"<header><p class='brand'>sextant</p><h1>{escape(title)}</h1><p class='sub'>{escape(subtitle)}</p></header>",
        f"<section class='cards'>{''.join(map(_card, cards))}</section>",
        _caveats(caveats),
        *map(_table, first),
        f"<section class='figures'>{''.join(map(_figure, figures))}</section>",
        *map(_table, then),
        f"<details><summary>Configuration</summary><pre>{escape(settings)}</pre></details>",
    ]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:image/svg+xml,{ICON}">'
        f"<title>{escape(title)}</title><style>{style}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>{"".join(body)}</main></body></html>\n'


def _card(card: Card) -> str:
    return f"<div class='card'><b>{escape(card.value)}</b><span>{escape(card.words)}</span></div>"


def _caveats(caveats: Sequence[str]) -> str:
    if not caveats:
        return ""
    items = "".join(f"<li>{escape(words)}</li>" for words in caveats)
    return f"<section class='caveats'><h2>Before you compare</h2><ul>{items}</ul></section>"


def _figure(figure: Figure) -> str:
    keys = "".join(f"<span class='key'>{_swatch(sign)}{escape(words)}</span>" for sign, words in figure.legend)
    legend = f"<p class='legend'>{keys}</p>" if keys else ""
    caption = f"<p class='note'>{escape(figure.caption)}</p>" if figure.caption else ""
    kind = "wide" if figure.wide else "half"
    return f"<figure class='{kind}'><h3>{escape(figure.title)}</h3>{legend}{figure.svg}{caption}</figure>"


def _swatch(sign: str) -> str:
    """A colour (``var(--c1)``) or one of the map's classes."""
    return f"<i style='background:{sign}'></i>" if sign.startswith("var(") else f"<i class='{sign}'></i>"


def _table(table: Table) -> str:
    left = ["class='words'" if column < table.words else "" for column in range(len(table.head))]
    head = "".join(f"<th {kind}>{escape(cell)}</th>" for kind, cell in zip(left, table.head, strict=True))
    rows = []
    for number, row in enumerate(table.rows):
        mark = " class='ours'" if number in table.marked else ""
        cells = "".join(f"<td {kind}>{_cell(cell)}</td>" for kind, cell in zip(left, row, strict=True))
        rows.append(f"<tr{mark}>{cells}</tr>")
    note = f"<p class='note'>{escape(table.note)}</p>" if table.note else ""
    grid = f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    return f"<section><h2>{escape(table.title)}</h2>{grid}{note}</section>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Link):
        return f'<a href="{quote(cell.to)}">{escape(cell.text)}</a>'
    return escape(cell)
