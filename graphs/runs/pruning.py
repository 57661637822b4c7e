"""Prune old runs and garbage-collect unreferenced blobs."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.recording.cassette import is_in_use
from sextant.base.errors import WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.graphs.runs.archive import HASH, collect_hashes
from sextant.graphs.runs.folder import RunFolder, list_runs
from sextant.graphs.sessions.checkpoints import (
    DATABASE,
    open_checkpoints,
    open_postgres_checkpoints,
    open_sqlite_checkpoints,
)
from sextant.graphs.sessions.tables import Rows, describe_database, get_sessions_file, list_databases
from sextant.graphs.sessions.uploads import clear, list_abandoned, list_protected, read_hashes

CLOCK_STEP_S = 0.05  # how far a file's time may be behind the process's clock, in seconds


def prune(
    home: str | None,
    keep: int | None = None,
    older_days: float | None = None,
    *,
    databases: Sequence[str] = (),
    dry: bool = False,
) -> Json:
    """Delete runs, and the blobs that no other run or thread refers to. Running runs are kept.

    Fitted models are kept: many runs share one, and evaluations stored elsewhere also replay with it.

    Args:
        keep: the number of newest runs to keep.
        older_days: delete runs started more than this many days ago.
        databases: PostgreSQL addresses that hold sessions of this home, besides the one in SEXTANT_DATABASE.
        dry: only report what would be deleted.

    Returns:
        The names of the deleted runs, and the number of blobs and bytes deleted with them.

    Raises:
        WrongUse: neither or both of ``keep`` and ``older_days`` are given, or one is negative; or sessions of this home
            are stored in a database that is not given.
        SextantError: a database does not answer.
    """
    began = time.time()
    asked = collect_databases(home, databases)
    every = list(list_runs(home))
    at_work = [folder for folder in every if is_in_use(folder.cassette)]
    gone = choose_runs([folder for folder in every if folder not in at_work], keep, older_days)
    refused = list_abandoned(home)
    named = collect_blobs(gone) | read_hashes(iter(refused))
    names = {folder.name for folder in gone}
    blobs = find_unneeded_blobs(home, named, names, asked, since=min([began, *map(read_start_time, at_work)]))
    size = sum(path.stat().st_size for path in blobs)
    if not dry:
        remove_runs(gone, home)
        remove_blobs(blobs, home, asked, since=began)
        clear(refused)
    return {"runs": [folder.name for folder in gone], "blobs": len(blobs), "bytes": size, "deleted": not dry}


def sweep(home: str | None) -> None:
    """Delete the photos of messages that were not accepted, and nothing else.

    Raises:
        WrongUse, SextantError: as ``prune``.
    """
    began = time.time()
    refused = list_abandoned(home)
    if not refused:
        return
    asked = collect_databases(home, ())
    remove_blobs(
        find_unneeded_blobs(home, read_hashes(iter(refused)), set(), asked, since=began), home, asked, since=began
    )
    clear(refused)


def find_unneeded_blobs(
    home: str | None, named: set[str], gone: set[str], databases: Sequence[str], *, since: float
) -> list[Path]:
    """Find the files of the named blobs that no run, thread, message or upload refers to.

    Args:
        gone: names of the runs that are being deleted, whose references do not count.
        since: epoch seconds; blobs stored or touched later are kept.
    """
    if not named:
        return []
    wanted = collect_blobs([folder for folder in list_runs(home) if folder.name not in gone])
    wanted |= list_protected(home)
    if named - wanted:
        wanted |= collect_thread_hashes(home, gone, databases)
    store = BlobStore(Home.at(home).blobs)
    found = [store.path(sha256) for sha256 in sorted(named - wanted)]
    return [path for path in found if path.exists() and path.stat().st_mtime < since - CLOCK_STEP_S]


def choose_runs(every: list[RunFolder], keep: int | None, older_days: float | None) -> list[RunFolder]:
    """Choose the runs to delete.

    Raises:
        WrongUse: as ``prune``.
    """
    if (keep is None) == (older_days is None):
        raise WrongUse("choose the runs to delete: --keep N keeps the newest N, --older DAYS deletes older ones")
    if min(value for value in (keep, older_days) if value is not None) < 0:
        raise WrongUse("--keep and --older take a number of at least 0")
    if keep is not None:
        return every[: max(0, len(every) - keep)]
    return [folder for folder in every if is_older(folder, older_days or 0)]


def collect_databases(home: str | None, databases: Sequence[str]) -> list[str]:
    """Collect the addresses of the databases to query, each once.

    Raises:
        WrongUse: sessions of this home are stored in a database that is not among them.
    """
    asked = {describe_database(address): address for address in (*databases, os.environ.get(DATABASE)) if address}
    if unknown := list_databases(home) - set(asked):
        raise WrongUse(
            f"sessions of this home are stored in PostgreSQL at {min(unknown)!r}; "
            "pass --database with its address, so that their pictures are kept"
        )
    return list(asked.values())


def collect_blobs(runs: Sequence[RunFolder]) -> set[str]:
    """Collect the hashes of the blobs that these runs refer to."""
    return set().union(*(collect_hashes(folder) for folder in runs)) if runs else set()


def is_older(folder: RunFolder, days: float) -> bool:
    """Return whether a run was started more than this many days ago."""
    return time.time() - read_start_time(folder) > days * 86_400


def read_start_time(folder: RunFolder) -> float:
    """Return when a run was started, in epoch seconds."""
    return datetime.fromisoformat(folder.record()["started"]).timestamp()


def collect_thread_hashes(home: str | None, gone: set[str], databases: Sequence[str]) -> set[str]:
    """Collect the hashes in threads: conversations, unfinished runs and unanswered messages."""
    texts: list[str] = []
    for file in sorted(Home.at(home).root.glob("*.sqlite")):
        with open_sqlite_checkpoints(file) as saver:
            texts += read_thread_texts(saver, gone)
    for address in databases:
        texts += read_thread_texts(open_postgres_checkpoints(address), gone)
    for place in (None, *databases):
        if place or get_sessions_file(home).exists():
            texts += [str(row[0]) for row in Rows(get_sessions_file(home), place).read("SELECT message FROM waiting")]
    return {found for text in texts for found in HASH.findall(text)}


def read_thread_texts(saver: BaseCheckpointSaver[Any], gone: set[str]) -> list[str]:
    """Read everything that a checkpointer stores, except of these threads."""
    kept = [item for item in saver.list(None) if item.config["configurable"]["thread_id"] not in gone]
    return [f"{item.checkpoint} {item.pending_writes}" for item in kept]


def remove_runs(runs: list[RunFolder], home: str | None) -> None:
    """Delete runs. They go before their blobs: a run without its blobs would be broken."""
    forget_checkpoints(runs, Home.at(home).checkpoints)
    for folder in runs:
        folder.remove()


def forget_checkpoints(runs: list[RunFolder], file: Path) -> None:
    """Delete the checkpoints that earlier versions kept of unfinished runs."""
    if file.exists() or os.environ.get(DATABASE):
        with open_checkpoints(file) as saver:
            for folder in runs:
                saver.delete_thread(folder.name)


def remove_blobs(blobs: list[Path], home: str | None, databases: Sequence[str], *, since: float) -> None:
    """Delete blobs, except those that were referred to again in the meantime.

    Each is moved aside first. Whoever needs the same bytes after that stores them again. Whoever needed them before has
    touched the file, or named it in a journal, a message or a recording; then the blob is restored.
    """
    aside = {path.name: path.with_name(f".{path.name}.deleted") for path in blobs}
    for path in blobs:
        with suppress(FileNotFoundError):
            os.rename(path, aside[path.name])
    names = {path.name for path in blobs}
    wanted = (
        collect_blobs(list(list_runs(home))) | list_protected(home) | collect_thread_hashes(home, set(), databases)
    ) & names
    for path in blobs:
        kept = aside[path.name]
        if not kept.exists():
            continue
        if path.name in wanted or kept.stat().st_mtime >= since - CLOCK_STEP_S:
            os.replace(kept, path)
        else:
            kept.unlink()
