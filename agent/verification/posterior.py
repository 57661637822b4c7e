"""The posterior of a pool: P(the photo was taken within each radius) of every possible answer point.

At each radius r the answers and the retrieved list are combined as in Dawid and Skene's model of voters (1979): an
answer whose log odds are l supports the points within r of it by l + log N, since wrong answers coincide with chance
1/N. N, and what further support is worth, are fitted at each radius, so that errors which models share are counted:

    support(x)  =  strongest + max(Σ_k (k^c − (k−1)^c) · max(0, k-th strongest), b · log max(n_x, models near x))
    model(x)    =  l + log N + g · log(n_x / n)                            n_x of the model's n replies near x
    list(x)     =  log π(x) − log(1 − Σ_y π/c_y) + log N                               π from the retrieval profile
    P(x)        =  e^support(x) / (e^support(x) + Σ_{y farther than r} e^support(y) / c_y + N)
                   c_y of the candidates' places lie within r of y, so that a camp of places counts once

No term for x ever falls when an answer at x is added, and no other place gains by it: an answer that agrees with a
place cannot lower its probability.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.decision import RADII_KM
from sextant.base.arrays import Floats

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

PARAMETERS = ("spread", "between_models", "dissent", "repeats", "beside_retrieved")
_MOST_CAMPS = 12
_MOST_LISTED = 0.97  # of the probability may lie with the retrieved places
NOTHING = -60.0
_REACHES_KM = np.array(RADII_KM)[:, None, None]


@dataclass(frozen=True)
class Pooling:
    """Fitted numbers of the posterior, (5,) each, by radius.

    Attributes:
        spread: log N, the number of places that wrong answers spread over.
        between_models: c, exponent of the number of models: 0 counts the strongest alone, 1 all in full.
        dissent: g, weight of the share of a model's replies that agree.
        repeats: b, what the largest number of one model's agreeing replies adds, where that is more than what other
            models add. As many models add no less.
        beside_retrieved: weight of the weaker of answers and retrieved list.
    """

    spread: Floats
    between_models: Floats
    dissent: Floats
    repeats: Floats
    beside_retrieved: Floats

    def to_json(self) -> dict[str, Any]:
        """Return JSON-plain values, four digits."""
        return {name: getattr(self, name).round(4).tolist() for name in PARAMETERS}


def pooling_of(plain: dict[str, Any]) -> Pooling:
    """Read the pooling of a model file.

    Raises:
        KeyError, ValueError: a part is missing, has another shape or could make agreement count against a place.
    """
    arrays = {name: np.array(plain[name], dtype=float) for name in PARAMETERS}
    for name, array in arrays.items():
        if array.shape != (len(RADII_KM),):
            raise ValueError(f"{name} has shape {array.shape}")
        if name != "spread" and ((array < 0).any() or (name == "between_models" and (array > 1).any())):
            raise ValueError(f"{name} could make agreement count against a place")
    return Pooling(**arrays)


def supports(
    away_km: Floats, log_odds: Floats, vote: Floats, model: Ints, listed: Floats | None, pooling: Pooling
) -> Floats:
    """Support (m, 5) of m points, before the comparison with other places; `NOTHING` where a point has none.

    Args:
        away_km: (m, v) from points to answers; log_odds: (v, 5) of the answers.
        vote: (v,) weight of each answer among its model's, 1 for a first answer; model: (v,) numbers the models.
        listed: (m, 5) log evidence of the retrieved list for each point (see `list_evidence`); None without a list.
    """
    near = find_within(away_km)
    spread, _, dissent, repeats, beside_retrieved = (getattr(pooling, name)[:, None] for name in PARAMETERS)
    models = int(model.max()) + 1 if len(model) else 0
    own, repeated, agreed = np.full((models + 1, *near.shape[:2]), NOTHING), np.ones(1), np.zeros(1)
    for number in range(models):
        rows = model == number
        agreeing = near[..., rows] @ vote[rows]
        said = float(vote[rows].sum())
        strongest = np.where(near[..., rows], log_odds[rows].T[:, None], NOTHING).max(-1)
        share = np.log(np.where(agreeing > 0, agreeing, 1.0) / said)
        own[number] = np.where(agreeing > 0, strongest + spread + dissent * share, NOTHING)
        repeated, agreed = np.maximum(repeated, agreeing), agreed + (agreeing >= 1.0)
    own = -np.sort(-own, axis=0)
    counted = np.diff(np.arange(1, len(own) + 1) ** pooling.between_models[:, None])
    further = (counted[:, None] @ np.maximum(own[1:], 0.0).swapaxes(0, 1))[:, 0]
    others = np.maximum(further, repeats * np.log(np.maximum(repeated, agreed)))
    if listed is None:
        return np.ascontiguousarray(np.where(own[0] > NOTHING, own[0] + others, NOTHING).T)
    names = np.where(listed.T > NOTHING, listed.T + spread, NOTHING)
    leading, beside = np.maximum(own[0], names), np.minimum(own[0], names)
    found = np.where(leading > NOTHING, leading + others + beside_retrieved * np.maximum(beside, 0.0), NOTHING)
    return np.ascontiguousarray(found.T)


def find_within(apart_km: Floats) -> Bools:
    """Find which of (m, n) distances lie within each radius, (5, m, n)."""
    return np.asarray(apart_km <= _REACHES_KM)


def list_evidence(listed: Floats, apart_km: Floats, retrieved: Bools) -> Floats:
    """Log evidence (m, 5) of a retrieved list for each point: log π less log of what the list leaves to other places.

    Args:
        listed: (m, 5) π, as `RetrievalProfile.probabilities` gives them.
        apart_km: (m, m) among the points.
        retrieved: (m,) which points are retrieved places.
    """
    own = np.ascontiguousarray(listed.T)
    total = (own * share_weights(find_within(apart_km), retrieved)).sum(1, keepdims=True)
    scale = np.minimum(1.0, np.divide(_MOST_LISTED, total, out=np.ones_like(total), where=total > 0))
    held = own > 0
    evidence = np.log(np.where(held, own * scale, 1.0)) - np.log(1.0 - total * scale)
    return np.ascontiguousarray(np.where(held, evidence, NOTHING).T)


def probabilities_of(support: Floats, apart_km: Floats, proposed: Bools, pooling: Pooling) -> Floats:
    """Return P(within each radius) of each point, (m, 5), never falling as the radius grows.

    `proposed` (m,) says which points are places of candidates: these alone are rivals.
    """
    within = find_within(apart_km)
    odds = odds_of(support.T, pooling.spread[:, None])
    others = (~within @ (odds * share_weights(within, proposed))[..., None])[..., 0]
    return np.maximum.accumulate(np.ascontiguousarray((odds / (odds + others + 1.0)).T), axis=1)


def odds_of(support: Floats, spread: Floats | float) -> Floats:
    """Return odds of support against no place of the pool; zero without support."""
    return np.where(support > NOTHING, np.exp(np.clip(support - spread, -30.0, 30.0)), 0.0)


def share_weights(within: Bools, proposed: Bools) -> Floats:
    """Weight (…, m) of each proposed place: one over the number of them within the radius, so that a camp counts once.

    `within` (…, m, m) says which points lie within the radius of each other.
    """
    near = (within & proposed).sum(-1)
    return np.where(proposed, 1.0 / np.maximum(near, 1), 0.0)


def greedy_camps(worth: Floats, within: Bools, nothing: float) -> Ints:
    """Return points that lie farther than the radius from each other, the best first, at most twelve."""
    free = worth > nothing
    camps: list[int] = []
    for row in np.argsort(-worth, kind="stable").tolist():
        if len(camps) >= _MOST_CAMPS or not worth[row] > nothing:
            break
        if free[row]:
            camps.append(row)
            free = free & ~within[row]
    return np.array(camps, dtype=np.intp)


def ring_mixture(probabilities: Floats, apart_km: Floats, best: int) -> Floats:
    """Return the posterior as probabilities of rings round the points, (m, 6), summing to 1. Regions use it.

    P within each radius of the best point is kept. Of what lies in one of its rings, other camps there get what their
    own probability explains.
    """
    mixture = np.zeros((len(probabilities), len(RADII_KM) + 1))
    rings = np.diff(probabilities, prepend=0.0)
    mixture[best] = *rings[best], 1.0 - probabilities[best, -1]
    away = apart_km[best]
    outside = away > RADII_KM[1]
    camps = greedy_camps(np.where(outside, probabilities[:, 1], 0.0), apart_km <= RADII_KM[1], 0.0)
    shell = np.searchsorted(np.array(RADII_KM), away[camps])
    own = np.zeros((len(camps), len(RADII_KM) + 1))
    own[:, :-1] = np.where(np.array(RADII_KM) <= away[camps, None] / 2, rings[camps], 0.0)
    total = own.sum(1)
    for ring in range(2, len(RADII_KM) + 1):
        there = shell == ring
        wanted = float(total[there].sum())
        if wanted > 0:
            given = min(1.0, 0.9 * float(mixture[best, ring]) / wanted)
            mixture[camps[there]] += given * own[there]
            mixture[best, ring] -= given * wanted
    return np.asarray(mixture / mixture.sum(), dtype=float)
