"""One worker process, seen from its batch: it runs photos until it is closed or dies."""

import subprocess
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from typing import Any

from sextant.agent.llm.retry import OutOfTimeError, SpacedStarts
from sextant.base.errors import SextantError, WrongUse
from sextant.base.json_types import Json
from sextant.graphs.batches.order import BatchOrder
from sextant.graphs.batches.spend_limit import SpendLimit, SpendLimitReached
from sextant.graphs.batches.spread.idle import start_process
from sextant.graphs.batches.spread.messages import (
    Ended,
    Event,
    Failed,
    Granted,
    Pause,
    Photo,
    Ready,
    Reserve,
    ReserveStart,
    Settle,
    Start,
)
from sextant.graphs.batches.spread.pipe import Pipe

_END_S = 10.0  # for a worker without photos to end in order
_WAITING = 16  # reservations that wait for money at the same time; further ones queue


class WorkerDied(Exception):
    """The process ended; ``had_the_photo`` tells whether the photo was in flight in it."""

    def __init__(self, process: "WorkerProcess", had_the_photo: bool) -> None:
        super().__init__(process.pid)
        self.process, self.had_the_photo = process, had_the_photo


class SharedLimits:
    """What all processes of a batch share: money, and when requests start."""

    def __init__(self, order: BatchOrder) -> None:
        self.money = None if order.max_usd is None else SpendLimit(order.max_usd, order.spent_usd)
        self._starts = SpacedStarts(order.settings.requests_per_minute)
        self.waiting = ThreadPoolExecutor(_WAITING, thread_name_prefix="money")
        self.on_event = order.on_event
        self.take_process = order.idle.take if order.idle else start_process
        self._processes: list[WorkerProcess] = []

    def start_process(self, start: Start, instead_of: "WorkerProcess | None" = None) -> "WorkerProcess":
        """Start a worker that keeps to these limits."""
        process = WorkerProcess(start, self)
        self._processes = [*(one for one in self._processes if one is not instead_of), process]
        return process

    def reserve(self, left_s: float | None) -> float:
        """Reserve the next start of a request; return the seconds until then.

        Raises:
            OutOfTimeError: that is longer than ``left_s``.
        """
        return self._starts.reserve(left_s)

    def pause(self, seconds: float) -> None:
        """Start no request for this many seconds, in any process."""
        self._starts.pause(seconds)
        for process in self._processes:
            process.send(Pause(seconds))


class WorkerProcess:
    """A worker process from its start to its end. Ctrl-C reaches the batch alone, which lets its photos finish."""

    def __init__(self, start: Start, limits: SharedLimits) -> None:
        self._popen = limits.take_process()
        assert self._popen.stdin and self._popen.stdout
        self._pipe = Pipe(self._popen.stdout, self._popen.stdin)
        self._limits = limits
        self._ready: Future[Ready] = Future()
        self._lock = threading.Lock()
        self._numbers = count()
        self._photos: dict[int, Future[Json]] = {}
        self._reserved: list[float] = []
        self.alive = True
        threading.Thread(target=self._read, daemon=True, name="worker process").start()
        self.send(start)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._popen.pid

    def wait_until_ready(self) -> None:
        """Wait until gallery and model are loaded.

        Raises:
            SextantError: one of them cannot be loaded, or the process died.
        """
        try:
            ready = self._ready.result()
        except WorkerDied:
            code = self._popen.wait()
            ended = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            raise SextantError(
                f"a worker process {ended} while it was loading; if memory is short, use --processes 1"
            ) from None
        if ready.problem is not None:
            raise WrongUse(ready.problem) if ready.wrong_use else SextantError(ready.problem)

    def run(self, photo: Any) -> Json:
        """Run one photo and return its line.

        Raises:
            WorkerDied: the process died before the photo's end.
            SpendLimitReached: the photo cannot be finished for the money that is left.
            SextantError: the disk does not take what is written.
        """
        future: Future[Json] = Future()
        with self._lock:
            if not self.alive:
                raise WorkerDied(self, had_the_photo=False)
            number = next(self._numbers)
            self._photos[number] = future
        self.send(Photo(number, photo))
        return future.result()

    def send(self, message: Any) -> None:
        """Send a message; one that a dead process does not take is noticed where its answers are read."""
        with suppress(OSError, ValueError):
            self._pipe.send(message)

    def close(self) -> None:
        """End the process: in order where it has nothing to do."""
        assert self._popen.stdin
        with suppress(OSError):
            self._popen.stdin.close()

    def wait(self) -> None:
        """Wait until a closed process has ended."""
        try:
            self._popen.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def _read(self) -> None:
        try:
            while True:
                self._take(self._pipe.receive())
        except EOFError:
            self._bury()

    def _take(self, message: Any) -> None:
        match message:
            case Ready():
                self._ready.set_result(message)
            case Ended():
                self._photos.pop(message.number).set_result(message.line)
            case Failed():
                error = SpendLimitReached(message.problem) if message.money else SextantError(message.problem)
                self._photos.pop(message.number).set_exception(error)
            case Event():
                if self._limits.on_event is not None:
                    self._limits.on_event(message.name, message.event)
            case Reserve():
                self._limits.waiting.submit(self._grant_money, message)
            case Settle():
                self._settle(message.most, message.cost)
            case ReserveStart():
                self._grant_start(message)
            case Pause():
                self._limits.pause(message.seconds)

    def _grant_money(self, asked: Reserve) -> None:
        """Wait for money in a thread of its own: this very process may send what ends the wait."""
        money = self._get_money()
        try:
            money.reserve(asked.most)
        except SpendLimitReached as error:
            self.send(Granted(asked.number, refused=str(error)))
            return
        with self._lock:
            if self.alive:
                self._reserved.append(asked.most)
                self.send(Granted(asked.number))
                return
        money.settle(asked.most, 0.0)  # it died waiting; the call was never made

    def _grant_start(self, asked: ReserveStart) -> None:
        try:
            self.send(Granted(asked.number, self._limits.reserve(asked.left_s)))
        except OutOfTimeError:
            self.send(Granted(asked.number, refused="too late"))

    def _settle(self, most: float, cost: float) -> None:
        with self._lock:
            self._reserved.remove(most)
        self._get_money().settle(most, cost)

    def _get_money(self) -> SpendLimit:
        assert self._limits.money is not None
        return self._limits.money

    def _bury(self) -> None:
        """Let those who wait for a dead process know. Its calls in flight may have cost all that was reserved."""
        with self._lock:
            self.alive = False
            photos, self._photos = list(self._photos.values()), {}
            reserved, self._reserved = self._reserved, []
        for most in reserved:
            self._get_money().settle(most, most)
        if not self._ready.done():
            self._ready.set_exception(WorkerDied(self, had_the_photo=False))
        for future in photos:
            future.set_exception(WorkerDied(self, had_the_photo=True))
