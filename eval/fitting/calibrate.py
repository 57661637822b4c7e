"""Calibrate a model on a user's own labelled photos: slope and shift of its probabilities, region levels.

Fifty photos suffice for a shift; the more there are, the more their slope counts. What is reported after is
cross-fitted: each photo is judged by a calibration that was fitted without its photographer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from sextant.agent.verification.calibrated_on import describe_pools
from sextant.agent.verification.calibration import Calibration, PoolKind, logit
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.evidence import gather_evidence
from sextant.agent.verification.model_file import Model
from sextant.agent.verification.scoring.pool_features import featurise
from sextant.agent.verification.scoring.support import Support
from sextant.base.arrays import Floats
from sextant.base.errors import WrongUse
from sextant.eval.fitting.calibration_fit import choose_points, fit_line, fit_quantiles
from sextant.eval.fitting.folds import folds_by_group
from sextant.eval.fitting.labelled import LabelledPhoto
from sextant.eval.fitting.pools import Example
from sextant.eval.metrics import compute_calibration_error

LEAST_PHOTOS = 50
_FOLDS = 5
# How firmly log slope, shift and weights of support are held to the model's.
_HOLD = np.array([20.0, 2.0, *np.full(len(Support), 1e6)])
_ROUNDS = 400  # of the bootstrap by photographer
_SHARE = 90.0  # % of the bootstrap that an interval holds


@dataclass(frozen=True)
class CalibrationReport:
    """Calibration of a model's probabilities on labelled photos; lists follow the five radii, shares are 0 to 1.

    `off` is mean stated less happened, with its interval over photographers.
    """

    stated: tuple[float, ...]
    happened: tuple[float, ...]
    error: tuple[float, ...]
    off: tuple[tuple[float, float], ...]
    held: dict[str, float]


@dataclass(frozen=True)
class Calibrated:
    """The model with its own calibration, and what it stated before and after."""

    model: Model
    photos: int
    groups: int
    before: CalibrationReport
    after: CalibrationReport


def calibrate(photos: Sequence[LabelledPhoto], model: Model) -> Calibrated:
    """Fit calibration and regions of `model` to labelled photos.

    Raises:
        WrongUse: fewer than 50 photos for which a place was proposed.
    """
    examples = [_example(photo, model) for photo in photos if photo.pool.candidates]
    if len(examples) < LEAST_PHOTOS:
        raise WrongUse(
            f"a place was proposed for {len(examples):,} of {len(photos):,} labelled photos; calibrate needs "
            f"{LEAST_PHOTOS} or more"
        )
    groups = [one.group for one in examples]
    fold_of = (
        folds_by_group(groups, min(_FOLDS, len(set(groups))))
        if len(set(groups)) > 1
        else np.arange(len(groups)) % _FOLDS  # all of one place
    )
    covered = describe_pools(photo.pool for photo in photos if photo.pool.candidates)
    own = {"photos": len(examples), "groups": len(set(groups)), "date": date.today().isoformat()}
    judged = [
        replace_calibration(model, [one for one, own in zip(examples, fold_of, strict=True) if own != fold])
        for fold in range(int(fold_of.max()) + 1)
    ]
    return Calibrated(
        replace(replace_calibration(model, examples), own=covered, provenance={**model.provenance, "own": own}),
        len(examples),
        len(set(groups)),
        _report(examples, [model] * len(examples)),
        _report(examples, [judged[fold] for fold in fold_of.tolist()]),
    )


def _example(photo: LabelledPhoto, model: Model) -> Example:
    features = featurise(photo.pool, model.reliability)
    calls = sum(photo.pool.outcomes.values())
    truth = photo.latitude, photo.longitude
    evidence = gather_evidence(features, model.hit_rates)
    return Example(photo.group, photo.image, calls, calls, truth, features, evidence)


def replace_calibration(model: Model, examples: Sequence[Example]) -> Model:
    """Return the model with slopes and shifts, and levels of regions, fitted to the examples."""
    choices = choose_points(examples, model)
    share = effective_share([one.group for one in examples])
    before = model.calibration
    slopes, shifts = before.slopes.copy(), before.shifts.copy()
    for kind in PoolKind:
        own = [one for one in choices if one.example.features.kind == kind]
        for radius in range(len(RADII_KM)) if own else ():
            odds = logit(np.array([one.posterior[one.best, radius] for one in own]))
            hits = np.array([one.hits[radius] for one in own])
            support = np.array([one.support[radius] for one in own])
            start = np.array([slopes[kind, radius], shifts[kind, radius], *before.support[kind, radius]])
            slopes[kind, radius], shifts[kind, radius], *_ = fit_line(odds, support, hits, start, _HOLD / share)
    calibrated = replace(model, calibration=Calibration(slopes, shifts, before.support))
    levels = fit_quantiles(choices, [one.probabilities(calibrated) for one in choices])
    return replace(calibrated, quantiles=levels)


def effective_share(groups: Sequence[str]) -> float:
    """Return how much each photo counts, 0 to 1, where a photographer's photos are as alike as one.

    Kish's effective number of groups of unequal size, (sum n)^2 / sum n^2, over the number of photos, n in a group
    (Kish 1965, Survey Sampling).
    """
    sizes = np.unique(np.array(groups), return_counts=True)[1]
    return float(sizes.sum() / (sizes**2).sum())


def _report(examples: Sequence[Example], models: Sequence[Model]) -> CalibrationReport:
    from sextant.agent.verification import verify
    from sextant.geo.sphere import compute_great_circle_km

    stated, hits, held = [], [], []
    for one, model in zip(examples, models, strict=True):
        verdict = verify(one.features.pool, "calibrated", model=model)
        away = float(compute_great_circle_km((verdict.latitude or 0.0, verdict.longitude or 0.0), one.truth))
        stated.append([verdict.probability[f"{radius:g}"] or 0.0 for radius in RADII_KM])
        hits.append([away <= radius for radius in RADII_KM])
        held.append([area.contains(*one.truth) for area in (verdict.region_50, verdict.region_90) if area])
    p, hit, inside = np.array(stated), np.array(hits, dtype=float), np.array(held, dtype=float).mean(0)
    return CalibrationReport(
        tuple(p.mean(0).round(4).tolist()),
        tuple(hit.mean(0).round(4).tolist()),
        tuple(round(compute_calibration_error(p[:, radius], hit[:, radius]), 4) for radius in range(len(RADII_KM))),
        _intervals(p - hit, [one.group for one in examples]),
        {"50": float(inside[0]), "90": float(inside[1])},
    )


def _intervals(off: Floats, groups: Sequence[str]) -> tuple[tuple[float, float], ...]:
    """Return the interval of the mean over photographers drawn anew, for each radius."""
    chance = np.random.default_rng(0)
    names = sorted(set(groups))
    rows = [np.flatnonzero(np.array(groups) == name) for name in names]
    means = []
    for _ in range(_ROUNDS):
        drawn = chance.integers(len(names), size=len(names)).tolist()
        means.append(off[np.concatenate([rows[number] for number in drawn])].mean(0))
    low, high = np.percentile(means, [(100 - _SHARE) / 2, (100 + _SHARE) / 2], axis=0)
    return tuple((round(float(a), 4), round(float(b), 4)) for a, b in zip(low, high, strict=True))
