"""A paper's table beside ours: accuracy by radius, or the distances of the photos that were retrieved."""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import numpy as np

from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.base.documents.record import EvaluationRecord
from sextant.base.json_types import Json
from sextant.eval.reporting.tables import Table
from sextant.gallery.search.retrieved_distances import COUNTS, STATISTICS, summarise_retrieved
from sextant.geo.sphere import compute_geodesic_km

Measure = Literal["accuracy", "retrieved"]


class PublishedTable(Protocol):
    """A published table: percent or kilometres by benchmark and row, and where it was printed."""

    source: str
    table: dict[str, dict[str, list[float | None]]]


def measure_retrieved(lines: Iterable[EvaluationRecord]) -> Json:
    """Measure how far from the truth an evaluation's retrieved photos lie; photos with fewer than 15 are left out.

    Returns:
        ``photos``, and for each count of ``COUNTS`` the averages of `summarise_retrieved` in kilometres.
    """
    distances = []
    for line in lines:
        nearest = [one for one in line["candidates"] if one["origin"] == "nearest"]
        places = [(one["latitude"], one["longitude"]) for one in sorted(nearest, key=lambda one: one["rank"])]
        if len(places) >= max(COUNTS):
            truth = np.array([line["latitude"], line["longitude"]])
            distances.append(compute_geodesic_km(truth[None, :], np.array(places[: max(COUNTS)])))
    return {"photos": len(distances), **summarise_retrieved(np.array(distances))}


def paper_tables(paper: PublishedTable, measure: Measure, benchmark: str | None, rows: Sequence[Json]) -> list[Table]:
    """Make the tables that print the paper's figures beside ours.

    Args:
        benchmark: the one that ran; where the paper has no table of it, the paper's first is shown.
        rows: of the ablation, by ``name``.
    """
    shown = benchmark if benchmark in paper.table else next(iter(paper.table))
    published = paper.table[shown]
    note = f"Published: {paper.source}, on {shown}; empty where no figure was published or read."
    if shown != benchmark:
        note += f" Ours is on other photos ({benchmark}), so the columns cannot be compared."
    if measure == "accuracy":
        ours = [[row["figures"]["accuracy"][name]["share"] for name in RADIUS_NAMES] for row in rows]
        cells = [["" if share is None else f"{share * 100:.2f}" for share in line] for line in ours]
        head = tuple(name for radius in RADIUS_NAMES for name in (f"< {radius} km", "paper"))
        title = "Accuracy beside the paper, percent"
        return [Table(title, ("row", *head), _beside(rows, cells, published, 0, 2), note)]
    return [
        Table(
            f"Top {count}: kilometres to the retrieved photos beside the paper",
            ("row", *(name for statistic in STATISTICS for name in (statistic, "paper"))),
            _beside(rows, _distances(rows, count), published, number * len(STATISTICS), 1),
            note,
        )
        for number, count in enumerate(COUNTS)
    ]


def retrieved_tables(rows: Sequence[Json]) -> list[Table]:
    """Make the tables of retrieved distances of a plan without a paper."""
    return [
        Table(
            f"Top {count}: kilometres to the retrieved photos",
            ("row", *STATISTICS),
            tuple((row["name"], *cells) for row, cells in zip(rows, _distances(rows, count), strict=True)),
        )
        for count in COUNTS
    ]


def _distances(rows: Sequence[Json], count: int) -> list[list[str]]:
    found = [row["retrieved"][str(count)] for row in rows]
    return [[f"{one[name]:,.1f}" if one else "" for name in STATISTICS] for one in found]


def _beside(
    rows: Sequence[Json], ours: list[list[str]], published: dict[str, list[float | None]], start: int, digits: int
) -> tuple[tuple[str, ...], ...]:
    """Return the interleave our cells with the paper's, which begin at ``start`` in each published row."""
    table = []
    for row, cells in zip(rows, ours, strict=True):
        printed = published.get(row["name"], [])[start : start + len(cells)]
        theirs = ["" if value is None else f"{value:,.{digits}f}" for value in printed] or [""] * len(cells)
        table.append((row["name"], *(cell for pair in zip(cells, theirs, strict=True) for cell in pair)))
    return tuple(table)
