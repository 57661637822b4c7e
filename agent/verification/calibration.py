"""From stacked scores to probabilities that hold: a logistic map with a ceiling, fitted on held-out photographers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]

KINDS = 5  # of pools: retrieved alone, said alone, both, and the latter two where the fit has not seen who speaks
REGION_KINDS = KINDS + 2  # a single model's word alone, of one the fit knows or not, proves less than several do
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


# Slope, offset, and what models and calls without a place add to the log odds; log odds of the ceiling.
IDENTITY = (1.0, 0.0, 0.0, 0.0, 8.0)


@dataclass(frozen=True)
class Calibration:
    """P = ceiling · sigmoid(slope · logit + offset + models + without place), by kind of pool and radius: (5, 5, 5).

    The ceiling is below 1 where photos are recorded in the wrong place: no agreement of candidates can tell.
    """

    weights: Floats

    def __call__(self, stacked: Floats, situation: int, company: Company) -> Floats:
        """Calibrated P(within r), shape of `stacked` (…, 5); never falling as the radius grows."""
        return self.apply(stacked, kind_of(situation, company), company_features(company))

    def apply(self, stacked: Floats, kind: int, company: Floats) -> Floats:
        """The same with the company's features, one row (3,) for all, or one (…, 3) for each."""
        weights = self.weights[kind]
        linear = weights[:, 0] * logit(stacked) + company @ weights[:, 1:4].T
        return np.maximum.accumulate(expit(weights[:, 4]) * expit(linear), axis=-1)

    def to_json(self) -> dict[str, Any]:
        return {"weights": self.weights.round(4).tolist()}


def company_features(company: Company) -> Floats:
    """A constant, and the logarithms of the counts of models and of calls without a place."""
    return np.array([1.0, np.log1p(company.models), np.log1p(company.without_place)])


def situation_of(retrieved: int, said: int) -> int:
    """Retrieved alone (0), said alone (1), or both (2)."""
    return 0 if not said else 1 if not retrieved else 2


def kind_of(situation: int, company: Company) -> int:
    """The kind of a pool, one of `KINDS`."""
    return situation + 2 if company.strange and situation else situation


def region_kind_of(situation: int, company: Company) -> int:
    """The kind of a pool where its region is concerned, one of `REGION_KINDS`."""
    kind = kind_of(situation, company)
    return KINDS + company.strange if situation == 1 and company.models == 1 else kind


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
    if weights.shape != (KINDS, 5, len(IDENTITY)):
        raise ValueError(f"calibration weights have shape {weights.shape}")
    return Calibration(weights)
