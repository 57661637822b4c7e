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
    found = np.empty((len(away_km), len(RADII_KM)))
    for radius in range(len(RADII_KM)):
        found[:, radius] = support_at(
            away_km <= RADII_KM[radius],
            log_odds[:, radius],
            vote,
            model,
            None if listed is None else listed[:, radius],
            *(float(getattr(pooling, name)[radius]) for name in PARAMETERS),
        )
    return found


def support_at(
    near: Bools,
    log_odds: Floats,
    vote: Floats,
    model: Ints,
    listed: Floats | None,
    spread: float,
    between_models: float,
    dissent: float,
    repeats: float,
    beside_retrieved: float,
) -> Floats:
    """Support (m,) at one radius; arguments as `supports` and `Pooling`, `near` (m, v) whether an answer is near."""
    models = int(model.max()) + 1 if len(model) else 0
    own, repeated, agreed = np.full((models + 1, len(near)), NOTHING), np.ones(len(near)), np.zeros(len(near))
    for number in range(models):
        rows = model == number
        agreeing = near[:, rows] @ vote[rows]
        said = float(vote[rows].sum())
        strongest = np.where(near[:, rows], log_odds[rows], NOTHING).max(1)
        share = np.log(np.where(agreeing > 0, agreeing, 1.0) / said)
        own[number] = np.where(agreeing > 0, strongest + spread + dissent * share, NOTHING)
        repeated, agreed = np.maximum(repeated, agreeing), agreed + (agreeing >= 1.0)
    own = -np.sort(-own, axis=0)
    counted = np.arange(1, len(own) + 1) ** between_models
    repeated = np.maximum(repeated, agreed)
    others = np.maximum(np.diff(counted) @ np.maximum(own[1:], 0.0), repeats * np.log(repeated))
    if listed is None:
        return np.asarray(np.where(own[0] > NOTHING, own[0] + others, NOTHING))
    listed = np.where(listed > NOTHING, listed + spread, NOTHING)
    leading, beside = np.maximum(own[0], listed), np.minimum(own[0], listed)
    return np.asarray(
        np.where(leading > NOTHING, leading + others + beside_retrieved * np.maximum(beside, 0.0), NOTHING)
    )


def list_evidence(listed: Floats, apart_km: Floats, retrieved: Bools) -> Floats:
    """Log evidence (m, 5) of a retrieved list for each point: log π less log of what the list leaves to other places.

    Args:
        listed: (m, 5) π, as `RetrievalProfile.probabilities` gives them.
        apart_km: (m, m) among the points.
        retrieved: (m,) which points are retrieved places.
    """
    evidence = np.full(listed.shape, NOTHING)
    for radius, reach in enumerate(RADII_KM):
        own = listed[:, radius]
        total = float((own * share_weights(apart_km <= reach, retrieved)).sum())
        scale = min(1.0, _MOST_LISTED / total) if total > 0 else 1.0
        held = own > 0
        evidence[held, radius] = np.log(own[held] * scale) - np.log(1.0 - total * scale)
    return evidence


def probabilities_of(support: Floats, apart_km: Floats, proposed: Bools, pooling: Pooling) -> Floats:
    """Return P(within each radius) of each point, (m, 5), never falling as the radius grows.

    `proposed` (m,) says which points are places of candidates: these alone are rivals.
    """
    found = np.empty_like(support)
    for radius, reach in enumerate(RADII_KM):
        found[:, radius] = probability_at(
            support[:, radius], apart_km <= reach, proposed, float(pooling.spread[radius])
        )
    return np.maximum.accumulate(found, axis=1)


def probability_at(support: Floats, within: Bools, proposed: Bools, spread: float) -> Floats:
    """Return P (m,) at one radius; `within` (m, m) which points lie within it of each other."""
    odds = odds_of(support, spread)
    others = (~within) @ (odds * share_weights(within, proposed))
    return np.asarray(odds / (odds + others + 1.0))


def odds_of(support: Floats, spread: float) -> Floats:
    """Return odds of support against no place of the pool; zero without support."""
    return np.where(support > NOTHING, np.exp(np.clip(support - spread, -30.0, 30.0)), 0.0)


def share_weights(within: Bools, proposed: Bools) -> Floats:
    """Weight (m,) of each proposed place: one over the number of them within the radius, so that a camp counts once."""
    near = (within & proposed).sum(1)
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
    mixture[best] = np.diff(probabilities[best], prepend=0.0, append=1.0)
    away = apart_km[best]
    outside = away > RADII_KM[1]
    camps = greedy_camps(np.where(outside, probabilities[:, 1], 0.0), apart_km <= RADII_KM[1], 0.0)
    shell = np.searchsorted(np.array(RADII_KM), away[camps])
    own = np.zeros((len(camps), len(RADII_KM) + 1))
    for number, camp in enumerate(camps.tolist()):
        reach = sum(radius <= away[camp] / 2 for radius in RADII_KM)
        own[number, :reach] = np.diff(probabilities[camp, :reach], prepend=0.0)
    total = own.sum(1)
    for ring in range(2, len(RADII_KM) + 1):
        there = shell == ring
        wanted = float(total[there].sum())
        if wanted > 0:
            given = min(1.0, 0.9 * float(mixture[best, ring]) / wanted)
            mixture[camps[there]] += given * own[there]
            mixture[best, ring] -= given * wanted
    return np.asarray(mixture / mixture.sum(), dtype=float)
