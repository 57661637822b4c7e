"""Retry and rate limit: concurrent requests, requests per minute, and backoff between attempts."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_DELAY_S = 20.0
LONGEST_RETRY_AFTER_S = 120.0  # a longer wait than this counts as a refusal


class OutOfTimeError(Exception):
    """The call's time ran out while it waited for its turn."""


class RateLimiter:
    """Rate limiter shared by all threads that call one model.

    Args:
        concurrency: requests in flight at once.
        requests_per_minute: evenly spaced, without bursts; None means no limit.
    """

    def __init__(self, concurrency: int, requests_per_minute: float | None = None) -> None:
        self._slots = threading.BoundedSemaphore(concurrency)
        self._interval_s = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._lock = threading.Lock()
        self._next_start = 0.0

    @contextmanager
    def wait_for_slot(self, ends: float | None) -> Iterator[None]:
        """Wait for a free slot and for the next start.

        Raises:
            OutOfTimeError: `ends` (by `time.monotonic()`) comes first.
        """
        wait = None if ends is None else max(ends - time.monotonic(), 0.0)
        if not self._slots.acquire(timeout=wait):
            raise OutOfTimeError
        try:
            sleep_until(self._reserve(ends))
            yield
        finally:
            self._slots.release()

    def _reserve(self, ends: float | None) -> float:
        with self._lock:
            start = max(time.monotonic(), self._next_start)
            if ends is not None and start > ends:
                raise OutOfTimeError
            self._next_start = start + self._interval_s
            return start

    def pause(self, seconds: float) -> None:
        """Start no request for this many seconds, because the server asked for a pause (Retry-After)."""
        with self._lock:
            self._next_start = max(self._next_start, time.monotonic() + seconds)


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
