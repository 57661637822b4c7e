"""The part of `sextant locate` that places a whole library: ``--out DIR``."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sextant.app.options.grouped import GroupedOption
from sextant.app.options.processes import PROCESSES
from sextant.app.render.terminal import echo, echo_json
from sextant.base.printable import leave
from sextant.base.settings import Group

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sextant.agent.privacy.precision import Policy
    from sextant.agent.settings import Settings
    from sextant.app.library.finding import Found
    from sextant.app.library.finishing import Finishing
    from sextant.app.library.progress import LibraryCounts
    from sextant.app.library.running import LibraryTask
    from sextant.graphs.batches.session import SessionEnd
    from sextant.graphs.batches.spread.idle import IdleProcesses

Command = TypeVar("Command", bound=Callable[..., Any])

FINISHING = "finishing the photos in flight; press Ctrl-C again to abandon them"


@dataclass(frozen=True)
class LibraryOptions:
    """The options of `sextant locate` that only concern a library."""

    out: Path
    retry_errors: bool = False
    only_missing: bool = False
    since: str | None = None
    like: str | None = None
    track: Path | None = None
    clock_offset: str = "0"
    neighbours: str = "on"
    engine: str = "local"
    processes: int | None = None


def add_library_options(command: Command) -> Command:
    """Add the options of `sextant locate` that only concern a library."""
    path = click.Path(path_type=Path)
    options = [
        _make_option("--out", type=path, metavar="DIR", help="Locate a whole library: write what comes out into DIR."),
        _make_option("--retry-errors", is_flag=True, help="Also retry the photos that failed before."),
        _make_option("--only-missing", is_flag=True, help="Only photos that state no position of their own."),
        _make_option("--since", metavar="DAY", help="Only photos taken on this day or later, such as 2024-05-01."),
        _make_option(
            "--like", metavar="PATTERN", help="Only photos whose name matches PATTERN, such as 'IMG_*' or holiday."
        ),
        _make_option(
            "--track",
            type=path,
            metavar="FILE.gpx",
            help="Show the track's position at each photo's time beside its answer.",
        ),
        _make_option(
            "--clock-offset",
            default="0",
            metavar="±HH:MM",
            help="Add this to the photos' clock to get the track's (UTC where a photo states no zone).",
        ),
    ]
    options.append(
        _make_option(
            "--neighbours",
            type=click.Choice(["on", "off"]),
            default="on",
            help="Locate the photos of a trip together, beside their own answers.",
        )
    )
    options.append(
        _make_option(
            "--engine",
            type=click.Choice(["local", "ray"]),
            default="local",
            help="Run on this machine or on a Ray cluster.",
        )
    )
    options.append(_make_option("--processes", **PROCESSES))
    for option in reversed(options):
        command = option(command)
    return command


def _make_option(*names: str, **kept: Any) -> Callable[[Command], Command]:
    return click.option(*names, cls=GroupedOption, group=Group.LIBRARY, **kept)


def take_library_options(options: dict[str, Any]) -> LibraryOptions | None:
    """Take the library's options out of a command's; None without ``--out``.

    Raises:
        UsageError: one of them is given without ``--out``.
    """
    taken = {item.name: options.pop(item.name) for item in fields(LibraryOptions)}
    if taken["out"] is not None:
        return LibraryOptions(**taken)
    defaults = {item.name: item.default for item in fields(LibraryOptions)}
    for name, value in taken.items():
        if value != defaults[name] and name != "out":
            raise click.UsageError(f"--{name.replace('_', '-')} is for a whole library; add --out DIR")
    return None


def find_library(arguments: tuple[str, ...], options: LibraryOptions) -> "Found":
    """Find the photos that the arguments name; ``-`` reads their paths from standard input.

    Raises:
        WrongUse: they name no photo.
        SextantError: a list cannot be read.
    """
    from sextant.app.library.finding import find_photos

    return find_photos(arguments, str(options.out), sys.stdin.buffer.read() if "-" in arguments else b"")


def place(
    found: "Found",
    settings: "Settings",
    policy: "Policy",
    options: LibraryOptions,
    as_json: bool,
    quiet: bool,
    idle: "IdleProcesses | None" = None,
) -> int:
    """Locate photos that were found, write what comes out, and print a summary. Exit code."""
    from sextant.app.library.finishing import finish_library
    from sextant.app.library.folder import LibraryFolder
    from sextant.app.library.running import LibraryTask
    from sextant.app.library.selection import Selection, parse_day
    from sextant.app.library.videos.expand import expand_videos
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_outputs

    for note in (*found.list_notes(), *expand_videos(found, options.out)):
        echo(f"sextant: {note}", err=True)
    since = parse_day(options.since) if options.since else None
    finishing = prepare_finishing(options)
    photos = Selection(options.only_missing, since, options.like).choose(found.photos.values())
    # From --set, --config or the environment too, the money is that of the whole library.
    task = LibraryTask(
        *(photos, found.root, replace(settings, max_usd=None), options.out, policy, settings.max_usd),
        retry_errors=options.retry_errors,
        workers=options.engine == "ray",
        processes=options.processes,
        idle=idle,
    )
    ended = run_library(task, quiet)
    with Progress(quiet=quiet) as progress:
        finish_library(LibraryFolder(options.out), finishing, report_outputs(progress))
    summary = {**ended.counts.to_json(), "ended": ended.why, "out": str(options.out)}
    if as_json:
        echo_json(summary)
    else:
        echo(format_summary(ended, options.out))
    return explain_end(ended)


def start_workers(
    found: "Found", options: LibraryOptions, model: str | None, concurrency: int | None
) -> "AbstractContextManager[IdleProcesses]":
    """Start the workers of a new library before its settings are read: both take seconds.

    None are started where an earlier session may have left little to do.

    Args:
        model: as the command line names it; None starts no worker.
        concurrency: as the command line gives it.
    """
    from sextant.base.settings import Settings
    from sextant.graphs.batches.spread.idle import bound_processes, start_idle

    if model is None or options.engine == "ray" or options.out.exists():
        return start_idle(1, "offline")
    calls = concurrency or Settings.concurrency
    return start_idle(bound_processes(model, calls, options.processes, len(found.photos)), model)


def prepare_finishing(options: LibraryOptions) -> "Finishing":
    """Read what is put beside the answers, before any photo is located.

    Raises:
        SextantError: the track cannot be read.
    """
    from sextant.app.library.finishing import Finishing
    from sextant.gallery.photos.track import parse_clock_offset, read_track

    offset = parse_clock_offset(options.clock_offset)
    track = read_track(options.track) if options.track else None
    return Finishing(track, offset, options.neighbours == "on")


def run_library(task: "LibraryTask", quiet: bool) -> "SessionEnd[LibraryCounts]":
    """Locate what is missing of a library, with progress on stderr; Ctrl-C finishes the photos in flight."""
    from sextant.app.interrupting import stop_on_signals
    from sextant.app.library.running import place_library
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_library

    with stop_on_signals(FINISHING, quiet) as stop, Progress(quiet=quiet) as progress:
        return place_library(task, report_library(progress), stop)


def format_summary(ended: "SessionEnd[LibraryCounts]", out: Path) -> str:
    """Write what was found in a few lines."""
    from sextant.app.library.progress import FOUND

    counts = ended.counts
    found = ", ".join(f"{scale} {count:,}" for scale, count in counts.found.items())
    money = "price unknown" if counts.unpriced else f"${counts.usd:,.4f}"
    return "\n".join(
        (
            f"{counts.done:,} of {counts.total:,} photos done, {counts.failed:,} failed; {money}",
            f"found with a probability of {FOUND * 100:.0f} % or more: {found}",
            f"answers, tables and maps: {out / 'index.html'} and the files beside it",
        )
    )


def explain_end(ended: "SessionEnd[LibraryCounts]") -> int:
    """Say on stderr how the session ended. Exit code: 0 all photos done, 130 interrupted, 1 failures, money, model."""
    from sextant.app.interrupting import INTERRUPTED
    from sextant.graphs.batches.session import End

    for note in ended.notes:
        echo(f"sextant: {note}", err=True)
    left = leave(ended.counts.total - ended.counts.done, "photo")
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
        echo(f"sextant: photos that failed: {ended.counts.failed:,}; try them again with --retry-errors", err=True)
        return 1
    return 0
