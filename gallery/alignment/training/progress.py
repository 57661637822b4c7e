"""Progress of a training for display: losses, speed, time left."""

import time
from dataclasses import dataclass

import torch

LOOK_EVERY = 20  # steps between looks at the loss; each look makes a GPU wait


@dataclass(frozen=True)
class TrainingReport:
    """What a person watches: losses are means since the last look, ``waited`` the share of time without data."""

    step: int
    steps: int
    epoch: int
    gps_loss: float
    text_loss: float
    rows_per_second: float
    waited: float
    seconds_left: float


class TrainingMeter:
    """Losses and speed between two looks, kept on the device so that a step never waits for them."""

    def __init__(self, device: torch.device, rows_per_step: int) -> None:
        self._sums = torch.zeros(3, device=device)
        self._bad = torch.full((), -1, dtype=torch.long, device=device)
        self._rows, self._started = rows_per_step, time.perf_counter()
        self._last_time, self._last_step, self._last_waited = self._started, 0, 0.0
        self._first_step: int | None = None

    def add(self, step: int, gps: torch.Tensor, text: torch.Tensor) -> None:
        if self._first_step is None:
            self._first_step = self._last_step = step
        self._sums += torch.stack((gps, text, torch.ones_like(gps)))
        fine = torch.isfinite(gps + text) | (self._bad >= 0)
        self._bad = torch.where(fine, self._bad, step)

    def first_bad(self) -> int | None:
        step = int(self._bad)
        return step if step >= 0 else None

    def look(self, step: int, steps: int, steps_per_epoch: int, waited: float) -> TrainingReport:
        gps, text, count = self._sums.tolist()
        now = time.perf_counter()
        seconds = max(now - self._last_time, 1e-9)
        done = step - (self._first_step or 0)
        look = TrainingReport(
            step=step,
            steps=steps,
            epoch=(step - 1) // steps_per_epoch + 1,
            gps_loss=gps / count,
            text_loss=text / count,
            rows_per_second=(step - self._last_step) * self._rows / seconds,
            waited=min((waited - self._last_waited) / seconds, 1.0),
            seconds_left=(now - self._started) / done * (steps - step),
        )
        self._sums.zero_()
        self._last_time, self._last_step, self._last_waited = now, step, waited
        return look
