"""Make the report of one or several evaluations, as a plain document."""

import json
from collections.abc import Sequence
from pathlib import Path

from sextant.base.json_types import Json
from sextant.base.printable import pluralise
from sextant.eval.reporting.caveats import list_caveats
from sextant.eval.reporting.document import Card, Figure, Report
from sextant.eval.reporting.markdown import write_markdown
from sextant.eval.reporting.plots import choose_colour, plot_cost, plot_coverage, plot_errors, plot_reliability
from sextant.eval.reporting.summary import compute_figures
from sextant.eval.reporting.tables import (
    Table,
    make_accuracy_table,
    make_breakdown_tables,
    make_case_tables,
    make_errors_table,
    make_hygiene_table,
    make_trust_table,
)
from sextant.eval.reporting.world_map import draw_error_map, list_legend
from sextant.eval.results import Results, read_results


def make_evaluation_report(folders: Sequence[Path], beside: Path) -> tuple[Report, list[Json]]:
    """Return the report of evaluations, and the figures in it, run by run.

    Args:
        folders: evaluations, which become the columns and colours of one report.
        beside: the folder it will lie in, that links start from.

    Raises:
        EvaluationError: a folder holds no evaluation.
    """
    runs = [read_results(folder) for folder in folders]
    found = [compute_figures(run) for run in runs]
    caveats = list_caveats(runs, found)
    first = [make_accuracy_table(found)]
    rest = [make_errors_table(found), make_trust_table(found), make_hygiene_table(found)]
    rest += [table for run, one in zip(runs, found, strict=True) for table in _make_tables(run, one, beside)]
    title, subtitle = make_title(found), make_subtitle(runs, found)
    settings = json.dumps({run.name: _select_header(run) for run in runs}, indent=2, ensure_ascii=False)
    text = write_markdown(title, caveats, [*first, *rest])
    return Report(title, subtitle, make_cards(found[0]), caveats, first, draw_plots(runs), rest, settings, text), found


def make_title(found: Sequence[Json]) -> str:
    """Write ``im2gps3k: offline`` or ``im2gps3k: 2 runs``."""
    benchmarks = ", ".join(dict.fromkeys(run["benchmark"] for run in found))
    return f"{benchmarks}: {found[0]['model'] if len(found) == 1 else f'{len(found)} runs'}"


def make_subtitle(runs: Sequence[Results], found: Sequence[Json]) -> str:
    """Return photos, protocol, when, and by which commit."""
    first = runs[0].header
    commit = f", commit {first['commit'][:10]}" if first.get("commit") else ""
    protocols = "; ".join(dict.fromkeys(run["protocol"] for run in found))
    photos = ", ".join(dict.fromkeys(f"{pluralise(run['done'], 'photo')}" for run in found))
    return f"{photos}, {protocols}. Evaluated {first['created'][:10]} with sextant {_format_version(first)}{commit}."


def make_cards(run: Json) -> list[Card]:
    """Make the numbers at the top, of the first run."""
    shares = [Card(f"{run['accuracy'][name]['share'] or 0:.1%}", f"within {name} km") for name in ("1", "25", "200")]
    median = "none" if run["median_km"] is None else f"{run['median_km']:,.0f} km"
    answered = run["outcomes"]["answered"] / max(1, run["done"])
    calls = "unknown" if run["per_photo"]["calls"] is None else f"{run['per_photo']['calls']:.1f}"
    return [*shares, Card(median, "median error"), Card(f"{answered:.1%}", "answered"), Card(calls, "calls a photo")]


def draw_plots(runs: Sequence[Results]) -> list[Figure]:
    """Draw four plots and a map for each run."""
    keys = tuple((choose_colour(number), run.name) for number, run in enumerate(runs))
    four = [
        Figure("Errors", plot_errors(runs), "Photos without an answer are not in the curve.", keys),
        Figure(
            "Reliability",
            plot_reliability(runs),
            "On the dashed line, 70 of 100 answers stated at 70 % are right.",
            keys,
        ),
        Figure("Coverage", plot_coverage(runs), "Bars are 95 % intervals, photographers resampled.", keys),
        Figure("Cost", plot_cost(runs), "Correct answers against model calls per photo.", keys),
    ]
    words = "Each dot is a photo at its true place; hover over a dot to read its name and error."
    maps = [
        Figure(f"Errors of {run.name}", draw_error_map(run.lines), words, tuple(list_legend()), wide=True)
        for run in runs
    ]
    return four + maps


def _make_tables(run: Results, found: Json, out: Path) -> list[Table]:
    return [*make_breakdown_tables(found), *make_case_tables(run, out.resolve())]


def _select_header(run: Results) -> Json:
    """Return the header without what the report shows elsewhere."""
    return {name: value for name, value in run.header.items() if name not in ("notes", "format")}


def _format_version(header: Json) -> str:
    return str(header.get("versions", {}).get("sextant-geo", "?"))
