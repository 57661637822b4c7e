"""Fitting the posterior's numbers: how answers and retrieved list are combined."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from sextant.agent.verification.calibration import PoolKind
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.posterior import (
    NOTHING,
    PARAMETERS,
    Pooling,
    odds_of,
    probabilities_of,
    share_weights,
    supports,
)
from sextant.agent.verification.utility import expected_utility
from sextant.base.arrays import Floats
from sextant.eval.fitting.pools import Example

FIRST_POOLING = Pooling(*(np.full(5, value) for value in (1.0, 0.4, 0.5, 0.3, 0.5)))
_SELF_AGREEMENT = ("dissent", "repeats")
_OPEN = np.array([name in ("spread", "dissent", "repeats") for name in PARAMETERS])  # numbers without an upper bound
_MOST_EXAMPLES = 1000  # of one kind, drawn at random: the numbers are few
_MOST_STEPS = 400
_CAMPS = 8  # of a pool, the chosen point among them
_HOLD = 0.3  # how firmly the numbers are held to the first ones


def fit_pooling(examples: Sequence[Example], rounds: int = 2, seed: int = 0, self_agreement: bool = True) -> Pooling:
    """Maximise the likelihood of the chosen point's hits at each radius; the choice follows the numbers, twice.

    Without `self_agreement` the share of a model's replies that agree, and their number, count for nothing.
    """
    chance = np.random.default_rng(seed)
    chosen = _drawn(examples, chance)
    pooling = FIRST_POOLING
    for _ in range(rounds):
        found = [_supports(one, pooling) for one in chosen]
        best = [
            _best(probabilities_of(support, one.evidence.apart_km, one.evidence.proposed, pooling))
            for one, support in zip(chosen, found, strict=True)
        ]
        columns = [_fit_radius(chosen, found, best, radius, pooling, self_agreement) for radius in range(len(RADII_KM))]
        pooling = Pooling(*np.array(columns).T)
    return pooling


def _drawn(examples: Sequence[Example], chance: np.random.Generator) -> list[Example]:
    """Return examples with an answer, equally many of each kind at most."""
    found: list[Example] = []
    for kind in (PoolKind.ANSWERED, PoolKind.BOTH, PoolKind.RICH_BOTH):
        own = [one for one in examples if one.features.kind == kind]
        rows = np.sort(chance.permutation(len(own))[:_MOST_EXAMPLES])
        found += [own[row] for row in rows.tolist()]
    return found


def _best(probabilities: Floats) -> int:
    return int(np.argmax(expected_utility(probabilities, "balanced")))


@dataclass(frozen=True)
class _Table:
    """Chosen points of n pools and the camps that rival them, at one radius, as padded arrays.

    `strongest`, `share` (n, camps, models) are log odds of a model's best answer near the camp and log of the share of
    its replies there; `repeated` (n, camps) log of the largest number of one model's replies there, or of models;
    `listed` (n, camps); `weight` (n, camps) of each camp in the sum. `NOTHING` stands where there is none. The first
    camp is the chosen point. `hit` (n,).
    """

    strongest: Floats
    share: Floats
    repeated: Floats
    listed: Floats
    has_list: NDArray[np.bool_]
    weight: Floats
    hit: Floats

    def probabilities(self, numbers: Floats) -> Floats:
        """Return P (n,) of the chosen points: `posterior.support_at` and `probability_at` of all pools at once."""
        spread, between, dissent, repeats, beside = numbers
        own = self.strongest + spread + dissent * self.share
        own = -np.sort(-np.where(self.strongest > NOTHING, own, NOTHING), axis=2)
        counted = np.arange(1, own.shape[2] + 1) ** between
        others = np.maximum(np.maximum(own[:, :, 1:], 0.0) @ np.diff(counted), repeats * self.repeated)
        listed = np.where(self.listed > NOTHING, self.listed + spread, NOTHING)
        leading, weaker = np.maximum(own[:, :, 0], listed), np.minimum(own[:, :, 0], listed)
        support = leading + others + np.where(self.has_list[:, None], beside * np.maximum(weaker, 0.0), 0.0)
        odds = odds_of(np.where(leading > NOTHING, support, NOTHING), spread)
        return np.asarray(odds[:, 0] / ((odds * self.weight).sum(1) + 1.0))


def _supports(one: Example, pooling: Pooling) -> Floats:
    own = one.evidence
    return supports(own.away_km, own.log_odds, own.vote, own.model, own.listed, pooling)


def _fit_radius(
    examples: Sequence[Example],
    found: Sequence[Floats],
    best: Sequence[int],
    radius: int,
    start: Pooling,
    self_agreement: bool,
) -> Floats:
    table = _table(examples, found, best, radius)
    counted = np.array([self_agreement or name not in _SELF_AGREEMENT for name in PARAMETERS], dtype=float)

    def loss(free: Floats) -> float:
        p = np.clip(table.probabilities(counted * _bounded(free)), 1e-4, 1 - 1e-4)
        entropy = -float((table.hit * np.log(p) + (1 - table.hit) * np.log(1 - p)).sum())
        return entropy + _HOLD * float(((free - first) ** 2).sum())

    first = _unbounded(np.array([getattr(FIRST_POOLING, name)[radius] for name in PARAMETERS]))
    begin = _unbounded(np.array([getattr(start, name)[radius] for name in PARAMETERS]))
    options = {"maxfev": _MOST_STEPS, "xatol": 0.01, "fatol": 0.1}
    return counted * _bounded(minimize(loss, begin, method="Nelder-Mead", options=options).x)


def _table(examples: Sequence[Example], found: Sequence[Floats], best: Sequence[int], radius: int) -> _Table:
    models = max((one.features.opinions.models for one in examples), default=1) or 1
    shape = (len(examples), _CAMPS, models)
    strongest, share, repeated = np.full(shape, NOTHING), np.zeros(shape), np.zeros(shape[:2])
    listed, weight = np.full(shape[:2], NOTHING), np.zeros(shape[:2])
    hit = np.zeros(len(examples))
    for number, (one, row) in enumerate(zip(examples, best, strict=True)):
        own, reach, support = one.evidence, RADII_KM[radius], found[number][:, radius]
        within = own.apart_km <= reach
        weights = share_weights(within, own.proposed) * ~within[row]
        order = np.argsort(-weights * np.exp(np.clip(support, -30.0, 30.0)), kind="stable")
        rows = [row, *order[: _CAMPS - 1].tolist()]
        weight[number, : len(rows)] = [1.0, *weights[rows[1:]]]
        hit[number] = float(one.away_km[row] <= reach)
        if own.listed is not None:
            listed[number, : len(rows)] = own.listed[rows, radius]
        near = own.away_km[rows] <= reach
        agreed = np.zeros(len(rows))
        for model in range(one.features.opinions.models):
            mine = own.model == model
            agreeing, votes = near[:, mine] @ own.vote[mine], float(own.vote[mine].sum())
            held = agreeing > 0
            top = np.where(near[:, mine], own.log_odds[mine, radius], NOTHING).max(1)
            strongest[number, : len(rows), model] = np.where(held, top, NOTHING)
            share[number, : len(rows), model] = np.log(np.where(held, agreeing, 1.0) / votes)
            agreed += agreeing >= 1.0
            most = np.log(np.maximum(np.maximum(agreeing, agreed), 1.0))
            repeated[number, : len(rows)] = np.maximum(repeated[number, : len(rows)], most)
    has_list = np.array([one.evidence.listed is not None for one in examples])
    return _Table(strongest, share, repeated, listed, has_list, weight, hit)


def _bounded(free: Floats) -> Floats:
    """Map free numbers to bounded ones: spread, dissent and repeats zero or more; the others 0 to 1."""
    return np.where(_OPEN, np.logaddexp(0.0, free), expit(free))


def _unbounded(values: Floats) -> Floats:
    held = np.clip(values, 0.01, 0.99)
    return np.asarray(np.where(_OPEN, np.log(np.expm1(np.maximum(values, 0.01))), logit(held)))
