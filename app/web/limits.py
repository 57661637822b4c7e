"""What one client may ask of the server, and the errors that say so."""

import time
from collections import deque
from dataclasses import dataclass, field

from sextant.base.errors import SextantError


@dataclass(frozen=True)
class Limits:
    """Of one server. Bytes, pixels, counts; ``messages_a_minute`` of one session, ``sessions_a_minute`` of all."""

    upload_bytes: int = 40 * 2**20
    photos_a_message: int = 20
    photo_pixels: int = 60_000_000
    decode_seconds: float = 20.0
    text_characters: int = 2000
    messages_a_minute: int = 60
    sessions_a_minute: int = 120
    working_at_once: int = 64


class Refused(SextantError):
    """A request the server does not carry out; ``status`` is HTTP's."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass
class Rate:
    """At most ``most`` events in any minute."""

    most: int
    _times: deque[float] = field(default_factory=deque)

    def take(self, what: str) -> None:
        """Count one event.

        Raises:
            Refused: there were too many within the last minute.
        """
        now = time.monotonic()
        while self._times and now - self._times[0] > 60:
            self._times.popleft()
        if len(self._times) >= self.most:
            raise Refused(429, f"more than {self.most} {what} in a minute; wait a little")
        self._times.append(now)
