"""One process at work on a batch: many photos at a time through the graph, each line on disk when its photo ends.

Evaluations and libraries share it. What differs between them, such as what a line holds, stands in their ``Face``.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from queue import SimpleQueue
from typing import Generic, TypeVar

from threadpoolctl import threadpool_limits

from sextant.base.json_types import Json
from sextant.graphs.batches.circuit_breaker import CircuitBreaker, find_shared_failure
from sextant.graphs.batches.garbage import freeze_loaded_objects
from sextant.graphs.batches.lines import LineWriter
from sextant.graphs.batches.order import BatchOrder, Face
from sextant.graphs.batches.spend_limit import SpendLimitReached
from sextant.graphs.batches.spread.choice import choose_processes
from sextant.graphs.batches.worker import PhotoWorker, count_parallel_photos
from sextant.graphs.runs.folder import RunFolder

Item = TypeVar("Item")
Counted = TypeVar("Counted")


class End(StrEnum):
    """Why a session of a batch ended; ``model`` means that the model is unavailable."""

    DONE = "done"
    STOPPED = "stopped"
    MONEY = "money"
    MODEL = "model"


@dataclass(frozen=True)
class SessionEnd(Generic[Counted]):
    """How a session of a batch ended, and its counts; ``reason`` is what an unavailable model's server said."""

    why: End
    counts: Counted
    reason: str | None = None
    notes: tuple[str, ...] = ()


class BatchSession(Generic[Item]):
    """One process at work on a batch, once; it may have worker processes.

    Args:
        photos: how many will be given to ``work``.

    Attributes:
        notes: what went wrong without ending the session.

    Raises:
        SextantError: gallery, encoder, model or a file of the package cannot be loaded.
    """

    def __init__(self, order: BatchOrder, face: Face[Item], writer: LineWriter, photos: int) -> None:
        self._order, self._face, self._writer = order, face, writer
        self._breaker = CircuitBreaker()
        self._at_once = count_parallel_photos(order.settings)
        self._run: Callable[[Item], Json]
        self.notes: list[str] = []
        processes = 1 if order.workers else choose_processes(order, photos)
        if order.workers:
            from sextant.graphs.batches.spread.ray_workers import RayWorkers

            workers = RayWorkers(order, face)
            self._at_once *= workers.count
            self._run, self._close = workers.locate, workers.close
        elif processes > 1:
            from sextant.graphs.batches.spread.processes import WorkerProcesses

            spread = WorkerProcesses(order, face, processes)
            self._run, self._close, self.notes = spread.locate, spread.close, spread.notes
        else:
            self._run, self._close = PhotoWorker(order, face).locate, lambda: None

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
        with ExitStack() as stack:
            stack.callback(self._close)
            stack.enter_context(freeze_loaded_objects())
            stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
            return self._work(photos, stop)

    def _work(self, photos: Iterable[Item], stop: threading.Event) -> End:
        waiting = iter(photos)
        flying: set[Future[Json]] = set()
        ended: SimpleQueue[Future[Json]] = SimpleQueue()
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="photo") as pool:
            try:
                while True:
                    while len(flying) < self._at_once and not stop.is_set() and (photo := next(waiting, None)):
                        future = pool.submit(self._locate, photo)
                        flying.add(future)
                        future.add_done_callback(ended.put)
                    if not flying:
                        return self._end(End.STOPPED if stop.is_set() else End.DONE)
                    future = ended.get()
                    flying.remove(future)
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
        line = self._run(photo)
        if not find_shared_failure(line):
            self._writer.append(line)
        return line


def read_usd(line: Json) -> float:
    """Return what a line's answer cost, in US dollars; 0 where the price is unknown or no answer exists."""
    answer = line.get("answer")
    return ((answer.get("spent") or {}).get("usd") or 0.0) if answer else 0.0
