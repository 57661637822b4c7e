"""From stacked scores to probabilities that hold: a logistic map with a ceiling, fitted on held-out photographers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from sextant.base.arrays import Floats

# Of pools: by what was retrieved and how many models spoke, one's word proving less than several do; and the same once
# more where the fit has not seen who speaks.
_SAID = ("both", "one said", "two said", "several said")
KINDS = ("retrieved", *_SAID, *(f"{kind}, strangers" for kind in _SAID))
_EDGE = 1e-4


@dataclass(frozen=True)
class Company:
    """Who took part: how many models gave a place, how many of them the fit never saw, and how many calls gave none.

    Such a call was refused, unparsable, or failed.
    """

    models: int
    strangers: int
    without_place: int

    @property
    def strange(self) -> bool:
        """Whether most who speak are strangers."""
        return 2 * self.strangers > self.models


# What the log odds are a weighted sum of: those before calibration, a constant, the logarithms of the counts of models
# and of calls without a place, and what the answers tell of their exactness.
INPUTS = ("stacked", "constant", "models", "without_place", "told")
# Their weights where nothing is fitted, and the log odds of the ceiling.
IDENTITY = (1.0, 0.0, 0.0, 0.0, 0.0, 8.0)


@dataclass(frozen=True)
class Calibration:
    """P = ceiling · sigmoid(weights · inputs), by kind of pool and radius: weights (9, 5, 6), the ceiling's last.

    The ceiling is below 1 where photos are recorded in the wrong place: no agreement of candidates can tell.
    """

    weights: Floats

    def __call__(self, inputs: Floats, kind: int) -> Floats:
        """Calibrated P(within r), (…, 5), of inputs (…, 5, 5); never falling as the radius grows."""
        weights = self.weights[kind]
        linear = (inputs * weights[:, :-1]).sum(-1)
        return np.maximum.accumulate(expit(weights[:, -1]) * expit(linear), axis=-1)

    def told_shift(self, told: Floats, kind: int) -> Floats:
        """How far what the answers tell moves the log odds at each radius, (5,)."""
        return np.asarray(told * self.weights[kind][:, INPUTS.index("told")])

    def to_json(self) -> dict[str, Any]:
        return {"inputs": list(INPUTS), "kinds": list(KINDS), "weights": self.weights.round(4).tolist()}


def inputs_of(stacked: Floats, company: Company, told: Floats) -> Floats:
    """Inputs (…, 5, 5) of P before calibration (…, 5), the company, and what is told (5,), the same for all points."""
    odds = logit(stacked)
    same = (1.0, np.log1p(company.models), np.log1p(company.without_place), told)
    return np.stack([odds, *(np.broadcast_to(own, odds.shape) for own in same)], axis=-1)


def situation_of(retrieved: int, said: int) -> int:
    """Retrieved alone (0), said alone (1), or both (2)."""
    return 0 if not said else 1 if not retrieved else 2


def kind_of(situation: int, company: Company) -> int:
    """The kind of a pool, a row of `KINDS`."""
    if not situation:
        return 0
    said = 1 if situation == 2 else 1 + min(company.models, 3)
    return said + len(_SAID) * company.strange


def with_retrieved(kind: int) -> bool:
    """Whether pools of that kind hold retrieved photos."""
    return "said" not in KINDS[kind]


def logit(probabilities: Floats) -> Floats:
    """Log odds, held away from 0 and 1."""
    held = np.clip(probabilities, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(held / (1 - held)))


def calibration_of(plain: dict[str, Any]) -> Calibration:
    """The calibration of a model file.

    Raises:
        KeyError, ValueError: it is missing or has another shape.
    """
    weights = np.array(plain["weights"], dtype=float)
    for name, own in (("inputs", INPUTS), ("kinds", KINDS)):
        if tuple(plain[name]) != own:
            raise ValueError(f"{name} of the calibration are {plain[name]}")
    if weights.shape != (len(KINDS), 5, len(IDENTITY)):
        raise ValueError(f"calibration weights have shape {weights.shape}")
    return Calibration(weights)
