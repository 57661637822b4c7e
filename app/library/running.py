"""Run the photos of a library through the engine of batches, a line with the answer for each."""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sextant.agent.llm.call import restore_address
from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import view_answer
from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.fitted_models import resolve_fitted
from sextant.agent.settings import Settings
from sextant.agent.world.deps import Deps
from sextant.agent.world.live import LiveBackend
from sextant.app.exports.compact import make_compact
from sextant.app.library.copies import find_repeated, make_copy_line
from sextant.app.library.finding import LibraryPhoto
from sextant.app.library.folder import Entry, LibraryFolder, hash_file, read_stamp
from sextant.app.library.outputs.thumbnails import write_thumbnail
from sextant.app.library.progress import LibraryCounts
from sextant.base.documents.progress import ProgressEvent
from sextant.base.json_types import Json
from sextant.graphs.batches.configuration import describe_settings
from sextant.graphs.batches.failures import count_failures
from sextant.graphs.batches.lines import LineWriter, lock_writer, open_writer
from sextant.graphs.batches.metered_calls import sum_unfinished_costs
from sextant.graphs.batches.order import BatchOrder
from sextant.graphs.batches.session import BatchSession, End, SessionEnd
from sextant.graphs.batches.spread.idle import IdleProcesses
from sextant.graphs.runs.batch import make_record_name
from sextant.graphs.runs.folder import RunFolder

Tell = Callable[[LibraryCounts, Json], None]
"""Receives the counts and the line that a photo ended with."""


@dataclass(frozen=True)
class LibraryTask:
    """What was asked for.

    Attributes:
        root: the folder that the photos' names are relative to; None where they are absolute paths.
        policy: how precisely places may be shown; lines hold nothing finer.
        max_usd: the money of all photos together.
        retry_errors: also locate the photos again that failed before.
        workers: spread the photos over a Ray cluster.
        processes: of this machine, this one among them; None means one per core where it is faster, up to 4.
        idle: worker processes that were started before the settings were known.
    """

    photos: tuple[LibraryPhoto, ...]
    root: str | None
    settings: Settings
    out: Path
    policy: Policy
    max_usd: float | None = None
    retry_errors: bool = False
    workers: bool = False
    processes: int | None = None
    idle: IdleProcesses | None = None


def ignore_line(counts: LibraryCounts, line: Json) -> None:
    """Ignore a line."""


def place_library(
    task: LibraryTask,
    tell: Tell = ignore_line,
    stop: threading.Event | None = None,
    on_event: Callable[[str, ProgressEvent], None] | None = None,
) -> SessionEnd[LibraryCounts]:
    """Locate what is missing of a library: new photos, changed ones and, with ``retry_errors``, failed ones.

    Args:
        tell: receives the counts and each new line, from one thread.
        stop: once set, photos in flight are finished and no others begun.
        on_event: receives the name of a photo and a progress event of its run, from several threads.

    Raises:
        WrongUse: the folder holds answers made with other settings.
        SextantError: gallery, model or disk fail, or another process works on the folder.
    """
    folder, stop = LibraryFolder(task.out), stop or threading.Event()
    task = replace(task, settings=resolve_fitted(task.settings))
    with lock_writer(task.out):
        folder.begin(describe_library(task.settings, task.policy), task.root)
        with open_writer(folder.answers_file) as writer:
            notes = ("the last line was cut off by a crash; its photo is located again",) if writer.repaired else ()
            index = folder.read_index()
            copies = find_repeated(task.photos)
            pending, before = sort_photos(task, index)
            face = LibraryFace(task.policy, LibraryCounts(len(task.photos)), tell, task.out)
            for name in before:
                face.counts.add(folder.read_line(index[name]), fresh=False)
            spent = sum(entry.usd for entry in index.values())
            if task.max_usd is not None:
                spent += sum_unfinished_costs(folder.records)
            again = frozenset(make_record_name(photo.name) for photo in pending if _begins_anew(photo, index, folder))
            order = BatchOrder(
                *(task.settings, folder.records, task.max_usd, spent, again),
                on_event=on_event,
                workers=task.workers,
                processes=task.processes,
                idle=task.idle,
            )
            originals = [photo for photo in pending if photo.name not in copies]
            session = BatchSession(order, face, writer, len(originals))
            why = session.work(originals, stop)
            repeated = [photo for photo in pending if photo.name in copies]
            if repeated:
                _add_copies(repeated, copies, folder, writer, face)
    reason = restore_address(session.reason, task.settings) if why is End.MODEL else None
    return SessionEnd(why, face.counts, reason, (*notes, *session.notes))


