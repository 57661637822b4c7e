"""One process at work on a batch: many photos at a time through the graph, each line on disk when its photo ends.

Evaluations and libraries share it. What differs between them, such as what a line holds, stands in their ``Face``.
"""

import errno
import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from threadpoolctl import threadpool_limits

from sextant.agent.settings import Settings
from sextant.agent.verification import Candidate, Pool, verify
from sextant.agent.verification.baselines.stand_in import STAND_IN
from sextant.agent.world.deps import Deps, Port, ignore_event
from sextant.agent.world.live import LiveBackend, make_batch_deps
from sextant.base.documents.progress import ProgressEvent
from sextant.base.errors import SextantError, format_error
from sextant.base.json_types import Json
from sextant.gallery.photos.open import PhotoError
from sextant.geo.places import describe
from sextant.graphs.batches.circuit_breaker import CircuitBreaker, find_shared_failure
from sextant.graphs.batches.lines import LineWriter
from sextant.graphs.batches.metered_calls import MeteredCalls
from sextant.graphs.batches.spend_limit import SpendLimitReached
from sextant.graphs.runs.batch import BatchRunner
from sextant.graphs.runs.folder import RunFolder

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)


class End(StrEnum):
    """Why a session of a batch ended; ``model`` means that the model is unavailable."""

    DONE = "done"
    STOPPED = "stopped"
    MONEY = "money"
    MODEL = "model"


Item = TypeVar("Item")
Own = TypeVar("Own", contravariant=True)


class Face(Protocol[Own]):
    """What a batch of one kind does with its photos. Lines hold ``error``, ``failures``, ``answer`` and ``record``."""

    def name(self, photo: Own) -> str:
        """Return the photo's name, unique in the batch."""
        ...

    def record(self, photo: Own) -> str:
        """Return the name of the photo's record, a valid and unique name of a folder."""
        ...

    def find_path(self, photo: Own) -> str | None:
        """Return the photo's file; None where it is missing."""
        ...

    def prepare(self, photo: Own, live: LiveBackend) -> None:
        """Tell the backend what is known of a photo before its run."""
        ...

    def make_line(self, photo: Own, state: Json, deps: Deps, live: LiveBackend) -> Json:
        """Make the line of a photo whose run ended in an answer."""
        ...

    def make_error_line(self, photo: Own, kind: str, message: str) -> Json:
        """Make the line of a photo without an answer."""
        ...

    def count(self, line: Json) -> None:
        """Take note of a line that is a result. Called from one thread, in the order photos end."""
        ...


@dataclass(frozen=True)
class BatchOrder:
    """How a batch is run.

    Attributes:
        records: the folder of the photos' runs.
        max_usd: the money of the whole batch; None means no limit.
        spent_usd: what earlier sessions have cost.
        afresh: records whose photos repeat every call, instead of reusing those recorded by an earlier session.
        behind: wraps the backend that answers the calls.
        on_event: receives the name of a photo and a progress event of its run, from several threads.
    """

    settings: Settings
    records: Path
    max_usd: float | None = None
    spent_usd: float = 0.0
    afresh: frozenset[str] = frozenset()
    behind: Callable[[Port], Port] = lambda world: world
    on_event: Callable[[str, ProgressEvent], None] | None = None


