"""Wait for the disk in the background, while whoever wrote works on.

A wait begins when it is started, not when somebody asks for its result: a power cut loses no more than it would if the
writer had stood still meanwhile.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache

_AT_ONCE = 4  # waits of different writers; a file system gathers those that come together


class DiskWaits:
    """The waits of one writer, made one after the other in the order in which they were started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: deque[Callable[[], None]] = deque()
        self._working: Future[None] | None = None
        self._error: OSError | None = None

    def start(self, wait: Callable[[], None]) -> None:
        """Begin a wait, after those that were started before it."""
        with self._lock:
            self._left.append(wait)
            if self._working is None:
                self._working = _open_pool(os.getpid()).submit(self._work)

    def check(self) -> None:
        """Raise if a wait has failed so far.

        Raises:
            OSError: the disk did not take what was written.
        """
        if self._error is not None:
            raise self._error

    def finish(self) -> None:
        """Wait until every wait has ended.

        Raises:
            OSError: as ``check``.
        """
        with self._lock:
            working = self._working
        if working is not None:
            working.result()
        self.check()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._left:
                    self._working = None
                    return
                wait = self._left.popleft()
            try:
                wait()
            except OSError as error:
                self._error = self._error or error


def wait_together(*waits: Callable[[], None]) -> None:
    """Make several waits at the same time.

    Raises:
        OSError: the first that failed; the others have ended too.
    """
    first, *others = waits
    running = [_open_pool(os.getpid()).submit(wait) for wait in others]
    try:
        first()
    finally:
        for one in running:
            with suppress(OSError):
                one.result()
    for one in running:
        one.result()


@lru_cache(maxsize=1)
def _open_pool(process: int) -> ThreadPoolExecutor:
    """Open the threads that wait, once for each process: those of a parent do not run in its children."""
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="disk")
