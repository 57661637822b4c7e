"""The report of one or several evaluations, as plain data."""

import json
from collections.abc import Sequence
from pathlib import Path

from sextant.base.json_types import Json
from sextant.eval.reporting.caveats import list_caveats
from sextant.eval.reporting.document import Card, Figure, Report
from sextant.eval.reporting.markdown import markdown
from sextant.eval.reporting.plots import colour_of, cost_curve, coverage, error_curve, reliability
from sextant.eval.reporting.summary import figures
from sextant.eval.reporting.tables import (
    Table,
    accuracy_table,
    breakdown_tables,
    case_tables,
    errors_table,
    hygiene_table,
    trust_table,
)
from sextant.eval.reporting.world_map import error_map, legend
from sextant.eval.results import Results, read_results


def evaluation_report(folders: Sequence[Path], beside: Path) -> tuple[Report, list[Json]]:
    """Return the report of evaluations, and the figures in it, run by run.

    Args:
        folders: evaluations, which become the columns and colours of one report.
        beside: the folder it will lie in, that links start from.

    Raises:
        EvaluationError: a folder holds no evaluation.
    """
    runs = [read_results(folder) for folder in folders]
    found = [figures(run) for run in runs]
    told = list_caveats(runs, found)
    first = [accuracy_table(found)]
    rest = [errors_table(found), trust_table(found), hygiene_table(found)]
    rest += [table for run, one in zip(runs, found, strict=True) for table in _tables_of(run, one, beside)]
    title, subtitle = title_of(found), subtitle_of(runs, found)
    settings = json.dumps({run.name: _shown_header(run) for run in runs}, indent=2, ensure_ascii=False)
    text = markdown(title, told, [*first, *rest])
    return Report(title, subtitle, cards_of(found[0]), told, first, plots_of(runs), rest, settings, text), found


def title_of(found: Sequence[Json]) -> str:
    """``im2gps3k: offline`` or ``im2gps3k: 2 runs``."""
    benchmarks = ", ".join(dict.fromkeys(run["benchmark"] for run in found))
    return f"{benchmarks}: {found[0]['model'] if len(found) == 1 else f'{len(found)} runs'}"


def subtitle_of(runs: Sequence[Results], found: Sequence[Json]) -> str:
    """Photos, protocol, when, and by which commit."""
    first = runs[0].header
    commit = f", commit {first['commit'][:10]}" if first.get("commit") else ""
    protocols = "; ".join(dict.fromkeys(run["protocol"] for run in found))
    photos = ", ".join(dict.fromkeys(f"{run['done']:,} photos" for run in found))
    return f"{photos}, {protocols}. Evaluated {first['created'][:10]} with sextant {_version(first)}{commit}."


def cards_of(run: Json) -> list[Card]:
    """Make the numbers at the top, of the first run."""
    shares = [Card(f"{run['accuracy'][name]['share'] or 0:.1%}", f"within {name} km") for name in ("1", "25", "200")]
    median = "none" if run["median_km"] is None else f"{run['median_km']:,.0f} km"
    answered = run["outcomes"]["answered"] / max(1, run["done"])
    calls = "unknown" if run["per_photo"]["calls"] is None else f"{run['per_photo']['calls']:.1f}"
    return [*shares, Card(median, "median error"), Card(f"{answered:.1%}", "answered"), Card(calls, "calls a photo")]


def plots_of(runs: Sequence[Results]) -> list[Figure]:
    """Four plots and a map for each run."""
    keys = tuple((colour_of(number), run.name) for number, run in enumerate(runs))
    four = [
        Figure("Errors", error_curve(runs), "Photos without an answer never enter the curve.", keys),
        Figure(
            "Reliability", reliability(runs), "On the dashed line, what is stated at 70 % happens in 70 of 100.", keys
        ),
        Figure("Coverage", coverage(runs), "Bars are 95 % intervals, photographers resampled.", keys),
        Figure("Cost", cost_curve(runs), "Correct answers against model calls per photo.", keys),
    ]
    words = "Each dot is a photo at its true place; point at one to read its name and error."
    maps = [Figure(f"Where {run.name} errs", error_map(run.lines), words, tuple(legend()), wide=True) for run in runs]
    return four + maps


def _tables_of(run: Results, found: Json, out: Path) -> list[Table]:
    return [*breakdown_tables(found), *case_tables(run, out.resolve())]


def _shown_header(run: Results) -> Json:
    """Return the header without what the report shows elsewhere."""
    return {name: value for name, value in run.header.items() if name not in ("notes", "format")}


def _version(header: Json) -> str:
    return str(header.get("versions", {}).get("sextant-geo", "?"))
