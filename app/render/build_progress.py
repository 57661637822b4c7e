"""Progress of a gallery build on stderr: a bar on a terminal, a plain line every few seconds elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO

_EVERY_SECONDS = 5.0


class BuildProgress:
    """Callable with ``sextant.gallery.build.build.Progress``; use it as a context manager around the build."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic):
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._clock = clock
        self._last = clock()
        self._stage = ""
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> "BuildProgress":
        if not self._quiet and self._stream.isatty():
            self._bar = _bar(self._stream)
            self._bar.start()
            self._task = self._bar.add_task("encoding", total=None, said="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Any) -> None:
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.update(
                self._task,
                completed=progress.done,
                total=progress.total,
                description=progress.stage,
                said=said(progress),
            )
            return
        now = self._clock()
        if progress.stage != self._stage or now - self._last >= _EVERY_SECONDS or progress.done == progress.total:
            self._stage, self._last = progress.stage, now
            print(f"sextant: {progress.stage}: {line(progress)}", file=self._stream, flush=True)


def line(progress: Any) -> str:
    """``640 of 1,374 photos, 2 not used, 143/s, 0:05 left``."""
    of = f" of {progress.total:,}" if progress.total is not None else ""
    return f"{progress.done:,}{of} photos, {said(progress)}"


def said(progress: Any) -> str:
    parts = [f"{progress.unreadable:,} not used", f"{progress.rate:,.0f}/s"]
    if progress.stage == "encoding" and progress.seconds_left is not None:
        parts.append(f"{clock(progress.seconds_left)} left")
    return ", ".join(parts)


def clock(seconds: float) -> str:
    """``1:02:03`` or ``2:03``."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def _bar(stream: TextIO) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[said]}")]
    return Progress(*columns, console=Console(file=stream), transient=True)
