"""Handle Ctrl-C and SIGTERM: the first stops the work cleanly, another one a second later at once."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sextant.app.render.terminal import echo

TOGETHER_S = 1.0  # signals within this time count as one
INTERRUPTED = 130  # the exit code of shells for Ctrl-C


@contextmanager
def stop_on_signals(words: str, quiet: bool = False) -> Iterator[threading.Event]:
    """Yield an event that the first signal sets and announces with ``words``; the second ends the process.

    What is recorded is on disk already; waiting for calls in flight is what the second one refuses.
    """
    stop = threading.Event()

    first = 0.0

    def asked(number: int, frame: object) -> None:
        nonlocal first
        if stop.is_set():
            # `timeout` and some shells send two at once; neither is a person who lost patience.
            if time.monotonic() - first < TOGETHER_S:
                return
            os._exit(INTERRUPTED)
        first = time.monotonic()
        stop.set()
        if not quiet:
            echo(f"sextant: {words}", err=True)

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