class BatchSession(Generic[Item]):
    """One process at work on a batch.

    Raises:
        SextantError: gallery, encoder, model or a file of the package cannot be loaded.
    """

    def __init__(self, order: BatchOrder, face: Face[Item], writer: LineWriter) -> None:
        self._order, self._face, self._writer = order, face, writer
        self._breaker = CircuitBreaker()
        self._deps, self._live = make_batch_deps(order.settings)
        self._world = order.behind(self._live)
        if order.max_usd is not None:
            self._world = MeteredCalls(self._world, self._live, self._deps, order.max_usd, order.spent_usd)
        self._graph = BatchRunner(self._deps)
        # Maps, names and fitted numbers are loaded once, and missing ones found out, before the threads begin.
        describe(0.0, 0.0)
        known = Candidate(0.0, 0.0, "nearest", rank=0, similarity=1.0, position_score=1.0)
        for strategy in {self._deps.recipe.verify, STAND_IN}:
            verify(Pool((known,)), strategy, self._deps.settings.optimise)

    @property
    def reason(self) -> str:
        """The model server's message for the last failed call; only after a session that ended by ``End.MODEL``."""
        return self._breaker.words()

    def work(self, photos: Iterable[Item], stop: threading.Event) -> End:
        """Run these photos in parallel; each line is on disk before the next photo takes its place.

        Args:
            photos: taken one by one, as places become free.
            stop: once set, photos in flight are finished and no others begun.

        Raises:
            SextantError: the disk does not take a line.
        """
        # One thread a matrix product: they are small, and the photos fill the cores.
        with _freeze_loaded_objects(), threadpool_limits(limits=1, user_api="blas"):
            return self._work(photos, stop)

    def _work(self, photos: Iterable[Item], stop: threading.Event) -> End:
        waiting = iter(photos)
        flying: set[Future[Json]] = set()
        at_once = count_parallel_photos(self._order.settings)
        with ThreadPoolExecutor(at_once, thread_name_prefix="photo") as pool:
            try:
                while True:
                    while len(flying) < at_once and not stop.is_set() and (photo := next(waiting, None)):
                        flying.add(pool.submit(self._locate, photo))
                    if not flying:
                        return self._end(End.STOPPED if stop.is_set() else End.DONE)
                    ended, flying = wait(flying, return_when=FIRST_COMPLETED)
                    for future in ended:
                        self._take(future.result())
                    if self._breaker.is_long():
                        stop.set()
            except SpendLimitReached:
                stop.set()
                self._drain(flying)
                return self._end(End.MONEY)
            except BaseException:
                stop.set()
                raise

    def _take(self, line: Json) -> None:
        """Count a photo that ended, and those held back before it that it makes results."""
        for result in self._breaker.take(line):
            if find_shared_failure(result):
                self._writer.append(result)
            self._face.count(result)

    def _end(self, why: End) -> End:
        """Return why the session ends. What is held back then is a result only when nothing else was wrong."""
        if self._breaker.is_long() or (why is End.DONE and self._breaker.is_all()):
            why = End.MODEL
        for line in self._breaker.held:
            if why is End.DONE:
                self._writer.append(line)
                self._face.count(line)
            elif (name := line["record"].rpartition("/")[2]) not in self._order.afresh:
                RunFolder(self._order.records / name).remove()  # asked again next time
        return why

    def _drain(self, flying: set[Future[Json]]) -> None:
        """Let the photos in flight end; those that need more money end without a line."""
        for future in flying:
            try:
                self._take(future.result())
            except SpendLimitReached:
                continue

    def _locate(self, photo: Item) -> Json:
        """Run one photo and write its line down, unless a streak of failures decides on it.

        Raises:
            SpendLimitReached: it cannot be finished for the money that is left; it has no line then.
            SextantError: the disk does not take what is written.
        """
        began = time.monotonic()
        name = self._face.record(photo)
        line = self._make_line(photo, name)
        line["timings"] = {"seconds": round(time.monotonic() - began, 4), **line.get("timings", {})}
        line["record"] = f"{self._order.records.name}/{name}"
        if not find_shared_failure(line):
            self._writer.append(line)
        return line

    def _make_line(self, photo: Item, name: str) -> Json:
        path = self._face.find_path(photo)
        if path is None:
            return self._face.make_error_line(
                photo, "missing", f"photo {self._face.name(photo)!r} is not in the folder"
            )
        settings = replace(self._deps.settings, run=name)
        told, called = self._order.on_event, self._face.name(photo)
        on_event = (lambda event: told(called, event)) if told else ignore_event
        try:
            self._face.prepare(photo, self._live)
            state = self._graph.locate(
                path, settings, self._order.records / name, self._world, name in self._order.afresh, on_event
            )
            return self._face.make_line(photo, state, replace(self._deps, settings=settings), self._live)
        except SpendLimitReached:
            raise
        except PhotoError as error:
            return self._face.make_error_line(photo, "unreadable", str(error))
        except (SextantError, OSError) as error:
            if _is_disk_full(error):
                raise SextantError(f"{error}; fix this and run the same command again") from error
            return self._face.make_error_line(photo, "failed", str(error))
        except Exception as error:
            # A defect met at one photo must not cost the other thousands; it is counted and shown.
            return self._face.make_error_line(photo, "defect", f"{type(error).__name__}: {format_error(error)}")


def count_parallel_photos(settings: Settings) -> int:
    """Return how many photos to process at once: a quarter more than model calls, so that the model never waits."""
    return settings.concurrency if settings.model == "offline" else settings.concurrency + settings.concurrency // 4


def read_usd(line: Json) -> float:
    """Return what a line's answer cost, in US dollars; 0 where the price is unknown or no answer exists."""
    answer = line.get("answer")
    return ((answer.get("spent") or {}).get("usd") or 0.0) if answer else 0.0


@contextmanager
def _freeze_loaded_objects() -> Iterator[None]:
    """Keep the garbage collector off what is loaded: a pass over it takes 0.1 s, in which no thread does anything."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _is_disk_full(error: BaseException | None) -> bool:
    """Return whether this error came of a disk that takes no more: no fault of the photo."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        error = error.__cause__
    return False
