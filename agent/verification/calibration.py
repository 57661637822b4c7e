"""Calibration: a logistic map from the posterior of a pool to probabilities that hold, by kind of pool and radius."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from sextant.agent.verification.scoring.support import Support
from sextant.base.arrays import Bools, Floats, expit

_EDGE = 1e-4
REGION_BUCKETS = (1, 2, 4, 8, 16)  # numbers of answers from which on a level of regions holds


class PoolKind(IntEnum):
    """What a pool holds; rich where its gallery's first hit is often in the right city.

    The number of answers is not part of it: agreement must not change the map that a pool is read by.
    """

    RETRIEVED = 0
    ANSWERED = 1
    BOTH = 2
    RICH_RETRIEVED = 3
    RICH_BOTH = 4

    @property
    def retrieved(self) -> bool:
        """Whether such pools hold retrieved photos."""
        return self != PoolKind.ANSWERED

    @property
    def answered(self) -> bool:
        """Whether such pools hold answers."""
        return self not in (PoolKind.RETRIEVED, PoolKind.RICH_RETRIEVED)


@dataclass(frozen=True)
class Calibration:
    """Log odds = slope · log odds of the posterior + shift + Σ weight · support, by `PoolKind` and radius.

    `slopes` and `shifts` (5, 5); `support` (5, 5, 6) weights of the features in `scoring/support.py`, zero or more, so
    that support never counts against a place.
    """

    slopes: Floats
    shifts: Floats
    support: Floats

    def __call__(self, probabilities: Floats, kind: PoolKind, support: Floats) -> Floats:
        """Return the calibrated P(within r), (m, 5), of the posterior's (m, 5); never falling as the radius grows.

        Args:
            support: (m, 5, 6) as `describe_support` gives it.
        """
        odds = self.slopes[kind] * logit(probabilities) + self.shifts[kind] + (self.support[kind] * support).sum(-1)
        held = np.where(probabilities > 0, expit(odds), 0.0)
        return np.asarray(np.maximum.accumulate(held, axis=-1))

    def to_json(self) -> dict[str, Any]:
        """Return JSON-plain values, four digits."""
        return {
            "kinds": [kind.name.lower() for kind in PoolKind],
            **{name: getattr(self, name).round(4).tolist() for name in _PARTS},
        }


_PARTS = ("slopes", "shifts", "support")
IDENTITY = Calibration(
    np.ones((len(PoolKind), 5)), np.zeros((len(PoolKind), 5)), np.zeros((len(PoolKind), 5, len(Support)))
)


def pool_kind(retrieved: int, answered: int, rich: bool) -> PoolKind:
    """Return the kind of a pool by its numbers of retrieved photos and of models that answered."""
    if not retrieved:
        return PoolKind.ANSWERED if answered else PoolKind.RETRIEVED
    if not answered:
        return PoolKind.RICH_RETRIEVED if rich else PoolKind.RETRIEVED
    return PoolKind.RICH_BOTH if rich else PoolKind.BOTH


def counted_support(kind: PoolKind) -> Bools:
    """Return which features (6,) tell anything in pools of a kind: a missing list or answer only beside the other."""
    beside = kind.retrieved and kind.answered
    return np.array([beside if one in (Support.LISTED, Support.SAID) else kind.answered for one in Support])


def region_bucket(answers: int) -> int:
    """Return which of `REGION_BUCKETS` a number of answers falls into; none counts as one."""
    return max(0, sum(answers >= least for least in REGION_BUCKETS) - 1)


def logit(probabilities: Floats) -> Floats:
    """Log odds, held away from 0 and 1."""
    held = np.clip(probabilities, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(held / (1 - held)))


def calibration_of(plain: dict[str, Any]) -> Calibration:
    """Read the calibration of a model file; one fitted before 0.2.0 has costs of a missing list and answer alone.

    Raises:
        KeyError, ValueError: it is missing, has another shape, or falls where the posterior or the support rises.
    """
    if list(plain["kinds"]) != [kind.name.lower() for kind in PoolKind]:
        raise ValueError(f"kinds of the calibration are {plain['kinds']}")
    slopes, shifts = (np.array(plain[name], dtype=float) for name in ("slopes", "shifts"))
    support = np.array(plain["support"], dtype=float) if "support" in plain else _read_costs(plain)
    shape = (len(PoolKind), 5)
    if slopes.shape != shape or shifts.shape != shape or support.shape != (*shape, len(Support)):
        raise ValueError(f"calibration has shapes {slopes.shape}, {shifts.shape} and {support.shape}")
    if not (slopes > 0).all() or (support < 0).any():
        raise ValueError("calibration falls where the posterior or the support rises")
    return Calibration(slopes, shifts, support)


def _read_costs(plain: dict[str, Any]) -> Floats:
    costs = np.zeros((len(PoolKind), 5, len(Support)))
    costs[..., Support.LISTED], costs[..., Support.SAID] = -np.array(plain["unlisted"]), -np.array(plain["unsaid"])
    return costs
