"""The report document: text, numbers, tables, figures. ``app/render/report_html.py`` renders it."""

from dataclasses import dataclass

from sextant.eval.reporting.tables import Table


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


@dataclass(frozen=True)
class Report:
    """Everything a report shows, in its order; ``markdown`` is the same as text, without figures."""

    title: str
    subtitle: str
    cards: list[Card]
    caveats: list[str]
    first: list[Table]
    figures: list[Figure]
    rest: list[Table]
    settings: str
    markdown: str
