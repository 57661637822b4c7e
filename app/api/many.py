"""`sextant.locate_many`: many photos, one answer after the other, resumable."""

import shutil
import tempfile
import warnings
import weakref
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, cast

from sextant.agent.privacy.precision import load_policy
from sextant.app.api.answer import Answer
from sextant.app.api.gallery import Gallery
from sextant.app.api.options import check_processes, collect_options
from sextant.app.api.photo_path import PhotoPath
from sextant.app.api.running import OnEvent, ignore, show_warnings
from sextant.app.library.finding import Found, find_photos
from sextant.app.library.folder import LibraryFolder
from sextant.app.library.progress import LibraryCounts
from sextant.app.library.running import LibraryTask, describe_library, place_library, sort_photos
from sextant.app.library.videos.expand import expand_videos
from sextant.app.options.common import make_settings
from sextant.base.documents.answer import Answer as AnswerDocument
from sextant.base.documents.progress import ProgressEvent
from sextant.base.errors import SextantError, SextantWarning
from sextant.base.json_types import Json
from sextant.graphs.batches.session import End, SessionEnd

_POLL_S = 0.2  # how often a waiting caller looks whether the work has ended


class OutOfMoney(SextantError):
    """The money of all photos together is spent before the last of them."""


def locate_many(
    photos: PhotoPath | Iterable[PhotoPath],
    *,
    out: PhotoPath | None = None,
    model: str | None = None,
    gallery: PhotoPath | Gallery | None = None,
    preset: str | None = None,
    max_usd: float | None = None,
    home: PhotoPath | None = None,
    precision: str | None = None,
    processes: int | None = None,
    on_event: OnEvent = ignore,
    **settings: Any,
) -> "LocatedPhotos":
    """Locate many photos and yield an answer for each, in their order. A photo that fails does not stop the others.

    >>> for answer in sextant.locate_many("photos/*.jpg", out="located"):
    ...     answer.photo, answer.place, answer.error

    Args:
        photos: a pattern such as ``photos/*.jpg`` (``**`` goes into folders), a folder, or paths.
        out: folder for the answers, the same as of ``sextant locate FOLDER --out DIR``: ``answers.jsonl``, each line
            written as its photo ends. The same call resumes: photos that were answered are read from it and cost
            nothing; failed ones are tried again. A line's answer is under 20 kB: outlines are simplified, and weak
            candidates beyond that are counted in ``left_out``. None keeps nothing on disk longer than the answers live.
        max_usd: the money of all photos together.
        processes: on this machine, this one among them; None uses one per core where it is faster, up to 4.
        on_event: receives progress events with their ``photo``, and ``{"step": "located", "photo", "done", "total"}``
            after each.
        settings: any other setting by its name; the rest as of `sextant.locate`.

    Raises:
        WrongUse: a setting is unknown, no photo matches, or ``out`` holds answers made with other settings.
        SextantError: ``out`` cannot be written, another process works on it, or the model is unavailable.
    """
    found = _find(photos, out)
    chosen = make_settings(collect_options(model, gallery, preset, None, home, settings), called=str)
    limit = chosen.max_usd if max_usd is None else max_usd
    temporary = TemporaryRuns() if out is None else None
    place = temporary.path if temporary else Path(fspath(cast(PhotoPath, out)))
    for note in expand_videos(found, place):
        warnings.warn(note, SextantWarning, stacklevel=2)
    task = LibraryTask(
        *(tuple(found.photos.values()), found.root, replace(chosen, max_usd=None), place, load_policy(precision)),
        max_usd=limit,
        retry_errors=True,
        processes=check_processes(processes),
    )
    folder = LibraryFolder(place)
    if folder.header_file.exists():  # refused here, not at the first answer
        folder.begin(describe_library(task.settings, task.policy), task.root)
    return LocatedPhotos(task, _list_names(photos, found), on_event, temporary)


