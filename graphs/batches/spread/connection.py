"""A worker process's connection to its batch, and the limits that the batch keeps for all processes."""

import os
import queue
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from sextant.agent.llm.retry import OutOfTimeError, SpacedStarts
from sextant.graphs.batches.spend_limit import SpendLimitReached
from sextant.graphs.batches.spread.messages import (
    Ended,
    Failed,
    Granted,
    Pause,
    Photo,
    Reserve,
    ReserveStart,
    Settle,
)
from sextant.graphs.batches.spread.pipe import Pipe


class Connection:
    """Receives photos, sends what became of them, and asks for what all processes share. Any thread may use it.

    When the batch is gone, this process ends at once, unless it has nothing to do: then it ends in order.
    """

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._photos: queue.SimpleQueue[Photo | None] = queue.SimpleQueue()
        self._numbers = count()
        self._waiting: dict[int, queue.SimpleQueue[Granted]] = {}
        self._lock = threading.Lock()
        self._busy = 1  # loading, until the first photo is waited for
        self.pauses = SpacedStarts()
        """How long the server asked the batch's processes to wait."""
        threading.Thread(target=self._read, daemon=True, name="batch").start()

    def receive_photos(self) -> Iterator[Photo]:
        """Yield photos until the batch is over."""
        self._count(-1)
        while (photo := self._photos.get()) is not None:
            yield photo

    def finish_photo(self, result: Ended | Failed) -> None:
        """Send what became of a photo."""
        self._count(-1)  # first: the batch may be over as soon as it has its last result
        self.send(result)

    def send(self, message: Any) -> None:
        """Send a message; where the batch is gone, end this process."""
        try:
            self._pipe.send(message)
        except OSError:
            os._exit(1)

    def ask_for_money(self, most: float) -> Granted:
        """Ask the batch for US dollars and wait for its answer."""
        return self._ask(lambda number: Reserve(number, most))

    def ask_for_start(self, left_s: float | None) -> Granted:
        """Ask the batch when the next request may start and wait for its answer."""
        return self._ask(lambda number: ReserveStart(number, left_s))

    def _ask(self, make: Callable[[int], Any]) -> Granted:
        number, answer = next(self._numbers), queue.SimpleQueue[Granted]()
        self._waiting[number] = answer
        self.send(make(number))
        return answer.get()

    def _read(self) -> None:
        while True:
            try:
                message = self._pipe.receive()
            except EOFError:
                break
            match message:
                case Photo():
                    self._count(1)
                    self._photos.put(message)
                case Granted():
                    self._waiting.pop(message.number).put(message)
                case Pause():
                    self.pauses.pause(message.seconds)
        if self._busy:
            os._exit(1)
        self._photos.put(None)

    def _count(self, more: int) -> None:
        with self._lock:
            self._busy += more


class BatchStarts:
    """Starts of requests, spaced by the batch over all its processes.

    Args:
        spaced: whether there is a limit per minute; without one, only pauses are shared.
    """

    def __init__(self, batch: Connection, spaced: bool) -> None:
        self._batch, self._spaced = batch, spaced

    def reserve(self, left_s: float | None) -> float:
        """Reserve the next start; return the seconds until then.

        Raises:
            OutOfTimeError: that is longer than ``left_s``.
        """
        if not self._spaced:
            return self._batch.pauses.reserve(left_s)
        granted = self._batch.ask_for_start(left_s)
        if granted.refused is not None:
            raise OutOfTimeError
        return granted.seconds

    def pause(self, seconds: float) -> None:
        """Start no request for this many seconds, in any process."""
        self._batch.pauses.pause(seconds)  # here at once, elsewhere as soon as the batch has sent it
        self._batch.send(Pause(seconds))


class BatchSpendLimit:
    """The spending limit that the batch keeps for all its processes."""

    def __init__(self, batch: Connection) -> None:
        self._batch = batch

    def reserve(self, most: float) -> None:
        """Set aside the most a call can cost.

        Raises:
            SpendLimitReached: it does not fit, and no call is in flight in any process.
        """
        granted = self._batch.ask_for_money(most)
        if granted.refused is not None:
            raise SpendLimitReached(granted.refused)

    def settle(self, most: float, cost: float) -> None:
        """Replace a call's reservation by what the call cost."""
        self._batch.send(Settle(most, cost))
