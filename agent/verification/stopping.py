"""When to stop asking: enough probability at the radius that matters, or no call worth its price."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.verification.calibration import logit
from agent.verification.decision import RADII_KM

Floats = NDArray[np.float64]

ENOUGH_AT_TARGET = 0.75  # P(within the target radius) that ends a run
PLATEAU_KM, ENOUGH_AT_PLATEAU = 200.0, 0.95  # or this much at region scale: more calls then only move the street
CALL_COST = 0.02  # utility (mean of the five P) a call must be expected to add; see the curve in docs/verification.md


@dataclass(frozen=True)
class Gain:
    """Expected gain in utility from one more call: linear in the state of the verdict, one row by calls made so far."""

    weights: Floats

    def __call__(self, probabilities: Floats, models: int) -> float:
        """Never below 0; after more models than were fitted, as after the most."""
        row = self.weights[min(max(models, 0), len(self.weights) - 1)]
        return float(max(0.0, row @ gain_features(probabilities)))

    def to_json(self) -> dict[str, Any]:
        return {"weights": self.weights.round(5).tolist()}


def gain_features(probabilities: Floats) -> Floats:
    """A constant, the utility, what is uncertain at each radius, and how the radii differ."""
    p = np.asarray(probabilities, dtype=float)
    return np.concatenate([[1.0, float(p.mean())], p * (1 - p), logit(p) / 10])


def gain_of(plain: dict[str, Any]) -> Gain:
    """The gain of a model file.

    Raises:
        KeyError, ValueError: it is missing or has another shape.
    """
    weights = np.array(plain["weights"], dtype=float)
    if weights.ndim != 2 or weights.shape[1] != len(gain_features(np.full(5, 0.5))):
        raise ValueError(f"gain weights have shape {weights.shape}")
    return Gain(weights)


@dataclass(frozen=True)
class Stop:
    """Whether the run is settled, what another call would be expected to add, and why."""

    agreement: bool
    expected_gain: float
    reasons: tuple[str, ...]


def stopping(probabilities: Floats, models: int, target_radius_km: float, gain: Gain, cost: float = CALL_COST) -> Stop:
    """Settled when the answer is sure enough at the target radius or at region scale, or when asking on is too dear.

    Args:
        probabilities: (5,) calibrated P(within r) of the answer.
        models: how many voices have spoken; before the first, asking is always worth it.
        target_radius_km: one of the five radii; another takes the next larger.
        cost: utility one call must be expected to add.
    """
    radius = min((r for r in RADII_KM if r >= target_radius_km), default=RADII_KM[-1])
    at_target = float(probabilities[RADII_KM.index(radius)])
    at_plateau = float(probabilities[RADII_KM.index(PLATEAU_KM)])
    expected = gain(probabilities, models)
    reasons = [f"{at_target:.0%} sure within {radius:g} km"]
    if at_target < ENOUGH_AT_TARGET and at_plateau >= ENOUGH_AT_PLATEAU:
        reasons.append(f"{at_plateau:.0%} sure within {PLATEAU_KM:g} km")
    if models and expected < cost:
        reasons.append(f"another call is expected to add {expected:.3f}, below its cost of {cost:g}")
    settled = settled_at(probabilities.tolist(), expected if models else float("inf"), cost, radius)
    return Stop(settled, round(expected, 4), tuple(reasons))


def settled_at(probabilities: Sequence[float], expected: float, cost: float, target_radius_km: float = 25.0) -> bool:
    """Whether P(within r) of the answer, or the expected gain against its cost, ends the run."""
    enough = probabilities[RADII_KM.index(target_radius_km)] >= ENOUGH_AT_TARGET
    plateau = probabilities[RADII_KM.index(PLATEAU_KM)] >= ENOUGH_AT_PLATEAU
    return bool(enough or plateau or expected < cost)
