"""Show progress on stderr: one live display on a terminal, plain lines elsewhere.

What the lines say stands in ``sextant.app.render.progress_words``.
"""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sextant.app.render.screen import Screen
from sextant.base.printable import make_printable

EVERY_SECONDS = 5.0  # between the plain lines of work that reports all the time
_BAR_COLUMNS = 30
_LEAST_BAR = 8
_MARGINS = 6  # columns between name, bar and words


@dataclass
class _Line:
    words: str
    done: int | None = None
    total: int | None = None
    printed_at: float = float("-inf")


class Progress:
    """Shows named lines, each replaced by its newest words. Takes calls from any thread; use it with ``with``."""

    def __init__(
        self,
        title: str = "sextant",
        stream: IO[str] | None = None,
        quiet: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare a display.

        Args:
            title: stands before plain lines, and above the live ones.
            stream: where it is shown; stderr when None.
            quiet: show nothing.
            now: a clock, in seconds.
        """
        self._title = " ".join(make_printable(title).split())
        self.is_quiet, self._now = quiet, now
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()
        self._screen = Screen(stream or sys.stderr)
        self._live: Live | None = None

    def __enter__(self) -> "Progress":
        """Begin the live display where the stream is a terminal."""
        if self._screen.is_terminal and not self.is_quiet:
            self._live = Live(console=self._screen, get_renderable=self._picture, transient=True, refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Wipe the live display."""
        if self._live:
            self._live.stop()

    def show(
        self, line: str, words: str, done: int | None = None, total: int | None = None, every_s: float = 0.0
    ) -> None:
        """Show the newest words of a line.

        Args:
            line: its name; ``""`` is a line without one.
            words: what there is to say; counts included, for where no bar is drawn.
            done: how much is done of ``total``; both draw a bar on a terminal.
            total: None where it is not known.
            every_s: seconds between the plain lines of this name. The last (``done == total``) is always printed.
        """
        if self.is_quiet:
            return
        with self._lock:
            shown = self._lines.setdefault(line, _Line(""))
            same, shown.words, shown.done, shown.total = shown.words == words, words, done, total
            now, last = self._now(), done is not None and done == total
            if self._live or (every_s and (same or (not last and now - shown.printed_at < every_s))):
                return
            shown.printed_at = now
            name = f"{line}: " if line else ""
            self._screen.print(Text(f"{self._title}: {name}{words}"), soft_wrap=True)

    def _picture(self) -> RenderableType:
        """Return all lines: name, bar where an end is known and the words leave room for it, words."""
        with self._lock:
            grid = Table.grid(padding=(0, 2, 0, 0))
            longest = max((len(one.words) + len(name) for name, one in self._lines.items()), default=0)
            room = min(_BAR_COLUMNS, self._screen.width - longest - _MARGINS)
            bars = any(one.total for one in self._lines.values()) and room >= _LEAST_BAR
            for name, one in self._lines.items():
                bar = ProgressBar(one.total, min(one.done or 0, one.total), width=room) if one.total else ""
                named = [Text(f"  {make_printable(name)}", no_wrap=True)] if list(self._lines) != [""] else []
                cells: list[RenderableType] = [*named, *([bar] if bars else [])]
                grid.add_row(*cells, Text(make_printable(one.words), no_wrap=True, overflow="ellipsis"))
            if list(self._lines) == [""]:  # one thing is counted: one line says it
                return grid
            return Group(Text(self._title, style="bold", no_wrap=True), grid)
