"""Retry and rate limit: concurrent requests, requests per minute, and backoff between attempts."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

LONGEST_DELAY_S = 20.0
LONGEST_RETRY_AFTER_S = 120.0  # a longer wait than this counts as a refusal


class OutOfTimeError(Exception):
    """The call's time ran out while it waited for its turn."""


class Starts(Protocol):
    """When requests may start. Safe for many threads."""

    def reserve(self, left_s: float | None) -> float:
        """Reserve the next start; return the seconds until then.

        Raises:
            OutOfTimeError: that is longer than ``left_s``.
        """
        ...

    def pause(self, seconds: float) -> None:
        """Start no request for this many seconds."""
        ...


class SpacedStarts:
    """Starts of this process.

    Args:
        requests_per_minute: evenly spaced, without bursts; None means no limit.
    """

    def __init__(self, requests_per_minute: float | None = None) -> None:
        self._interval_s = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._lock = threading.Lock()
        self._next_start = 0.0

    def reserve(self, left_s: float | None) -> float:
        """Reserve the next start; return the seconds until then.

        Raises:
            OutOfTimeError: that is longer than ``left_s``.
        """
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next_start)
            if left_s is not None and start - now > left_s:
                raise OutOfTimeError
            self._next_start = start + self._interval_s
            return start - now

    def pause(self, seconds: float) -> None:
        """Start no request for this many seconds."""
        with self._lock:
            self._next_start = max(self._next_start, time.monotonic() + seconds)


class RateLimiter:
    """Rate limiter shared by all threads that call one model.

    Args:
        concurrency: requests in flight at once.
        starts: when requests may start; at any time by default.
    """

    def __init__(self, concurrency: int, starts: Starts | None = None) -> None:
        self._slots = threading.BoundedSemaphore(concurrency)
        self._starts = starts or SpacedStarts()

    @contextmanager
    def wait_for_slot(self, ends: float | None) -> Iterator[None]:
        """Wait for a free slot and for the next start.

        Raises:
            OutOfTimeError: `ends` (by `time.monotonic()`) comes first.
        """
        if not self._slots.acquire(timeout=_compute_left(ends)):
            raise OutOfTimeError
        try:
            sleep_until(time.monotonic() + self._starts.reserve(_compute_left(ends)))
            yield
        finally:
            self._slots.release()

    def give_away(self, slots: int) -> None:
        """Leave slots to another process, each as soon as its request has ended."""
        for _ in range(slots):
            self._slots.acquire()

    def take_back(self, slots: int) -> None:
        """Take slots back that were given away."""
        self._slots.release(slots)

    def pause(self, seconds: float) -> None:
        """Start no request for this many seconds, because the server asked for a pause (Retry-After)."""
        self._starts.pause(seconds)


def _compute_left(ends: float | None) -> float | None:
    return None if ends is None else max(ends - time.monotonic(), 0.0)


def sleep_until(moment: float) -> None:
    """Sleep until `time.monotonic()` reads `moment`."""
    left = moment - time.monotonic()
    if left > 0:
        time.sleep(left)


def compute_backoff_s(attempt: int, base_s: float, chance: float) -> float:
    """Compute the seconds to wait after failed attempt number `attempt` (from 1): doubling, with up to half jitter.

    Args:
        chance: a number in [0, 1) that differs between callers, so that they do not retry at the same moment.
    """
    return min(base_s * 2.0 ** (attempt - 1), LONGEST_DELAY_S) * (0.5 + chance / 2)
