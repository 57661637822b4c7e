"""Ctrl-C and SIGTERM: the first ends the work in good order, the second at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sextant.app.render.terminal import echo

INTERRUPTED = 130  # the exit code of shells for Ctrl-C


@contextmanager
def stop_on_signals(words: str, quiet: bool = False) -> Iterator[threading.Event]:
    """Meanwhile an event that the first signal sets, saying ``words``; the second ends the process.

    What is recorded is on disk already; waiting for calls in flight is what the second one refuses.
    """
    stop = threading.Event()

    def asked(number: int, frame: object) -> None:
        if stop.is_set():
            os._exit(INTERRUPTED)
        stop.set()
        if not quiet:
            echo(f"sextant: {words}", err=True)

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