def describe_library(settings: Settings, policy: Policy) -> Json:
    """Describe everything that determines a library's answers.

    Raises:
        SextantError: the gallery cannot be opened, or the preset is unknown.
    """
    return {**describe_settings(settings), "precision": policy.to_json() if policy.coarsest else None}


def sort_photos(task: LibraryTask, index: dict[str, Entry]) -> tuple[list[LibraryPhoto], list[str]]:
    """Return the photos that must be located, and the names of those that were before.

    A file that changed since is located again.
    """
    pending, before = [], []
    for photo in task.photos:
        entry = index.get(photo.name)
        again = entry is None or (entry.failed and task.retry_errors) or not _is_unchanged(entry, photo)
        if again:
            pending.append(photo)
        else:
            before.append(photo.name)
    return pending, before


def _begins_anew(photo: LibraryPhoto, index: dict[str, Entry], folder: LibraryFolder) -> bool:
    """Return whether what an earlier session recorded of a photo must not be used: it failed, or the file changed."""
    if photo.name in index:
        return True
    cassette = RunFolder(folder.records / make_record_name(photo.name)).cassette
    calls = Cassette.read(cassette).calls.values() if cassette.exists() and cassette.stat().st_size else ()
    opened = [json.loads(call.reply)["photo"]["sha256"] for call in calls if call.kind == "photo"]
    return bool(opened) and opened[0] != hash_file(photo.path)


def _is_unchanged(entry: Entry, photo: LibraryPhoto) -> bool:
    if entry.stamp is None:  # it was missing when it was looked for
        return read_stamp(photo.path) is None
    return entry.stamp.fits(photo.path)


class LibraryFace:
    """What a library does with its photos: it keeps each answer as it may be shown, with the file's stamp."""

    def __init__(self, policy: Policy, counts: LibraryCounts, tell: Tell, out: Path) -> None:
        self.counts, self.policy, self._tell, self._out = counts, policy, tell, out

    def record(self, photo: LibraryPhoto) -> str:
        """Return the name of the photo's record."""
        return make_record_name(photo.name)

    def name(self, photo: LibraryPhoto) -> str:
        """Return the photo's name in the library."""
        return photo.name

    def find_path(self, photo: LibraryPhoto) -> str | None:
        """Return the photo's file; a missing one is an error of opening it."""
        return photo.path

    def prepare(self, photo: LibraryPhoto, live: LiveBackend) -> None:
        """Do nothing: a run finds out by itself."""

    def make_line(self, photo: LibraryPhoto, state: Json, deps: Deps, live: LiveBackend) -> Json:
        """Make the line of an answered photo."""
        found = state["answer"]
        answer = make_compact(view_answer(found, self.policy))
        if not self.policy.withholds_words:  # a picture may say more than the cap allows
            write_thumbnail(
                self._out / "thumbnails" / f"{self.record(photo)}.jpg", deps.blobs.get(state["photo"]["shown"])
            )
        line = make_library_line(photo, found["photo"]["sha256"])
        camera = None if self.policy.withholds_words else state["metadata"].get("camera")
        return {**line, "camera": camera, "failures": count_failures(state["outcomes"]), "answer": answer}

    def make_error_line(self, photo: LibraryPhoto, kind: str, message: str) -> Json:
        """Make the line of a photo without an answer."""
        return {**make_library_line(photo, None), "error": {"kind": kind, "message": message}}

    def make_remote(self) -> "LibraryFace":
        """Return a face that makes the same lines in another process."""
        return LibraryFace(self.policy, LibraryCounts(0), ignore_line, self._out)

    def count(self, line: Json) -> None:
        """Count a line and tell the progress."""
        self.counts.add(line)
        self._tell(self.counts, line)


def make_library_line(photo: LibraryPhoto, sha256: str | None) -> Json:
    """Make the line of a photo that is neither an answer nor a failure yet."""
    stamp = read_stamp(photo.path)
    known = replace(stamp, sha256=sha256) if stamp else None
    return {"photo": photo.name, "stamp": known and known.to_json(), "error": None, "failures": {}, "answer": None}


def _add_copies(
    photos: Iterable[LibraryPhoto],
    copies: dict[str, str],
    folder: LibraryFolder,
    writer: LineWriter,
    face: LibraryFace,
) -> None:
    """Write the lines of copies and of further photos of bursts whose original has one."""
    index = folder.read_index()
    for photo in photos:
        entry = index.get(copies[photo.name])
        if entry is not None:
            copy = make_copy_line(photo, folder.read_line(entry), face.policy)
            writer.append(copy)
            face.count(copy)
