"""Request limits of the server: upload size, rate limit, and the error that refuses a request."""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sextant.base.errors import SextantError


@dataclass(frozen=True)
class Limits:
    """Of one server. Bytes, pixels, counts; ``messages_a_minute`` of one session, ``sessions_a_minute`` of all.

    ``upload_bytes`` is of one photo, ``uploading_bytes`` of all messages that are being received.
    """

    upload_bytes: int = 40 * 2**20
    uploading_bytes: int = 2**30
    photos_a_message: int = 20
    photo_pixels: int = 60_000_000
    decode_seconds: float = 20.0
    text_characters: int = 2000
    messages_a_minute: int = 60
    sessions_a_minute: int = 120
    working_at_once: int = 128
    streams_a_client: int = 256
    streams: int = 1000


class RequestRefused(SextantError):
    """A request the server does not carry out; ``status`` is HTTP's."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass
class RateLimit:
    """At most ``most`` events in any minute."""

    most: int
    _times: deque[float] = field(default_factory=deque)

    def take(self, what: str) -> None:
        """Count one event.

        Raises:
            Refused: there were too many within the last minute.
        """
        self.check(what)
        self._times.append(time.monotonic())

    def check(self, what: str) -> None:
        """Check that one more event may happen now, without counting one. Raises as ``take``."""
        now = time.monotonic()
        while self._times and now - self._times[0] > 60:
            self._times.popleft()
        if len(self._times) >= self.most:
            raise RequestRefused(429, f"rate limit: more than {self.most} {what} in a minute; try again later")


@dataclass
class Reserve:
    """A quantity that requests in progress share. Safe for threads."""

    most: int
    _taken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def take(self, amount: int, refusal: str) -> Iterator[None]:
        """Take an amount within the block.

        Raises:
            Refused: that much is not left; ``refusal`` says so.
        """
        with self._lock:
            if self._taken + amount > self.most:
                raise RequestRefused(503, refusal)
            self._taken += amount
        try:
            yield
        finally:
            with self._lock:
                self._taken -= amount


@dataclass
class Streams:
    """The event streams that are open, by the client's address. Used from the server's loop only."""

    most_of_client: int
    most: int
    _open: Counter[str] = field(default_factory=Counter)

    def check(self, client: str) -> None:
        """Check that the client may open one more.

        Raises:
            Refused: it has, or all clients have, too many.
        """
        if self._open[client] >= self.most_of_client:
            raise RequestRefused(429, f"{self._open[client]} event streams are open from your address; close some")
        if self._open.total() >= self.most:
            raise RequestRefused(503, "too many event streams are open; try again in a moment")

    @contextmanager
    def open(self, client: str) -> Iterator[None]:
        """Count one open stream within the block."""
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]
