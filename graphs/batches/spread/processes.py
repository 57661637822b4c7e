"""Spread a batch over processes of this machine; this one hands out the photos and writes their lines.

Threads of one process share Python's lock, so that many model calls at once wait for it. Each process holds a share of
the calls in flight; money, requests per minute and pauses are this process's. A process that dies is started anew,
and its photos are run again; calls that it had recorded are not repeated.
"""

import pickle
import threading
from dataclasses import replace
from typing import Generic, TypeVar

from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.graphs.batches.order import BatchOrder, Face
from sextant.graphs.batches.spread.deaths import RUN_AGAIN, make_death_line
from sextant.graphs.batches.spread.messages import Start
from sextant.graphs.batches.spread.process import SharedLimits, WorkerDied, WorkerProcess
from sextant.graphs.batches.worker import count_parallel_photos

_ALONE_AFTER = 2  # deaths; from then on no other photo is in the process, which may have died of another one
Item = TypeVar("Item")


class WorkerProcesses(Generic[Item]):
    """Worker processes that share the batch's limits.

    Attributes:
        photos_at_once: of all processes together.

    Raises:
        WrongUse: the order cannot be sent to another process, or gallery or model are unknown.
        SextantError: a process cannot load gallery or model.
    """

    def __init__(self, order: BatchOrder, face: Face[Item], count: int) -> None:
        self._order, self._face = order, face
        self._limits = SharedLimits(order)
        self._free = threading.Condition()
        starts = [_make_start(order, face, share) for share in split_evenly(order.settings.concurrency, count)]
        self._places = [_Place(start, self._limits) for start in starts]
        self.photos_at_once = sum(start.photos_at_once for start in starts)
        try:
            for place in self._places:
                place.process.wait_until_ready()
        except BaseException:
            self.close()
            raise

    def locate(self, photo: Item) -> Json:
        """Run one photo in the process that has most room, wait for it and return its line.

        Raises:
            SpendLimitReached: it cannot be finished for the money that is left.
            SextantError: the disk does not take what is written, or a process cannot be started again.
        """
        for deaths in range(RUN_AGAIN + 1):
            alone = deaths >= _ALONE_AFTER
            place = self._enter(alone)
            try:
                return place.run(photo)
            except WorkerDied:
                continue
            finally:
                self._leave(place, alone)
        return make_death_line(self._order, self._face, photo)

    def list_pids(self) -> list[int]:
        """List the ids of the processes."""
        return [place.process.pid for place in self._places]

    def close(self) -> None:
        """End the processes."""
        processes = [place.process for place in self._places]
        for process in processes:
            process.close()
        for process in processes:
            process.wait()
        self._limits.waiting.shutdown(wait=False)

    def _enter(self, alone: bool) -> "_Place":
        """Take one place of a process, or all of them once they are free."""
        with self._free:
            while True:
                open_ones = [place for place in self._places if place.photos < place.most and not place.is_claimed]
                if open_ones:
                    place = min(open_ones, key=lambda one: one.photos / one.most)
                    if not alone:
                        place.photos += 1
                        return place
                    place.is_claimed = True
                    while place.photos:
                        self._free.wait()
                    return place
                self._free.wait()

    def _leave(self, place: "_Place", alone: bool) -> None:
        with self._free:
            if alone:
                place.is_claimed = False
            else:
                place.photos -= 1
            self._free.notify_all()


class _Place:
    """The place of one process at a time; the next one starts when a photo needs it."""

    def __init__(self, start: Start, limits: SharedLimits) -> None:
        self._start, self._limits = start, limits
        self._starting = threading.Lock()
        self.most = start.photos_at_once
        self.photos = 0
        self.is_claimed = False
        """Whether one photo has, or waits for, the process alone."""
        self.process = self._make_process()

    def run(self, photo: object) -> Json:
        """Run a photo in the process, or in a new one where it died."""
        with self._starting:
            if not self.process.alive:
                self.process.wait()
                self._limits.processes.remove(self.process)
                self.process = self._make_process()
                self.process.wait_until_ready()
        return self.process.run(photo)

    def _make_process(self) -> WorkerProcess:
        process = WorkerProcess(self._start, self._limits)
        self._limits.processes.append(process)
        return process


def _make_start(order: BatchOrder, face: Face[Item], concurrency: int) -> Start:
    sent = replace(order, on_event=None)
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
