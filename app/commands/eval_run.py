"""`sextant eval run`: a benchmark through the graph, photo by photo, resumable."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.app.options.common import run_options, settings_of
from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.eval.running.runner import Ended, Task


FINISHING = "finishing the photos in flight; once more to give them up"


@click.command("run", short_help="Evaluate a benchmark, photo by photo; the same command resumes.")
@click.argument("benchmark")
@click.option("--data", required=True, type=click.Path(path_type=Path), metavar="DIR", help="The benchmark's folder.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="The run's folder.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="A seeded sample of so many photos (see --seed).")
@click.option("--shard", metavar="I/N", help="Only the I-th of N parts, for several machines; see: sextant eval merge.")
@click.option("--retry-errors", is_flag=True, help="Try again what failed, and nothing else.")
@click.option(
    "--calls", type=click.Path(path_type=Path), metavar="DIR", help="Keep calls there, and repeat none of it."
)
@run_options
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(
    benchmark: str,
    data: Path,
    out: Path,
    limit: int | None,
    shard: str | None,
    retry_errors: bool,
    calls: Path | None,
    as_json: bool,
    quiet: bool,
    max_usd: float | None,
    **options: Any,
) -> int:
    """Evaluate BENCHMARK: im2gps, im2gps3k, yfcc4k, yfcc26k, osv5m-test, or folder (photos and a table).

    The data lies in --data; nothing is downloaded. RUN gets one line for every photo as it ends. The same command
    goes on where it stopped. A model that cannot be asked (dead server, refused key, unknown name, no credit) ends
    the evaluation after five photos in a row. --max-usd is the money of the whole evaluation, the other limits are
    each photo's; --concurrency is model calls at once. With --calls, several runs share retrieval and model calls:
    one that asks nothing new needs no model.

    \b
    Example: sextant eval run im2gps3k --data im2gps3k --gallery mp16 --exclude-author --out runs/offline
             sextant eval run folder --data my-photos --model openai:gpt-4o --limit 200 --max-usd 5 --out runs/gpt-4o
    """
    from sextant.app.interrupting import stop_on_signals
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_evaluation
    from sextant.eval.benchmarks import chosen, load_benchmark
    from sextant.eval.running.call_cache import SharedCalls
    from sextant.eval.running.runner import Task, run

    settings = settings_of(options)
    loaded = load_benchmark(benchmark, data)
    photos = chosen(loaded, limit, settings.seed, _shard(shard))
    picked = {"limit": limit, "seed": settings.seed if limit else None, "shard": shard}
    for note in loaded.notes:
        echo(f"sextant: {note}", err=True)
    task = Task(loaded, photos, picked, settings, out, max_usd, retry_errors)
    with stop_on_signals(FINISHING, quiet) as stop, Progress(quiet=quiet) as progress:
        ended = run(
            task,
            report_evaluation(progress),
            stop,
            lambda world: SharedCalls(world, calls, settings) if calls else world,
        )
    return _report(ended, task, as_json)


def _report(ended: "Ended", task: "Task", as_json: bool) -> int:
    """Say how it ended. Exit code 0 when every photo has a line, 130 when interrupted, 1 for money or the model."""
    from sextant.app.interrupting import INTERRUPTED
    from sextant.eval.reporting.summary import summary, summary_text

    for note in ended.notes:
        echo(f"sextant: {note}", err=True)
    found = summary(task.out)
    if as_json:
        echo_json({**found, "ended": ended.why})
    else:
        echo(summary_text(found))
    left = ended.tally.total - ended.tally.done
    if ended.why == "stopped":
        echo(f"sextant: stopped; {left:,} photos are left: run the same command again to go on", err=True)
        return INTERRUPTED
    if ended.why == "model":
        echo(
            f"sextant: stopped, the model cannot be asked: {ended.reason}; {left:,} of {ended.tally.total:,} photos "
            "are left: then run the same command again to go on",
            err=True,
        )
        return 1
    if ended.why == "money":
        echo(f"sextant: --max-usd is used up; {left:,} photos are left: run again with a higher limit", err=True)
        return 1
    if ended.tally.failed:
        echo(f"sextant: {ended.tally.failed:,} photos failed: try them again with --retry-errors", err=True)
    return 0


def _shard(text: str | None) -> tuple[int, int] | None:
    """``2/5`` as (2, 5).

    Raises:
        WrongUse: it is no part of a whole.
    """
    from sextant.base.errors import WrongUse

    if text is None:
        return None
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise WrongUse(f"--shard {text!r} is no part of a whole; write for example 1/4 to 4/4")
    return int(number), int(count)
