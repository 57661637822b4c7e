"""Progress of `sextant align` on stderr: one rewritten line on a terminal, a plain line every few seconds elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from sextant.app.render.build_progress import clock

if TYPE_CHECKING:
    from sextant.gallery.alignment.training.progress import Look

_EVERY_SECONDS = 5.0
_STAGES = {"features": "photos through the backbone", "naming": "positions named", "reading": "place texts encoded"}


class AlignProgress:
    """Shows stages before the training and looks during it."""

    def __init__(
        self, quiet: bool = False, stream: TextIO | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream or sys.stderr
        self._quiet, self._now = quiet, now
        self._live = self._stream.isatty()
        self._last, self._shown = float("-inf"), ""

    def stage(self, stage: str, done: int, total: int | None) -> None:
        """``features``: ``640 of 1,374 photos through the backbone``."""
        of = f" of {total:,}" if total is not None else ""
        self._show(f"{done:,}{of} {_STAGES[stage]}", last=done == total)

    def look(self, look: "Look") -> None:
        """Losses, speed and time left of a training."""
        self._show(look_words(look), last=look.step == look.steps)

    def close(self) -> None:
        """Leave the terminal's line behind."""
        if self._live and self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()

    def _show(self, words: str, last: bool) -> None:
        now = self._now()
        if (
            self._quiet
            or words == self._shown
            or (not last and now - self._last < (0.1 if self._live else _EVERY_SECONDS))
        ):
            return
        self._last, self._shown = now, words
        self._stream.write(f"\r\x1b[2Ksextant: {words}" if self._live else f"sextant: {words}\n")
        self._stream.flush()


def look_words(look: "Look") -> str:
    """``epoch 3, step 420 of 1,600: loss gps 2.113 text 1.870, 5,100 photos/s, waited 2 %, 0:09 left``."""
    text = f" text {look.text_loss:.3f}" if look.text_loss else ""
    return (
        f"epoch {look.epoch}, step {look.step:,} of {look.steps:,}: loss gps {look.gps_loss:.3f}{text}, "
        f"{look.rows_per_second:,.0f} photos/s, waited {look.waited:.0%}, {clock(look.seconds_left)} left"
    )
