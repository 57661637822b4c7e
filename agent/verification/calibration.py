"""From the scorer's raw probabilities to ones that hold: a logistic map per radius, fitted on held-out authors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]

SITUATIONS = 3  # retrieved alone, said alone, both
_EDGE = 1e-4


@dataclass(frozen=True)
class Calibration:
    """`slope` (situations, 5) and `offset` (situations, 5): P = sigmoid(slope · logit + offset)."""

    slope: Floats
    offset: Floats

    def __call__(self, raw: Floats, situation: int) -> Floats:
        """Calibrated P(within r), shape of `raw` (…, 5); never falling as the radius grows."""
        mapped = expit(self.slope[situation] * logit(raw) + self.offset[situation])
        return np.maximum.accumulate(mapped, axis=-1)

    def to_json(self) -> dict[str, Any]:
        return {"slope": self.slope.round(4).tolist(), "offset": self.offset.round(4).tolist()}


def situation_of(retrieved: int, said: int) -> int:
    """Which of the three situations a pool is in."""
    return 0 if not said else 1 if not retrieved else 2


def logit(probabilities: Floats) -> Floats:
    """Log odds, held away from 0 and 1."""
    held = np.clip(probabilities, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(held / (1 - held)))


def calibration_of(plain: dict[str, Any]) -> Calibration:
    """The calibration of a model file.

    Raises:
        KeyError, ValueError: a part is missing or has another shape.
    """
    slope, offset = (np.array(plain[name], dtype=float) for name in ("slope", "offset"))
    if slope.shape != (SITUATIONS, 5) or offset.shape != (SITUATIONS, 5):
        raise ValueError(f"slope has shape {slope.shape}, expected {(SITUATIONS, 5)}")
    return Calibration(slope, offset)
