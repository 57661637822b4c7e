"""`sextant.locate_many`: many photos, one answer after the other, resumable."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from glob import glob
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from threading import Event
from typing import Any, cast

from sextant.agent.privacy.precision import Policy, load_policy
from sextant.agent.privacy.view import view_answer
from sextant.agent.settings import Settings, settings_to_json
from sextant.app.api.answer import Answer
from sextant.app.api.answer_file import AnswerFile
from sextant.app.api.gallery import Gallery
from sextant.app.api.options import collect_options
from sextant.app.api.photo_path import PhotoPath
from sextant.app.api.running import OnEvent, ignore, show_warnings
from sextant.app.exports.compact import make_compact
from sextant.app.options.common import make_settings
from sextant.base.documents.answer import Answer as AnswerDocument
from sextant.base.documents.progress import ProgressEvent
from sextant.base.errors import SextantError, WrongUse
from sextant.gallery.photos.formats import is_photo, read_head
from sextant.gallery.sources.walk import walk_files
from sextant.graphs.runs.run import locate as run_graph

AT_ONCE = 4  # photos in flight; each has several model calls in flight itself


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
    on_event: OnEvent = ignore,
    **settings: Any,
) -> "LocatedPhotos":
    """Locate many photos and yield an answer for each, in their order. A photo that fails does not stop the others.

    >>> for answer in sextant.locate_many("photos/*.jpg", out="located"):
    ...     answer.photo, answer.place, answer.error

    Args:
        photos: a pattern such as ``photos/*.jpg`` (``**`` goes into folders), a folder, or paths.
        out: folder for the answers (``answers.jsonl``, each line written as its photo ends). The same call resumes:
            photos that were answered are read from it and cost nothing; failed ones are tried again. A
            line is under 20 kB: outlines are simplified, and weak candidates beyond that are counted in ``left_out``.
        max_usd: the money of all photos together; they are located one at a time then.
        on_event: receives progress events with their ``photo``, and ``{"step": "located", "photo", "done", "total"}``
            after each.
        settings: any other setting by its name; the rest as of `sextant.locate`.

    Raises:
        WrongUse: a setting is unknown, no photo matches, or ``out`` holds answers made with other settings.
        SextantError: ``out`` cannot be written, or another process works on it.
    """
    paths = list_photos(photos)
    chosen = make_settings(collect_options(model, gallery, preset, None, home, settings), called=str)
    max_usd, chosen = chosen.max_usd if max_usd is None else max_usd, replace(chosen, max_usd=None)
    policy = load_policy(precision)
    kept = None
    if out is not None:
        kept = AnswerFile.open(Path(fspath(out)), {**settings_to_json(chosen), "precision": policy.cap})
    return LocatedPhotos(paths, chosen, policy, kept, max_usd, on_event)


class LocatedPhotos(Iterator[Answer]):
    """The answers of `locate_many` as they come. ``len()`` is the number of photos; ``close()`` stops early."""

    def __init__(
        self,
        paths: list[str],
        settings: Settings,
        policy: Policy,
        kept: AnswerFile | None,
        max_usd: float | None,
        on_event: OnEvent,
    ) -> None:
        self._paths, self._settings, self._policy, self._kept = paths, settings, policy, kept
        self._max_usd, self._on_event = max_usd, on_event
        self._stop = Event()
        self._spent_usd = kept.spent_usd if kept else 0.0
        self._answers = self._locate()
        self.done = 0

    def __len__(self) -> int:
        """Return the number of photos."""
        return len(self._paths)

    def __next__(self) -> Answer:
        """Wait for the next photo's answer."""
        answer = next(self._answers)
        self.done += 1
        self._on_event({"step": "located", "photo": answer.photo, "done": self.done, "total": len(self)})
        show_warnings(answer.warnings)
        return answer

    def close(self) -> None:
        """Stop: photos in flight end within a second, and the same call with ``out`` begins with them."""
        self._stop.set()
        self._answers.close()

    def _locate(self) -> Generator[Answer, None, None]:
        at_once = 1 if self._max_usd is not None else AT_ONCE
        waiting = iter(self._paths)
        try:
            with ThreadPoolExecutor(at_once, thread_name_prefix="photo") as pool:
                flying: list[Future[Answer]] = []
                try:
                    while True:
                        begun = islice(waiting, at_once - len(flying))
                        flying += [pool.submit(self._locate_one, path) for path in begun]
                        if not flying:
                            return
                        yield flying.pop(0).result()
                except BaseException:
                    self._stop.set()
                    raise
        finally:
            if self._kept:
                self._kept.close()

    def _locate_one(self, path: str) -> Answer:
        known = self._kept.find(path) if self._kept else None
        if known is not None:
            return Answer(known, home=self._settings.home)
        try:
            answer = Answer(self._run(path), home=self._settings.home)
        except (WrongUse, OutOfMoney):
            raise
        except SextantError as error:
            failed = cast(AnswerDocument, {"photo": {"path": path}, "error": str(error)})
            answer = Answer(failed, str(error), self._settings.home)
        if self._kept and not self._stop.is_set():
            self._kept.add(path, answer.document)
        return answer

    def _run(self, path: str) -> AnswerDocument:
        """Locate one photo for what is left of the money.

        Raises:
            OutOfMoney: it does not pay for the photo.
        """
        settings = self._settings
        if self._max_usd is not None:
            left = self._max_usd - self._spent_usd
            self._require(left > 0)
            settings = replace(settings, max_usd=left)
        found = run_graph(path, settings, partial(self._tell, path), self._stop).answer
        self._spent_usd += found["spent"]["usd"] or 0.0
        self._require(self._max_usd is None or found["stop"] != "budget" or found["spent"]["calls"] > 0)
        return cast(AnswerDocument, make_compact(view_answer(found, self._policy)))

    def _require(self, paid: bool) -> None:
        """Raise unless the money pays for this photo."""
        if not paid:
            raise OutOfMoney(
                f"max_usd={self._max_usd:g} does not pay for another photo; answers so far are kept with out=…, "
                "call again with a higher limit"
            )

    def _tell(self, path: str, event: ProgressEvent) -> None:
        self._on_event({**event, "photo": path})


def list_photos(photos: PhotoPath | Iterable[PhotoPath]) -> list[str]:
    """List the paths of photos: of a pattern or a folder those that exist, sorted; of paths all, in their order.

    Raises:
        WrongUse: a pattern or a folder has none.
    """
    if not isinstance(photos, str | PathLike):
        return [fspath(photo) for photo in photos]
    text = str(Path(fspath(photos)).expanduser())
    if Path(text).is_dir():
        files = [Path(text, name) for name in walk_files(Path(text))]
        found = [str(path) for path in files if is_photo(read_head(path))]
    else:
        found = sorted(path for path in glob(text, recursive=True) if Path(path).is_file())
    if not found:
        raise WrongUse(f"no photo matches {text!r}; give a folder, a pattern such as 'photos/*.jpg', or paths")
    return found
