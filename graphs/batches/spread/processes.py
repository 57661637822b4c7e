"""Spread a batch over processes of this machine: this one and its workers.

Threads of one process share Python's lock, so that many model calls at once wait for it. This process begins alone.
Each worker that has loaded gallery and model takes over a share of the photos and calls in flight; money, requests per
minute and pauses stay here. A worker that dies is started anew, and its photos are run again; calls that it had
recorded are not repeated.
"""

import pickle
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from sextant.agent.llm.retry import RateLimiter
from sextant.base.errors import SextantError, WrongUse
from sextant.base.json_types import Json
from sextant.graphs.batches.order import BatchOrder, Face
from sextant.graphs.batches.spread.deaths import RUN_AGAIN, make_death_line
from sextant.graphs.batches.spread.messages import Start
from sextant.graphs.batches.spread.process import SharedLimits, WorkerDied, WorkerProcess
from sextant.graphs.batches.worker import PhotoWorker, count_parallel_photos

_ALONE_AFTER = 2  # deaths; from then on no other photo is in the worker, which may have died of another one
Item = TypeVar("Item")


class WorkerProcesses(Generic[Item]):
    """This process and its workers.

    Attributes:
        notes: workers that could not be started; the batch continues without them.

    Raises:
        WrongUse: the order cannot be sent to another process, or gallery or model are unknown.
        SextantError: gallery or model cannot be loaded.
    """

    def __init__(self, order: BatchOrder, face: Face[Item], count: int) -> None:
        """Start the workers and load everything that photos need here.

        Args:
            count: of all processes, this one among them.
        """
        self._order, self._face = order, face
        self._limits = SharedLimits(order)
        self._limiter = RateLimiter(order.settings.concurrency, self._limits)
        self._changed = threading.Condition()
        self._is_closed = False
        self.notes: list[str] = []
        _, *shares = split_evenly(order.settings.concurrency, count)
        starts = [_make_start(order, face, share) for share in shares]
        self._workers = [_Worker(start, self._limits.start_process(start)) for start in starts]
        try:
            local = PhotoWorker(order, face, self._limiter, self._limits.money)
        except BaseException:
            self.close()
            raise
        self._here = _Here(local.locate, count_parallel_photos(order.settings))
        for worker in self._workers:
            self._open_when_ready(worker)

    def locate(self, photo: Item) -> Json:
        """Run one photo in the process that has most room, wait for it and return its line.

        Raises:
            SpendLimitReached: it cannot be finished for the money that is left.
            SextantError: the disk does not take what is written, or a worker died at the photo and no other is left.
        """
        deaths = 0
        while deaths <= RUN_AGAIN:
            alone = deaths >= _ALONE_AFTER
            place = self._enter_alone() if alone else self._enter(only_workers=deaths > 0)
            try:
                return place.run(photo)
            except WorkerDied as death:
                deaths += death.had_the_photo
                self._start_again(death.process)
            finally:
                self._leave(place, alone)
        return make_death_line(self._order, self._face, photo)

    def list_pids(self) -> list[int]:
        """List the ids of the workers."""
        with self._changed:
            return [worker.process.pid for worker in self._workers]

    def close(self) -> None:
        """End the workers."""
        with self._changed:
            self._is_closed = True
            processes = [worker.process for worker in self._workers]
        for process in processes:
            process.close()
        for process in processes:
            process.wait()
        self._limits.waiting.shutdown(wait=False)

    def _enter(self, only_workers: bool) -> "_Here | _Worker":
        """Wait for a free place. A photo at which a worker died is not let into this process, which might die of it."""
        with self._changed:
            while True:
                self._check_workers(only_workers)
                places: list[_Here | _Worker] = [*self._workers] if only_workers else [self._here, *self._workers]
                free = [one for one in places if one.is_open and not one.is_claimed and one.photos < one.most]
                if free:
                    place = min(free, key=lambda one: one.photos / one.most)
                    place.photos += 1
                    return place
                self._changed.wait()

    def _enter_alone(self) -> "_Worker":
        """Wait for a worker without photos."""
        with self._changed:
            while True:
                self._check_workers(needed=True)
                claimed = next((one for one in self._workers if one.is_open and not one.is_claimed), None)
                if claimed is None:
                    self._changed.wait()
                    continue
                claimed.is_claimed = True
                while claimed.photos:
                    self._changed.wait()
                if claimed.is_open:
                    claimed.photos = 1
                    return claimed
                claimed.is_claimed = False  # it died with the photos that were waited for

    def _check_workers(self, needed: bool) -> None:
        if needed and not self._workers:
            raise SextantError(f"{self.notes[-1]}; run the same command again to resume")

    def _leave(self, place: "_Here | _Worker", alone: bool) -> None:
        with self._changed:
            place.photos -= 1
            if alone:
                place.is_claimed = False
            self._changed.notify_all()

    def _start_again(self, dead: WorkerProcess) -> None:
        """Start a worker for one that died, once, whoever notices it first."""
        with self._changed:
            worker = next((one for one in self._workers if one.process is dead), None)
            if worker is None or self._is_closed:
                return
            worker.is_open = False
            worker.process = self._limits.start_process(worker.start, instead_of=dead)
        self._open_when_ready(worker)

    def _open_when_ready(self, worker: "_Worker") -> None:
        threading.Thread(target=self._open, args=(worker,), daemon=True, name="worker start").start()

    def _open(self, worker: "_Worker") -> None:
        """Wait until a worker is ready; hand over its share when calls in flight here have ended."""
        try:
            worker.process.wait_until_ready()
        except SextantError as error:
            self._do_without(worker, str(error))
            return
        if not worker.has_share:
            self._limiter.give_away(worker.start.concurrency)
        with self._changed:
            if not worker.has_share:
                worker.has_share = True
                self._here.most -= worker.most
            worker.is_open = True
            self._changed.notify_all()

    def _do_without(self, worker: "_Worker", problem: str) -> None:
        """Take a worker's share back that cannot be started."""
        with self._changed:
            if self._is_closed:
                return
            self._workers.remove(worker)
            self.notes.append(problem)
            if worker.has_share:
                self._limiter.take_back(worker.start.concurrency)
                self._here.most += worker.most
            self._changed.notify_all()


