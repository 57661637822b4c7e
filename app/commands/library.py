"""The part of `sextant locate` that places a whole library: ``--out DIR``."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.agent.privacy.precision import Policy
    from sextant.agent.settings import Settings
    from sextant.app.library.running import LibraryEnd, LibraryTask

FINISHING = "finishing the photos in flight; press Ctrl-C again to abandon them"


@dataclass(frozen=True)
class LibraryOptions:
    """The options of `sextant locate` that only concern a library."""

    out: Path
    retry_errors: bool = False


def place(
    arguments: tuple[str, ...],
    settings: "Settings",
    policy: "Policy",
    options: LibraryOptions,
    as_json: bool,
    quiet: bool,
) -> int:
    """Locate the photos that the arguments name, write what comes out, and print a summary. Exit code."""
    from sextant.app.library.finding import find_photos
    from sextant.app.library.running import LibraryTask

    typed: Iterable[str] = sys.stdin if "-" in arguments else ()
    found = find_photos(arguments, str(options.out), typed)
    for note in found.list_notes():
        echo(f"sextant: {note}", err=True)
    photos = tuple(found.photos.values())
    # From --set, --config or the environment too, the money is that of the whole library.
    task = LibraryTask(
        *(photos, found.root, replace(settings, max_usd=None), options.out, policy, settings.max_usd),
        retry_errors=options.retry_errors,
    )
    ended = run_library(task, quiet)
    summary = {**ended.counts.to_json(), "ended": ended.why, "out": str(options.out)}
    if as_json:
        echo_json(summary)
    else:
        echo(format_summary(ended, options.out))
    return explain_end(ended)


def run_library(task: "LibraryTask", quiet: bool) -> "LibraryEnd":
    """Locate what is missing of a library, with progress on stderr; Ctrl-C finishes the photos in flight."""
    from sextant.app.interrupting import stop_on_signals
    from sextant.app.library.running import place_library
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_library

    with stop_on_signals(FINISHING, quiet) as stop, Progress(quiet=quiet) as progress:
        return place_library(task, report_library(progress), stop)


def format_summary(ended: "LibraryEnd", out: Path) -> str:
    """Write what was found in a few lines."""
    counts = ended.counts
    found = ", ".join(f"{scale} {count:,}" for scale, count in counts.found.items())
    money = "price unknown" if counts.unpriced else f"${counts.usd:.4f}"
    return "\n".join(
        (
            f"{counts.done:,} of {counts.total:,} photos located, {counts.failed:,} failed; {money}",
            f"found with a probability of 50 % or more: {found}",
            f"answers: {out / 'answers.jsonl'}",
        )
    )


def explain_end(ended: "LibraryEnd") -> int:
    """Say on stderr how the session ended. Exit code: 0 all photos done, 130 interrupted, 1 failures, money, model."""
    from sextant.app.interrupting import INTERRUPTED
    from sextant.graphs.batches.session import End

    for note in ended.notes:
        echo(f"sextant: {note}", err=True)
    left = f"{ended.counts.total - ended.counts.done:,} photos are left"
    again = "run the same command again to resume"
    said = {
        End.STOPPED: f"stopped; {left}: {again}",
        End.MODEL: f"stopped, the model is unavailable: {ended.reason}; {left}: fix this and {again}",
        End.MONEY: f"the limit of --max-usd is reached; {left}: run again with a higher limit",
    }
    if ended.why in said:
        echo(f"sextant: {said[ended.why]}", err=True)
        return INTERRUPTED if ended.why is End.STOPPED else 1
    if ended.counts.failed:
        echo(f"sextant: {ended.counts.failed:,} photos failed: try them again with --retry-errors", err=True)
        return 1
    return 0
