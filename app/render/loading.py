"""A line on the terminal while a command loads its libraries, which takes seconds on a cold or busy machine.

It appears after ``AFTER_S`` and is erased by the first thing that is printed. Only a terminal shows it: files and pipes
get what a command prints and nothing else.
"""

import sys
import threading

import click

AFTER_S = 1.0
TEXT = "sextant: loading …"
_ERASE = "\r\x1b[2K"


class _Loading:
    """What stands on the terminal: nothing yet, the line, or what the command printed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._shown = False

    def begin(self) -> None:
        """Show the line in ``AFTER_S`` seconds, unless something is printed before."""
        if not sys.stderr.isatty():
            return
        self._timer = threading.Timer(AFTER_S, self._show)
        self._timer.daemon = True
        self._timer.start()

    def _show(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._shown = True
                click.echo(TEXT, nl=False, err=True)

    def end(self) -> None:
        """Erase the line; it does not come back."""
        if self._timer is None:
            return
        with self._lock:
            self._timer.cancel()
            self._timer = None
            if self._shown:
                self._shown = False
                click.echo(_ERASE, nl=False, err=True, color=True)


_loading = _Loading()
begin_loading, end_loading = _loading.begin, _loading.end
