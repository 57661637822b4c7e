"""Progress of an evaluation on stderr: a live line on a terminal, a plain line every few seconds elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from sextant.app.render.build_progress import clock as as_clock

if TYPE_CHECKING:
    from sextant.eval.running.progress import Tally

EVERY_SECONDS = 5.0
_RECENT = 200  # photos that the rate is of, so that a slow start does not spoil the forecast


class EvalProgress:
    """Receives the running tally. Use it as a context manager around the run."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None, now: Callable[[], float] = time.monotonic):
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._now = now
        self._seen: list[tuple[float, int]] = []
        self._printed = -EVERY_SECONDS
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> "EvalProgress":
        if not self._quiet and self._stream.isatty():
            self._bar = _bar(self._stream)
            self._bar.start()
            self._task = self._bar.add_task("photos", total=None, said="")
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, tally: "Tally") -> None:
        if self._quiet:
            return
        now = self._now()
        self._seen = [*self._seen[-_RECENT:], (now, tally.fresh)]
        if self._bar is not None:
            self._bar.update(self._task, completed=tally.done, total=tally.total, said=self.words(tally))
        elif now - self._printed >= EVERY_SECONDS or tally.done == tally.total:
            self._printed = now
            print(
                f"sextant: {tally.done:,} of {tally.total:,} photos, {self.words(tally)}", file=self._stream, flush=True
            )

    def rate(self) -> float | None:
        """Photos a second over the recent ones; None before there is any."""
        (first, before), (last, after) = self._seen[0], self._seen[-1]
        return (after - before) / (last - first) if last > first and after > before else None

    def words(self, tally: "Tally") -> str:
        """``8.2/s, 2:03 left, 25 km 12.1 %, 200 km 20.4 %, 3 failed, $0.12, 1,204 tokens``."""
        rate = self.rate()
        pace = "" if rate is None else f"{rate:.1f}/s, {as_clock((tally.total - tally.done) / rate)} left, "
        near = f"25 km {tally.accuracy(tally.within_25_km):.1%}, 200 km {tally.accuracy(tally.within_200_km):.1%}"
        money = "price unknown" if tally.unpriced else f"${tally.usd:.4f}"
        return f"{pace}{near}, {tally.failed:,} failed, {money}, {tally.tokens:,} tokens"


def _bar(stream: TextIO) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[said]}")]
    return Progress(*columns, console=Console(file=stream), transient=True)
