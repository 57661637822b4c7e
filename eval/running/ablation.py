"""Run a plan's cells, each an evaluation of its own, and write one table of them."""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from sextant.agent.settings import Settings, make_recipe, settings_from_json
from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.base.errors import SextantError, WrongUse
from sextant.base.json_types import Json
from sextant.eval.benchmarks import Benchmark, choose_photos, load_benchmark
from sextant.eval.reporting.markdown import write_markdown
from sextant.eval.reporting.paper_tables import measure_retrieved, paper_tables, retrieved_tables
from sextant.eval.reporting.summary import summarise
from sextant.eval.reporting.tables import Table
from sextant.eval.results import read_results
from sextant.eval.running.ablation_plan import AblationPlan
from sextant.eval.running.call_cache import CallCache
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.rescore import RescoreSettings, rescore
from sextant.eval.running.runner import EvalTask, Tell, run
from sextant.graphs.batches.configuration import digest
from sextant.graphs.runs.folder import write_bytes, write_json
from sextant.prompts.variants import Variant, load_variant

Begin = Callable[[str, int, int], Tell]
LONGEST_NAME = 150  # of a cell's folder; most disks take 255 bytes


def run_ablation(plan: AblationPlan, out: Path, begin: Begin, stop: threading.Event | None = None) -> list[Json]:
    """Run or rescore every cell into ``out/cells`` and write ``ablation.md`` and ``ablation.json``.

    A cell that is done already is not done again; runs share retrieval and model calls in ``out/calls``.

    Args:
        begin: told a cell's name, number and their count; gives what receives its progress.

    Returns:
        One row a cell: what the table shows of its settings, its name, its figures, and the published ones.

    Raises:
        WrongUse: the plan does not fit what is there.
        SextantError: a cell cannot be run.
    """
    stop = stop or threading.Event()
    cells = plan.cells()
    benchmark = load_benchmark(plan.benchmark or "", plan.data or Path()) if plan.how == "run" else None
    rows: list[Json] = []
    for number, cell in enumerate(cells, 1):
        if stop.is_set():
            break
        name = name_cell(cell.shown)
        tell = begin(cell.row or name, number, len(cells))
        folder = out / "cells" / name
        if benchmark is None:
            _rescore_cell(plan, cell.settings, folder)
        else:
            _run_cell(plan, benchmark, cell.settings, folder, out, tell, stop)
        rows.append({"cell": cell.shown, "name": cell.row or name, **measure_cell(plan, folder)})
    write_table(plan, rows, out)
    return rows


def measure_cell(plan: AblationPlan, folder: Path) -> Json:
    """Measure an evaluation as its plan asks: its figures, and the distances of retrieved photos."""
    found: Json = {"figures": summarise(folder)}
    if plan.measure == "retrieved":
        found["retrieved"] = measure_retrieved(read_results(folder).lines)
    return found


def name_cell(cell: Json) -> str:
    """Return ``references-10,negatives-off,verify-density``: a folder's name."""
    parts = []
    for name, value in cell.items():
        words = {True: "on", False: "off"}.get(value) if isinstance(value, bool) else None
        text = words or ("+".join(map(str, value)) or "none" if isinstance(value, list) else Path(str(value)).name)
        parts.append(f"{name}-{''.join(letter if letter.isalnum() or letter in '+.-_' else '-' for letter in text)}")
    name = ",".join(parts)
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}-{digest(cell)[:8]}"


def _rescore_cell(plan: AblationPlan, cell: Json, folder: Path) -> None:
    source = plan.rescore or Path()
    default = EvaluationFolder(source).header()["configuration"]["recipe"]["verify"]
    how = RescoreSettings(
        verify=cell.get("verify", default), references=cell.get("references"), negatives=cell.get("negatives", True)
    )
    if not (folder / "evaluation.json").exists():
        rescore(source, folder, how)


