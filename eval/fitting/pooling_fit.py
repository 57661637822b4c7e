"""Fit the posterior's parameters, the calibration, the regions and the gain of another call."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from sextant.agent.verification.calibration import REGION_BUCKETS, Calibration, PoolKind, region_bucket
from sextant.agent.verification.calibration import logit as held_logit
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.evidence import calibrated_posterior
from sextant.agent.verification.model_file import SHARES
from sextant.agent.verification.posterior import (
    NOTHING,
    PARAMETERS,
    Pooling,
    odds_of,
    probabilities_of,
    ring_mixture,
    share_weights,
    supports,
)
from sextant.agent.verification.spread import spread_of
from sextant.agent.verification.stopping_rule import Gain, missing
from sextant.agent.verification.utility import expected_utility
from sextant.base.arrays import Floats
from sextant.eval.fitting.pools import Example

FIRST_POOLING = Pooling(*(np.full(5, value) for value in (1.0, 0.4, 0.5, 0.3, 0.5)))
_MOST_EXAMPLES = 1000  # of one kind, drawn at random: the numbers are few
_MOST_STEPS = 200
_CAMPS = 8  # of a pool, the chosen point among them
_HOLD = 0.3  # how firmly the numbers are held to the first ones
# How firmly log slope and shift are held: of all kinds together to the identity, of a kind to all kinds together. Few
# models were recorded beside galleries, so that a slope of theirs would say little of others.
_GLOBAL_HOLD, _KIND_HOLD = (0.5, 0.5), (60.0, 5.0)
_LEAST_POOLS = 50
_FIRST_RATE, _FIRST_WEIGHT = 0.006, 2000.0  # few calls change an answer: the prior rate, worth this many calls


def fit_pooling(examples: Sequence[Example], rounds: int = 2, seed: int = 0) -> Pooling:
    """Maximise the likelihood of the chosen point's hits at each radius; the choice follows the numbers, twice."""
    chance = np.random.default_rng(seed)
    chosen = _drawn(examples, chance)
    pooling = FIRST_POOLING
    for _ in range(rounds):
        found = [_supports(one, pooling) for one in chosen]
        best = [
            _best(probabilities_of(support, one.evidence.apart_km, one.evidence.proposed, pooling))
            for one, support in zip(chosen, found, strict=True)
        ]
        columns = [_fit_radius(chosen, found, best, radius, pooling) for radius in range(len(RADII_KM))]
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

    `strongest`, `share`, `said` (n, camps, models) are log odds of a model's best answer near the camp, log of the
    share of its replies there, log of how many it gave; `listed` (n, camps); `weight` (n, camps) of each camp in the
    sum. `NOTHING` stands where there is none. The first camp is the chosen point. `hit` (n,).
    """

    strongest: Floats
    share: Floats
    said: Floats
    listed: Floats
    has_list: NDArray[np.bool_]
    weight: Floats
    hit: Floats

    def probabilities(self, numbers: Sequence[float]) -> Floats:
        """Return P (n,) of the chosen points: `posterior.support_at` and `probability_at` of all pools at once."""
        spread, between, dissent, repeats, beside = numbers
        own = self.strongest + spread + dissent * (self.share + repeats * self.said)
        own = -np.sort(-np.where(self.strongest > NOTHING, own, NOTHING), axis=2)
        counted = np.arange(1, own.shape[2] + 1) ** between
        others = np.maximum(own[:, :, 1:], 0.0) @ np.diff(counted)
        listed = np.where(self.listed > NOTHING, self.listed + spread, NOTHING)
        leading, weaker = np.maximum(own[:, :, 0], listed), np.minimum(own[:, :, 0], listed)
        support = leading + others + np.where(self.has_list[:, None], beside * np.maximum(weaker, 0.0), 0.0)
        odds = odds_of(np.where(leading > NOTHING, support, NOTHING), spread)
        return np.asarray(odds[:, 0] / ((odds * self.weight).sum(1) + 1.0))


def _supports(one: Example, pooling: Pooling) -> Floats:
    own = one.evidence
    return supports(own.away_km, own.log_odds, own.vote, own.model, own.listed, pooling)


def _fit_radius(
    examples: Sequence[Example], found: Sequence[Floats], best: Sequence[int], radius: int, start: Pooling
) -> Floats:
    table = _table(examples, found, best, radius)

    def loss(free: Floats) -> float:
        p = np.clip(table.probabilities(_bounded(free)), 1e-4, 1 - 1e-4)
        entropy = -float((table.hit * np.log(p) + (1 - table.hit) * np.log(1 - p)).sum())
        return entropy + _HOLD * float(((free - first) ** 2).sum())

    first = _unbounded(np.array([getattr(FIRST_POOLING, name)[radius] for name in PARAMETERS]))
    begin = _unbounded(np.array([getattr(start, name)[radius] for name in PARAMETERS]))
    options = {"maxfev": _MOST_STEPS, "xatol": 0.01, "fatol": 0.1}
    return np.array(_bounded(minimize(loss, begin, method="Nelder-Mead", options=options).x))


def _table(examples: Sequence[Example], found: Sequence[Floats], best: Sequence[int], radius: int) -> _Table:
    models = max((one.features.opinions.models for one in examples), default=1) or 1
    shape = (len(examples), _CAMPS, models)
    strongest, share, said = np.full(shape, NOTHING), np.zeros(shape), np.zeros(shape)
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
        for model in range(one.features.opinions.models):
            mine = own.model == model
            agreeing, votes = near[:, mine] @ own.vote[mine], float(own.vote[mine].sum())
            held = agreeing > 0
            top = np.where(near[:, mine], own.log_odds[mine, radius], NOTHING).max(1)
            strongest[number, : len(rows), model] = np.where(held, top, NOTHING)
            share[number, : len(rows), model] = np.log(np.where(held, agreeing, 1.0) / votes)
            said[number, :, model] = max(0.0, float(np.log(votes)))
    has_list = np.array([one.evidence.listed is not None for one in examples])
    return _Table(strongest, share, said, listed, has_list, weight, hit)


def _bounded(free: Floats) -> tuple[float, ...]:
    """Map free numbers to bounded ones: spread >= 0; exponents and weights in 0 to 1."""
    spread = float(np.logaddexp(0.0, free[0]))
    return (spread, *(float(expit(value)) for value in free[1:]))


def _unbounded(values: Floats) -> Floats:
    held = np.clip(values[1:], 0.01, 0.99)
    return np.array([np.log(np.expm1(max(values[0], 0.01))), *logit(held)])


def fit_calibration(examples: Sequence[Example], posteriors: Sequence[Floats]) -> Calibration:
    """Fit a slope and a shift for each radius: of all pools together, then of each kind, drawn to those of all.

    `posteriors` are those of the examples, (m, 5) each.
    """
    kinds = np.array([int(one.features.kind) for one in examples])
    best = [_best(found) for found in posteriors]
    stated = np.array([found[row] for found, row in zip(posteriors, best, strict=True)])
    away = np.array([one.away_km[row] for one, row in zip(examples, best, strict=True)])
    hits = (away[:, None] <= np.array(RADII_KM)).astype(float)
    slopes, shifts = np.ones((len(PoolKind), 5)), np.zeros((len(PoolKind), 5))
    for radius in range(len(RADII_KM)):
        odds, hit = held_logit(stated[:, radius]), hits[:, radius]
        together = fit_line(odds, hit, (1.0, 0.0), _GLOBAL_HOLD)
        for kind in PoolKind:
            own = kinds == kind
            slope, shift = fit_line(odds[own], hit[own], together, _KIND_HOLD) if own.any() else together
            slopes[kind, radius], shifts[kind, radius] = slope, shift
    return Calibration(slopes, shifts)


def fit_line(odds: Floats, hit: Floats, prior: tuple[float, float], hold: tuple[float, float]) -> tuple[float, float]:
    """Return the slope (above zero) and shift of a logistic regression, drawn softly to `prior`."""
    start, firmness = np.array([np.log(prior[0]), prior[1]]), np.array(hold)

    def loss(free: Floats) -> tuple[float, Floats]:
        slope = np.exp(free[0])
        p = np.clip(expit(slope * odds + free[1]), 1e-6, 1 - 1e-6)
        off = free - start
        entropy = -float((hit * np.log(p) + (1 - hit) * np.log(1 - p)).sum())
        gradient = np.array([((p - hit) * slope * odds).sum(), (p - hit).sum()])
        return entropy + float(firmness @ off**2), gradient + 2 * firmness * off

    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return float(np.exp(found[0])), float(found[1])


def fit_quantiles(
    examples: Sequence[Example], probabilities: Sequence[Floats]
) -> dict[str, tuple[tuple[float, ...], ...]]:
    """Find the estimate of what a region holds that truly holds 50 % and 90 % of the places.

    By kind of pool and number of answers; few pools take the level of their kind, a kind with few that of all. Vovk,
    Gammerman, Shafer 2005: the ceil((n + 1) share)-th smallest score of n. `probabilities` are the examples' calibrated
    ones, (m, 5) each.
    """
    kinds = np.array([int(one.features.kind) for one in examples])
    buckets = np.array([region_bucket(one.answers) for one in examples])
    held = np.array([_held(one, found) for one, found in zip(examples, probabilities, strict=True)])
    levels: dict[str, tuple[tuple[float, ...], ...]] = {}
    for share in SHARES:
        rows = []
        for kind in PoolKind:
            own = kinds == kind if (kinds == kind).sum() >= _LEAST_POOLS else np.ones(len(held), dtype=bool)
            cells = [own & (buckets == bucket) for bucket in range(len(REGION_BUCKETS))]
            chosen = [held[cell] if cell.sum() >= _LEAST_POOLS else held[own] for cell in cells]
            rows.append(tuple(_quantile(scores, float(share) / 100) for scores in chosen))
        levels[share] = tuple(rows)
    return levels


def _held(one: Example, probabilities: Floats) -> float:
    """Return what the smallest region that contains the true place is estimated to hold."""
    mixture = ring_mixture(probabilities, one.features.apart_km, _best(probabilities))
    return spread_of(one.features.points.positions, mixture, one.features.apart_km).held_at(*one.truth)


def _quantile(scores: Floats, share: float) -> float:
    ordered = np.sort(scores)
    rank = int(np.ceil((len(ordered) + 1) * share))
    return round(float(ordered[min(rank, len(ordered)) - 1]), 5)


def fit_gain(examples: Sequence[Example], probabilities: Sequence[Floats]) -> Gain:
    """Find what share of what was missing a further call turned into utility, over all photos and stages of a run."""
    by_image: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    for one, found in zip(examples, probabilities, strict=True):
        if one.stage < 1 or one.calls < 2:
            continue
        best = _best(found)
        hit = float((one.away_km[best] <= np.array(RADII_KM)).mean())
        by_image.setdefault((one.group, one.image), []).append((one.stage, missing(found[best]), hit))
    added, lacking = 0.0, 0.0
    for stages in by_image.values():
        stages.sort()
        last, _, final = stages[-1]
        for stage, lack, hit in stages[:-1]:
            added += (final - hit) / (last - stage)
            lacking += lack
    return Gain(max(0.0, added + _FIRST_WEIGHT * _FIRST_RATE) / (lacking + _FIRST_WEIGHT))


def finish(examples: Sequence[Example]) -> tuple[Pooling, Calibration, dict[str, tuple[tuple[float, ...], ...]], Gain]:
    """Fit pooling, calibration, region quantiles and gain, in this order."""
    pooling = fit_pooling(examples)
    posteriors = [one.evidence.posterior(pooling) for one in examples]
    calibration = fit_calibration(examples, posteriors)
    probabilities = [
        calibrated_posterior(one.evidence, one.features.kind, pooling, calibration, raw)
        for one, raw in zip(examples, posteriors, strict=True)
    ]
    return pooling, calibration, fit_quantiles(examples, probabilities), fit_gain(examples, probabilities)
