"""The event log of a session: numbered server-sent events that any number of tabs follow and resume."""

import asyncio
import json
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sextant.base.json_types import Document

KEPT = 2000  # events of a session; a message makes some dozens
KEPT_CHARACTERS = 1_000_000  # of a session; a snapshot of a long conversation has some hundred thousand


@dataclass(frozen=True)
class Event:
    """One event: ``kind`` is session, step, working, idle, or error."""

    id: str
    kind: str
    data: str


@dataclass
class EventLog:
    """The events of one session in this process. Written from any thread, read from the server's loop."""

    # A number from another life of the server means nothing here.
    life: str = field(default_factory=lambda: secrets.token_hex(4))
    _events: deque[tuple[int, Event]] = field(default_factory=deque)
    _last: int = 0
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: set[Callable[[], None]] = field(default_factory=set)

    def add(self, kind: str, data: Document) -> None:
        """Note one event and wake whoever follows."""
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            self._last += 1
            self._events.append((self._last, Event(f"{self.life}.{self._last}", kind, text)))
            self._size += len(text)
            while len(self._events) > 1 and (len(self._events) > KEPT or self._size > KEPT_CHARACTERS):
                self._size -= len(self._events.popleft()[1].data)
            wake = list(self._wake)
        for call in wake:
            call()

    def after(self, number: int) -> list[tuple[int, Event]]:
        """Return the events after that number that are still kept."""
        with self._lock:
            return [pair for pair in self._events if pair[0] > number]

    def number_of(self, event_id: str | None) -> int | None:
        """Return the number of an event id; None if the id is of another server process, too old, or invalid."""
        life, _, number = (event_id or "").partition(".")
        if life != self.life or not (number.isascii() and number.isdigit() and len(number) <= 18):
            return None
        with self._lock:
            first = self._events[0][0] if self._events else self._last + 1
        return int(number) if int(number) >= first - 1 else None

    @property
    def last(self) -> int:
        return self._last

    @property
    def begun(self) -> int:
        """The number before the event that began the work in progress; the last number when nothing is."""
        with self._lock:
            for number, event in reversed(self._events):
                if event.kind == "idle":
                    return self._last
                if event.kind == "working":
                    return number - 1
        return self._last

    async def wait(self, number: int, seconds: float) -> None:
        """Until there is an event after that number, or the time is over."""
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()

        def call() -> None:
            loop.call_soon_threadsafe(woken.set)

        with self._lock:
            self._wake.add(call)
        try:
            if not self.after(number):
                await asyncio.wait_for(woken.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._wake.discard(call)