class TemporaryRuns:
    """A folder of runs that is removed when nothing refers to it any more, at the latest when the program ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="sextant-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def _find(photos: PhotoPath | Iterable[PhotoPath], out: PhotoPath | None) -> Found:
    if isinstance(photos, str | PathLike):
        return find_photos([str(Path(fspath(photos)).expanduser())], None if out is None else fspath(out))
    found = Found()
    for photo in photos:
        found.add(fspath(photo))
    return found


def _list_names(photos: PhotoPath | Iterable[PhotoPath], found: Found) -> list[str]:
    """List the names of the photos as they were given, one that was given twice also twice."""
    if isinstance(photos, str | PathLike) or not isinstance(photos, list | tuple):
        return list(found.photos)
    return [Found().name_path(fspath(photo)) for photo in photos]


class LocatedPhotos(Iterator[Answer]):
    """The answers of `locate_many` as they come. ``len()`` is the number of photos; ``close()`` stops early."""

    def __init__(
        self,
        task: LibraryTask,
        names: list[str],
        on_event: OnEvent,
        temporary: "TemporaryRuns | None" = None,
    ) -> None:
        self._task, self._names, self._on_event, self._temporary = task, names, on_event, temporary
        self._stop = Event()
        self._lines: SimpleQueue[Json] = SimpleQueue()
        self._end: SessionEnd[LibraryCounts] | None = None
        self._error: BaseException | None = None
        self._worker = Thread(target=self._work, daemon=True, name="library")
        self._answers = self._locate()
        self.done = 0

    def __len__(self) -> int:
        """Return the number of photos."""
        return len(self._names)

    def __next__(self) -> Answer:
        """Wait for the next photo's answer."""
        answer = next(self._answers)
        self.done += 1
        self._on_event({"step": "located", "photo": answer.photo, "done": self.done, "total": len(self)})
        show_warnings(answer.warnings)
        return answer

    def close(self) -> None:
        """Stop: photos in flight are finished and kept, and the same call with ``out`` does the rest."""
        self._stop.set()
        self._answers.close()

    def _work(self) -> None:
        def take(counts: LibraryCounts, line: Json) -> None:
            self._lines.put(line)

        try:
            self._end = place_library(self._task, take, self._stop, None if self._on_event is ignore else self._tell)
        except BaseException as error:  # raised where the caller waits
            self._error = error

    def _locate(self) -> Generator[Answer, None, None]:
        folder = LibraryFolder(self._task.out)
        waiting: dict[str, Json] = {}
        left = Counter(self._names)
        before = folder.read_index() if self._task.out.exists() else {}
        kept = set(sort_photos(self._task, before)[1])
        self._worker.start()
        try:
            for name in self._names:
                while name not in waiting and name not in kept:
                    if not self._take_line(waiting):
                        self._explain_end()
                        return
                line = folder.read_line(before[name]) if name in kept else waiting[name]
                left[name] -= 1
                if left[name] <= 0 and name in waiting:
                    del waiting[name]
                yield self._make_answer(line)
        finally:
            self._stop.set()
            self._worker.join()

    def _take_line(self, waiting: dict[str, Json]) -> bool:
        """Wait for a line of any photo; return False where no other will come."""
        while True:
            alive = self._worker.is_alive()
            try:
                line = self._lines.get(timeout=_POLL_S if alive else 0)
            except Empty:
                if not alive:
                    return False
                continue
            waiting[line["photo"]] = line
            return True

    def _explain_end(self) -> None:
        """Raise why the work ended before its last photo."""
        if self._error is not None:
            raise self._error
        if self._end is not None and self._end.why is End.MONEY:
            raise OutOfMoney(
                f"max_usd={self._task.max_usd:g} does not pay for another photo; answers so far are kept with out=…, "
                "call again with a higher limit"
            )
        if self._end is not None and self._end.why is End.MODEL:
            raise SextantError(f"the model is unavailable: {self._end.reason}; fix it and call again")

    def _make_answer(self, line: Json) -> Answer:
        record = None if line["error"] else str(self._task.out / line["record"])
        home = self._task.settings.home
        if line["error"] is None:
            return Answer(cast(AnswerDocument, line["answer"]), None, home, record, self._temporary)
        message = line["error"]["message"]
        path = next(photo.path for photo in self._task.photos if photo.name == line["photo"])
        failed = cast(AnswerDocument, {"photo": {"path": path}, "error": message})
        return Answer(failed, message, home)

    def _tell(self, name: str, event: ProgressEvent) -> None:
        self._on_event({**event, "photo": name})