class _Here:
    """The photos in this process."""

    def __init__(self, run: Callable[[Any], Json], most: int) -> None:
        self.run, self.most = run, most
        self.photos = 0
        self.is_open, self.is_claimed = True, False


class _Worker:
    """The photos in one worker: in one process at a time.

    Attributes:
        is_claimed: whether one photo has, or waits for, the worker alone.
        has_share: whether its share of the calls in flight was taken from this process.
    """

    def __init__(self, start: Start, process: WorkerProcess) -> None:
        self.start, self.process = start, process
        self.most = start.photos_at_once
        self.photos = 0
        self.is_open = self.is_claimed = self.has_share = False

    def run(self, photo: Any) -> Json:
        """Run a photo in the process."""
        return self.process.run(photo)


def _make_start(order: BatchOrder, face: Face[Item], concurrency: int) -> Start:
    sent = replace(order, on_event=None, idle=None)
    photos_at_once = count_parallel_photos(replace(order.settings, concurrency=concurrency))
    spaced, followed = order.settings.requests_per_minute is not None, order.on_event is not None
    start = Start(sent, face.make_remote(), concurrency, photos_at_once, spaced, followed)
    try:
        pickle.dumps(start)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise WrongUse(
            f"worker processes cannot be given what answers the calls of this batch ({error}); use one process"
        ) from error
    return start


def split_evenly(concurrency: int, count: int) -> list[int]:
    """Split calls in flight over processes, as evenly as possible."""
    return [concurrency // count + (number < concurrency % count) for number in range(count)]
