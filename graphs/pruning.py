"""Deleting old runs, and the blobs that nothing names any more."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.blobs import BlobStore
from agent.cassette import in_use
from agent.home import home_folder
from agent.settings import Settings
from agent.state import Json
from geo.errors import WrongUse
from graphs.archive import HASH, hashes
from graphs.checkpoints import DATABASE, checkpoints
from graphs.folders import RunFolder, folders
from graphs.runs import checkpoints_file


def prune(home: str | None, keep: int | None = None, older_days: float | None = None, *, dry: bool = False) -> Json:
    """Delete runs, and those of their blobs that no other run and no thread names. Runs at work are left alone.

    Args:
        keep: the number of newest runs to keep.
        older_days: delete what was started longer ago than this.
        dry: only say what would go.

    Returns:
        The names of the runs, and how many blobs and bytes went with them.

    Raises:
        WrongUse: neither or both are given, or a number below zero.
    """
    if (keep is None) == (older_days is None):
        raise WrongUse("say which runs go: --keep N for all but the newest N, or --older DAYS")
    if min(value for value in (keep, older_days) if value is not None) < 0:
        raise WrongUse("--keep and --older take a number of at least 0")
    every = [folder for folder in folders(home) if not in_use(folder.cassette)]
    gone = (
        every[: max(0, len(every) - keep)] if keep is not None else [f for f in every if is_older(f, older_days or 0)]
    )
    stay = [folder for folder in every if folder not in gone]
    named = set().union(*(hashes(folder) for folder in gone)) if gone else set()
    wanted = set().union(*(hashes(folder) for folder in stay)) if stay else set()
    if named - wanted:
        wanted |= hashes_of_threads(home, {folder.name for folder in gone})
    store = BlobStore(home_folder(home) / "blobs")
    blobs = [path for sha256 in sorted(named - wanted) if (path := store.path(sha256)).exists()]
    size = sum(path.stat().st_size for path in blobs)
    if not dry:
        remove(gone, blobs, home)
    return {"runs": [folder.name for folder in gone], "blobs": len(blobs), "bytes": size, "deleted": not dry}


def is_older(folder: RunFolder, days: float) -> bool:
    """Whether a run was started longer ago than so many days."""
    started = datetime.fromisoformat(folder.record()["started"])
    return datetime.now(UTC) - started > timedelta(days=days)


def hashes_of_threads(home: str | None, gone: set[str]) -> set[str]:
    """The blobs that threads in the checkpoints name: conversations, and runs that are not finished."""
    files = [Path(DATABASE)] if os.environ.get(DATABASE) else sorted(home_folder(home).glob("*.sqlite"))
    texts: list[str] = []
    for file in files:  # in a database they all lie together, and no file is opened
        with checkpoints(file) as saver:
            kept = [item for item in saver.list(None) if item.config["configurable"]["thread_id"] not in gone]
            texts += [f"{item.checkpoint} {item.pending_writes}" for item in kept]
    return {found for text in texts for found in HASH.findall(text)}


def remove(runs: list[RunFolder], blobs: list[Path], home: str | None) -> None:
    """Runs first: a run without its blobs would be worse than blobs without their run."""
    with checkpoints(checkpoints_file(Settings(home=home))) as saver:
        for folder in runs:
            saver.delete_thread(folder.name)
    for folder in runs:
        folder.remove()
    for path in blobs:
        path.unlink(missing_ok=True)
