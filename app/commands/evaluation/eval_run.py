"""`sextant eval run`: evaluate a benchmark photo by photo, resumable."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.app.options.common import add_run_options, make_settings
from sextant.app.options.grouped import GroupedCommand
from sextant.app.options.processes import PROCESSES
from sextant.app.render.terminal import echo, echo_json
from sextant.base.printable import leave

if TYPE_CHECKING:
    from sextant.eval.running.progress import Counts
    from sextant.eval.running.runner import EvalTask
    from sextant.graphs.batches.session import SessionEnd


FINISHING = "finishing the photos in flight; press Ctrl-C again to abandon them"


@click.command("run", cls=GroupedCommand, short_help="Evaluate a benchmark, photo by photo; the same command resumes.")
@click.argument("benchmark")
@click.option("--data", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder of the benchmark.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="Folder of the run.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Evaluate a random sample of N photos (see --seed).")
@click.option("--shard", metavar="I/N", help="Evaluate part I of N, for several machines; see: sextant eval merge.")
@click.option("--retry-errors", is_flag=True, help="Evaluate only the photos that failed before.")
@click.option(
    "--calls", type=click.Path(path_type=Path), metavar="DIR", help="Cache model and tool calls in DIR and reuse them."
)
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", help="Run on this machine or on a Ray cluster."
)
@click.option("--processes", **PROCESSES)
@add_run_options
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON document.")
@click.option("--quiet", is_flag=True, help="Show no progress on stderr.")
def command(
    benchmark: str,
    data: Path,
    out: Path,
    limit: int | None,
    shard: str | None,
    retry_errors: bool,
    calls: Path | None,
    engine: str,
    processes: int | None,
    as_json: bool,
    quiet: bool,
    max_usd: float | None,
    **options: Any,
) -> int:
    """Evaluate BENCHMARK: im2gps, im2gps3k, yfcc4k, yfcc26k, osv5m-test, or folder (photos and a table).

    The data is read from --data; nothing is downloaded. Each finished photo adds one line to RUN. Run the same
    command again to resume. If the model is unavailable (dead server, refused key, unknown name, no credit) for five
    photos in a row, the evaluation ends. --max-usd caps the cost of the whole evaluation; the other limits apply to
    each photo. --concurrency limits simultaneous model calls. With --calls, several runs share retrieval and model
    calls; a run whose calls are all cached needs no model.

    Several processes work where one would be the limit: from 100 photos on, with a concurrency of 12 or more or without
    a model. All limits hold for all of them together; --processes 1 needs the least memory.

    \b
    Example: sextant eval run im2gps3k --data im2gps3k --gallery mp16 --exclude-author --out runs/offline
             sextant eval run folder --data my-photos --model openai:gpt-4o --limit 200 --max-usd 5 --out runs/gpt-4o
    """
    from sextant.base.errors import WrongUse
    from sextant.eval.benchmarks import choose_photos, load_benchmark
    from sextant.eval.reporting.summary import format_summary, summarise
    from sextant.eval.running.runner import EvalTask

    if calls and engine == "ray":
        raise WrongUse("--calls is a cache of one process, and --engine ray has many; leave one of them out")
    settings = make_settings(options)
    loaded = load_benchmark(benchmark, data)
    photos = choose_photos(loaded, limit, settings.seed, _parse_shard(shard))
    picked = {"limit": limit, "seed": settings.seed if limit else None, "shard": shard}
    for note in loaded.notes:
        echo(f"sextant: {note}", err=True)
    # From --set, --config or the environment too, the money is that of the whole evaluation.
    limit_usd = settings.max_usd if max_usd is None else max_usd
    task = EvalTask(
        *(loaded, photos, picked, replace(settings, max_usd=None), out, limit_usd, retry_errors),
        workers=engine == "ray",
        processes=processes,
    )
    ended = evaluate(task, quiet, calls)
    found = summarise(out)
    if as_json:
        echo_json({**found, "ended": ended.why})
    else:
        echo(format_summary(found))
    return explain_end(ended)


def evaluate(task: "EvalTask", quiet: bool, calls: Path | None = None) -> "SessionEnd[Counts]":
    """Evaluate what is missing of a task, with progress on stderr; Ctrl-C finishes the photos in flight.

    Args:
        calls: folder of cached model and tool calls.
    """
    from sextant.app.interrupting import stop_on_signals
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_evaluation
    from sextant.eval.running.call_cache import CallCache
    from sextant.eval.running.runner import run
    from sextant.graphs.batches.order import leave_world

    with stop_on_signals(FINISHING, quiet) as stop, Progress(quiet=quiet) as progress:
        return run(
            task,
            report_evaluation(progress),
            stop,
            partial(CallCache, folder=calls, settings=task.settings) if calls else leave_world,
        )


def explain_end(ended: "SessionEnd[Counts]") -> int:
    """Say on stderr how the evaluation ended. Exit code: 0 all photos done, 130 interrupted, 1 money or the model."""
    from sextant.app.interrupting import INTERRUPTED

    for note in ended.notes:
        echo(f"sextant: {note}", err=True)
    left = ended.counts.total - ended.counts.done
    if ended.why == "stopped":
        echo(f"sextant: stopped; {leave(left, 'photo')}: run the same command again to resume", err=True)
        return INTERRUPTED
    if ended.why == "model":
        echo(
            f"sextant: stopped, the model is unavailable: {ended.reason}; {left:,} of {ended.counts.total:,} photos "
            "are left: fix this and run the same command again to resume",
            err=True,
        )
        return 1
    if ended.why == "money":
        echo(
            f"sextant: the limit of --max-usd is reached; {leave(left, 'photo')}: run again with a higher limit",
            err=True,
        )
        return 1
    if ended.counts.failed:
        echo(f"sextant: photos that failed: {ended.counts.failed:,}; try them again with --retry-errors", err=True)
    return 0


def _parse_shard(text: str | None) -> tuple[int, int] | None:
    """Parse ``2/5`` into (2, 5).

    Raises:
        WrongUse: the text is not I/N with 1 ≤ I ≤ N.
    """
    from sextant.base.errors import WrongUse

    if text is None:
        return None
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise WrongUse(f"invalid --shard {text!r}: expected I/N with 1 ≤ I ≤ N, for example 1/4")
    return int(number), int(count)