def _run_cell(
    plan: AblationPlan, benchmark: Benchmark, cell: Json, folder: Path, out: Path, tell: Tell, stop: threading.Event
) -> None:
    settings = apply_cell(plan, cell, out / "prompts")
    photos = choose_photos(benchmark, plan.limit, plan.seed)
    picked = {"limit": plan.limit, "seed": plan.seed if plan.limit else None, "shard": None}
    shared = partial(CallCache, folder=out / "calls", settings=settings)
    ended = run(EvalTask(benchmark, photos, picked, settings, folder), tell, stop, shared)
    if ended.why == "model":
        raise SextantError(
            f"cell {folder.name!r} stopped, the model is unavailable: {ended.reason}; fix this and run the "
            "same command again to resume"
        )


def apply_cell(plan: AblationPlan, cell: Json, prompts: Path) -> Settings:
    """Apply a cell's values to the plan's settings; other counts of references become prompts of their own.

    Raises:
        WrongUse: a value is not valid for its setting.
    """
    direct = {name: value for name, value in cell.items() if name not in ("references", "negatives")}
    settings = settings_from_json({**plan.settings, "seed": plan.seed, **direct})
    if "references" not in cell and "negatives" not in cell:
        return settings
    if settings.model == "offline":
        raise WrongUse(
            "model 'offline' has no prompt to list references in; rescore a run to vary references or negatives"
        )
    chosen_recipe = make_recipe(settings)
    first, later = (
        tuple(_derive_variant(name, cell, prompts) for name in names)
        for names in (chosen_recipe.variants, chosen_recipe.later)
    )
    return replace(settings, variants=first, later=later)


def _derive_variant(name: str, cell: Json, prompts: Path) -> str:
    """Write the prompt with the cell's number of references to a file; with none it does not mention a list."""
    old: Variant = load_variant(name)
    nearest = cell.get("references", old.references.nearest)
    farthest = nearest if cell.get("negatives", old.references.farthest > 0) else 0
    listed = old.references.model_copy(update={"nearest": nearest, "farthest": farthest})
    changes = {"id": f"{old.id}-{nearest}-{farthest}", "references": listed}
    new = old.model_copy(update=changes if nearest else {**changes, "strategy": load_variant("zero-shot").strategy})
    prompts.mkdir(parents=True, exist_ok=True)
    file = prompts / f"{new.id}.yaml"
    write_bytes(file, yaml.safe_dump(new.model_dump(mode="json"), sort_keys=False, allow_unicode=True).encode())
    return str(file.resolve())


def write_table(plan: AblationPlan, rows: list[Json], out: Path) -> None:
    """Write the tables as Markdown and as JSON."""
    if not rows:
        return
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "ablation.json", rows)
    write_bytes(out / "ablation.md", ablation_text(plan, rows).encode("utf-8", "backslashreplace"))


def ablation_text(plan: AblationPlan, rows: list[Json]) -> str:
    """Write an ablation as Markdown: what the paper printed beside ours, then all our figures."""
    beside = paper_tables(plan.paper, plan.measure, plan.benchmark, rows) if plan.paper else []
    retrieved = retrieved_tables(rows) if plan.measure == "retrieved" and not plan.paper else []
    about = [" ".join(plan.about.split())] if plan.about else []
    return write_markdown("Ablation", about, [*beside, *retrieved, make_ablation_table(rows)])


def make_ablation_table(rows: list[Json]) -> Table:
    """Make a row per cell: its values, accuracy with intervals, median, calls."""
    dimensions = tuple(rows[0]["cell"])
    head = (*dimensions, *(f"< {name} km" for name in RADIUS_NAMES), "median, km", "calls a photo", "photos")
    cells = [
        (
            *(_format_value(row["cell"][name]) for name in dimensions),
            *(_format_share(row["figures"]["accuracy"][name]) for name in RADIUS_NAMES),
            "none" if row["figures"]["median_km"] is None else f"{row['figures']['median_km']:,.0f}",
            f"{row['figures']['per_photo']['calls'] or 0:.1f}",
            f"{row['figures']['done']:,}",
        )
        for row in rows
    ]
    note = "Accuracy in percent of all photos; in brackets the 95 % interval, photographers resampled."
    return Table("Accuracy by cell", head, tuple(cells), note)


def _format_value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _format_share(cell: Json) -> str:
    if cell["share"] is None:
        return ""
    return f"{cell['share'] * 100:.2f} ({cell['low'] * 100:.1f}–{cell['high'] * 100:.1f})"
