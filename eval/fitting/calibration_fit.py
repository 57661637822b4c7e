"""Fitting the calibration, the levels of regions and the gain of asking on: how often the chosen points are right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from threadpoolctl import threadpool_limits

from sextant.agent.verification.calibration import (
    REGION_BUCKETS,
    Calibration,
    PoolKind,
    counted_support,
    region_bucket,
)
from sextant.agent.verification.calibration import logit as held_logit
from sextant.agent.verification.choice import choose
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.evidence import calibrated_posterior
from sextant.agent.verification.model_file import SHARES, Model
from sextant.agent.verification.posterior import ring_mixture
from sextant.agent.verification.scoring.support import Support
from sextant.agent.verification.spread import spread_of
from sextant.agent.verification.stopping_rule import Gain, missing
from sextant.base.arrays import Floats
from sextant.eval.fitting.pools import Example

Levels = dict[str, tuple[tuple[float, ...], ...]]  # of regions, by share, kind of pool and number of answers

# How firmly log slope, and shift and weights of support, are held: of all kinds together to the identity, of a kind to
# all kinds together. Few models were recorded beside galleries, so that a slope of theirs would say little of others.
_FIRST_LINE = np.array([1.0, 0.0, *np.zeros(len(Support))])
_GLOBAL_HOLD = np.full(len(_FIRST_LINE), 0.5)
_KIND_HOLD = np.array([60.0, *np.full(len(_FIRST_LINE) - 1, 5.0)])
_NOT_AGREEMENT = np.isin(np.arange(len(Support)), (Support.LISTED, Support.SAID))
_LEAST_POOLS = 50
_FIRST_RATE, _FIRST_WEIGHT = 0.006, 2000.0  # few calls change an answer: the prior rate, worth this many calls


@dataclass(frozen=True)
class ChosenPoint:
    """What a model answers to an example: the row of its point, and the posterior (m, 5) before calibration."""

    example: Example
    posterior: Floats
    best: int

    @property
    def hits(self) -> Floats:
        """Whether the point lies within each radius of the truth, (5,) of 0 and 1."""
        return np.asarray(self.example.away_km[self.best] <= np.array(RADII_KM), dtype=float)

    @property
    def support(self) -> Floats:
        """What stands behind the point, (5, 6); zero where a feature tells nothing in pools of its kind."""
        counted = counted_support(self.example.features.kind)
        return np.asarray(np.where(counted, self.example.evidence.support[self.best], 0.0))

    def probabilities(self, model: Model) -> Floats:
        """Return the calibrated P(within each radius) of each point, (m, 5)."""
        evidence, kind = self.example.evidence, self.example.features.kind
        return calibrated_posterior(evidence, kind, model.pooling, model.calibration, self.posterior)


def choose_points(examples: Sequence[Example], model: Model) -> list[ChosenPoint]:
    """Choose the point of each example as `calibrated` does."""
    found = []
    for one in examples:
        raw = one.evidence.posterior(model.pooling)
        probabilities = calibrated_posterior(one.evidence, one.features.kind, model.pooling, model.preference, raw)
        nothing = np.zeros(len(probabilities), dtype=bool)  # no recorded pool has maps or matched scenes
        worth = choose(one.features, probabilities, "balanced", model.scorer, nothing)
        found.append(ChosenPoint(one, raw, int(np.argmax(worth))))
    return found


def recalibrate(model: Model, choices: Sequence[ChosenPoint]) -> Model:
    """Return the model with calibration, levels of regions and gain fitted to choices.

    They should be made by models that have not seen the photographers: a scorer chooses better among the points of
    photos that it was trained on than of others.
    """
    calibrated = replace(
        model, calibration=fit_calibration(choices), preference=fit_calibration(choices, agreement=False)
    )
    probabilities = [one.probabilities(calibrated) for one in choices]
    return replace(calibrated, quantiles=fit_quantiles(choices, probabilities), gain=fit_gain(choices, probabilities))


def fit_calibration(choices: Sequence[ChosenPoint], agreement: bool = True) -> Calibration:
    """Fit slope, shift and weights of support at each radius: of all pools, then of each kind, drawn to all.

    Without `agreement`, only whether a retrieved photo and an answer are near counts as support.
    """
    kinds = np.array([int(one.example.features.kind) for one in choices])
    stated = np.array([one.posterior[one.best] for one in choices])
    hits = np.array([one.hits for one in choices])
    support = np.array([one.support for one in choices])
    support = support if agreement else np.where(_NOT_AGREEMENT, support, 0.0)
    lines = np.zeros((len(PoolKind), len(RADII_KM), len(_FIRST_LINE)))
    for radius in range(len(RADII_KM)):
        odds, beside, hit = held_logit(stated[:, radius]), support[:, radius], hits[:, radius]
        together = fit_line(odds, beside, hit, _FIRST_LINE, _GLOBAL_HOLD)
        for kind in PoolKind:
            own = kinds == kind
            line = fit_line(odds[own], beside[own], hit[own], together, _KIND_HOLD) if own.any() else together
            counted = counted_support(kind) & (agreement | _NOT_AGREEMENT)
            lines[kind, radius] = line * [True, True, *counted]
    return Calibration(lines[..., 0], lines[..., 1], lines[..., 2:])


def fit_line(odds: Floats, support: Floats, hit: Floats, prior: Floats, hold: Floats) -> Floats:
    """Fit a logistic regression, drawn softly to `prior`.

    Args:
        odds: (n,) log odds; support: (n, 6) features that may only raise them; hit: (n,) 0 or 1.
        prior: (8,) slope, shift, weights of support; hold: (8,) how firmly log slope and the others are drawn to them.

    Returns:
        (8,) slope (above zero), shift, and the weights (zero or more).
    """
    start = np.array([np.log(prior[0]), *prior[1:]])

    def loss(free: Floats) -> tuple[float, Floats]:
        slope = np.exp(free[0])
        p = np.clip(expit(slope * odds + free[1] + support @ free[2:]), 1e-6, 1 - 1e-6)
        off = free - start
        entropy = -float((hit * np.log(p) + (1 - hit) * np.log(1 - p)).sum())
        gradient = np.array([((p - hit) * slope * odds).sum(), (p - hit).sum(), *((p - hit) @ support)])
        return entropy + float(hold @ off**2), gradient + 2 * hold * off

    bounds = [(None, None), (None, None), *[(0.0, None)] * support.shape[1]]
    with threadpool_limits(limits=1, user_api="blas"):  # threads for eight numbers would only wait for each other
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return np.array([np.exp(found[0]), *found[1:]])


def fit_quantiles(choices: Sequence[ChosenPoint], probabilities: Sequence[Floats]) -> Levels:
    """Find the estimate of what a region holds that truly holds 50 % and 90 % of the places.

    By kind of pool and number of answers; few pools take the level of their kind, a kind with few that of all. Vovk,
    Gammerman, Shafer 2005: the ceil((n + 1) share)-th smallest score of n. `probabilities` are the calibrated ones,
    (m, 5) each.
    """
    kinds = np.array([int(one.example.features.kind) for one in choices])
    buckets = np.array([region_bucket(one.example.answers) for one in choices])
    held = np.array([_held(one, found) for one, found in zip(choices, probabilities, strict=True)])
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


def _held(one: ChosenPoint, probabilities: Floats) -> float:
    """Return what the smallest region that contains the true place is estimated to hold."""
    features = one.example.features
    mixture = ring_mixture(probabilities, features.apart_km, one.best)
    return spread_of(features.points.positions, mixture, features.apart_km).held_at(*one.example.truth)


def _quantile(scores: Floats, share: float) -> float:
    ordered = np.sort(scores)
    rank = int(np.ceil((len(ordered) + 1) * share))
    return round(float(ordered[min(rank, len(ordered)) - 1]), 5)


def fit_gain(choices: Sequence[ChosenPoint], probabilities: Sequence[Floats]) -> Gain:
    """Find what share of what was missing a further call turned into utility, over all photos and stages of a run."""
    by_image: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    for choice, found in zip(choices, probabilities, strict=True):
        one = choice.example
        if one.stage < 1 or one.calls < 2:
            continue
        hit = float(choice.hits.mean())
        by_image.setdefault((one.group, one.image), []).append((one.stage, missing(found[choice.best]), hit))
    added, lacking = 0.0, 0.0
    for stages in by_image.values():
        stages.sort()
        last, _, final = stages[-1]
        for stage, lack, hit in stages[:-1]:
            added += (final - hit) / (last - stage)
            lacking += lack
    return Gain(max(0.0, added + _FIRST_WEIGHT * _FIRST_RATE) / (lacking + _FIRST_WEIGHT))
