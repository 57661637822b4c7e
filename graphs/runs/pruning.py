"""Prune old runs, and the blobs that nothing refers to any more."""

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
from sextant.agent.settings import Settings
from sextant.base.errors import WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.graphs.runs.archive import HASH, collect_hashes
from sextant.graphs.runs.folder import RunFolder, list_runs
from sextant.graphs.runs.run import get_checkpoints_file
from sextant.graphs.sessions.checkpoints import (
    DATABASE,
    open_checkpoints,
    open_postgres_checkpoints,
    open_sqlite_checkpoints,
)
from sextant.graphs.sessions.tables import Rows, describe_database, get_sessions_file, list_databases
from sextant.graphs.sessions.uploads import clear, list_abandoned, list_protected, read_hashes

CLOCK_STEP_S = 0.05  # how far a file's time may lie behind the clock that a process reads


def prune(
    home: str | None,
    keep: int | None = None,
    older_days: float | None = None,
    *,
    databases: Sequence[str] = (),
    dry: bool = False,
) -> Json:
    """Delete runs, and those of their blobs that no other run and no thread names. Runs at work are left alone.

    A fitted model stays: it is one file for all the runs it judged, and evaluations elsewhere replay with it, too.

    Args:
        keep: the number of newest runs to keep.
        older_days: delete what was started longer ago than this.
        databases: addresses of PostgreSQL in which sessions of this home lie, beside the one in SEXTANT_DATABASE.
        dry: only say what would go.

    Returns:
        The names of the runs, and how many blobs and bytes went with them.

    Raises:
        WrongUse: neither or both are given, or a number below zero; or sessions of this home lie in a database that
            is not given, so that nobody knows which pictures they need.
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
    """Delete the photos of messages that were not accepted; nothing else.

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
    """Return the files of those of the named blobs that no run, thread, message or upload needs.

    Args:
        gone: names of the runs that do not count, since they are to be deleted.
        since: epoch seconds; what was stored or wanted again after this is spared.
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
    """Return the runs that go, of all that may.

    Raises:
        WrongUse: as ``prune``.
    """
    if (keep is None) == (older_days is None):
        raise WrongUse("say which runs go: --keep N for all but the newest N, or --older DAYS")
    if min(value for value in (keep, older_days) if value is not None) < 0:
        raise WrongUse("--keep and --older take a number of at least 0")
    if keep is not None:
        return every[: max(0, len(every) - keep)]
    return [folder for folder in every if is_older(folder, older_days or 0)]


def collect_databases(home: str | None, databases: Sequence[str]) -> list[str]:
    """Return the addresses to ask, each database once.

    Raises:
        WrongUse: sessions of this home lie in one that is not among them.
    """
    asked = {describe_database(address): address for address in (*databases, os.environ.get(DATABASE)) if address}
    if unknown := list_databases(home) - set(asked):
        raise WrongUse(
            f"sessions of this home lie in PostgreSQL at {min(unknown)!r}, and nobody knows which pictures they need; "
            "pass --database with its address"
        )
    return list(asked.values())


def collect_blobs(runs: Sequence[RunFolder]) -> set[str]:
    """Return the blobs that any of the runs names."""
    return set().union(*(collect_hashes(folder) for folder in runs)) if runs else set()


def is_older(folder: RunFolder, days: float) -> bool:
    """Whether a run was started longer ago than so many days."""
    return time.time() - read_start_time(folder) > days * 86_400


def read_start_time(folder: RunFolder) -> float:
    """Return when a run was started, in epoch seconds."""
    return datetime.fromisoformat(folder.record()["started"]).timestamp()


def collect_thread_hashes(home: str | None, gone: set[str], databases: Sequence[str]) -> set[str]:
    """Return the blobs that threads name: conversations, runs that are not finished, and messages not yet answered."""
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
    """All that a checkpointer keeps of threads other than these."""
    kept = [item for item in saver.list(None) if item.config["configurable"]["thread_id"] not in gone]
    return [f"{item.checkpoint} {item.pending_writes}" for item in kept]


def remove_runs(runs: list[RunFolder], home: str | None) -> None:
    """Remove runs. This comes before their blobs: a run without its blobs would be worse than blobs without a run."""
    with open_checkpoints(get_checkpoints_file(Settings(home=home))) as saver:
        for folder in runs:
            saver.delete_thread(folder.name)
    for folder in runs:
        folder.remove()


def remove_blobs(blobs: list[Path], home: str | None, databases: Sequence[str], *, since: float) -> None:
    """Remove blobs, except those that somebody came to need meanwhile.

    Each is put aside first. Whoever wants the same bytes from then on stores them anew; whoever wanted them before
    that has touched the file or named it in a journal, a message or a recording, and gets it back.
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
