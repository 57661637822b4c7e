"""`sextant.evaluate`: a benchmark through the graph, photo by photo, resumable."""

import warnings
from dataclasses import dataclass, replace
from functools import partial
from os import fspath
from pathlib import Path
from typing import Any

from sextant.app.api.gallery import Gallery
from sextant.app.api.options import check_processes, collect_options
from sextant.app.api.photo_path import PhotoPath
from sextant.app.api.running import OnEvent, ignore, run_stoppable
from sextant.app.options.common import make_settings
from sextant.base.errors import SextantWarning
from sextant.base.json_types import Json
from sextant.base.printable import leave
from sextant.eval.benchmarks import choose_photos, load_benchmark
from sextant.eval.reporting.summary import format_summary, summarise
from sextant.eval.running.call_cache import CallCache
from sextant.eval.running.progress import Counts
from sextant.eval.running.runner import EvalTask, run
from sextant.graphs.batches.order import leave_world
from sextant.graphs.batches.session import SessionEnd


@dataclass(frozen=True, repr=False)
class Evaluation:
    """An evaluation on disk and its figures.

    Attributes:
        out: its folder, for `sextant eval report` and `sextant eval compare`.
        ended: ``done``; ``money`` or ``model`` where the limit or a dead server ended it early.
        figures: every figure, as `sextant eval run --json` prints them.
    """

    out: Path
    ended: str
    figures: Json

    def __repr__(self) -> str:
        """Return the figures as text."""
        return format_summary(self.figures)


def evaluate(
    benchmark: str,
    *,
    data: PhotoPath,
    out: PhotoPath,
    model: str | None = None,
    gallery: PhotoPath | Gallery | None = None,
    preset: str | None = None,
    max_usd: float | None = None,
    home: PhotoPath | None = None,
    limit: int | None = None,
    shard: tuple[int, int] | None = None,
    retry_errors: bool = False,
    calls: PhotoPath | None = None,
    processes: int | None = None,
    on_event: OnEvent = ignore,
    **settings: Any,
) -> Evaluation:
    """Evaluate a benchmark. The same call resumes an evaluation that was stopped.

    >>> sextant.evaluate("im2gps3k", data="im2gps3k", gallery=gallery, exclude_author=True, out="runs/a")

    Args:
        benchmark: im2gps, im2gps3k, yfcc4k, yfcc26k, osv5m-test, or folder (photos and a table).
        data: the folder of the benchmark; nothing is downloaded.
        out: the folder of the evaluation.
        max_usd: the money of the whole evaluation; other limits apply to each photo.
        limit: evaluate a random sample of this many photos (see ``seed``).
        shard: part I of N, for several machines.
        retry_errors: evaluate only the photos that failed before.
        calls: cache model and tool calls in this folder and reuse them.
        processes: on this machine, this one among them; None uses one per core where it is faster, up to 4.
        on_event: receives ``{"step": "evaluate", "done", "total", "failed"}`` after each photo.
        settings: any other setting by its name; model, gallery, preset and home as of `sextant.locate`.

    Raises:
        WrongUse: a setting is unknown, or ``out`` holds an evaluation with another configuration.
        SextantError: the data, the gallery or the model cannot be used, or another process works on ``out``.
    """
    chosen = make_settings(collect_options(model, gallery, preset, None, home, settings), called=str)
    loaded = load_benchmark(benchmark, Path(data))
    for note in loaded.notes:
        warnings.warn(note, SextantWarning, stacklevel=2)
    picked = {
        "limit": limit,
        "seed": chosen.seed if limit else None,
        "shard": f"{shard[0]}/{shard[1]}" if shard else None,
    }
    photos = choose_photos(loaded, limit, chosen.seed, shard)
    limit_usd = chosen.max_usd if max_usd is None else max_usd
    task = EvalTask(
        *(loaded, photos, picked, replace(chosen, max_usd=None), Path(out), limit_usd, retry_errors),
        processes=check_processes(processes),
    )

    def tell(counts: Counts) -> None:
        on_event({"step": "evaluate", "done": counts.done, "total": counts.total, "failed": counts.failed})

    cached = leave_world if calls is None else partial(CallCache, folder=Path(fspath(calls)), settings=chosen)
    ended = run_stoppable(lambda stop: run(task, tell, stop, cached))
    for note in (*ended.notes, *_explain_end(ended)):
        warnings.warn(note, SextantWarning, stacklevel=2)
    return Evaluation(task.out, ended.why, summarise(task.out))


def _explain_end(ended: SessionEnd[Counts]) -> list[str]:
    """Say why an evaluation ended early and what to do."""
    left = ended.counts.total - ended.counts.done
    if ended.why == "model":
        return [f"the model is unavailable ({ended.reason}); {leave(left, 'photo')}: mend it and call again"]
    if ended.why == "money":
        return [f"the limit of max_usd is reached; {leave(left, 'photo')}: call again with a higher limit"]
    failed = ended.counts.failed
    return [f"photos that failed: {failed:,}; call again with retry_errors=True"] if failed else []
