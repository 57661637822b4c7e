"""Fitting a verification model from recorded candidates: scorer, calibration, regions, the gain of asking on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from agent.verification.calibrated import point_worth
from agent.verification.calibration import SITUATIONS, Calibration, logit
from agent.verification.decision import RADII_KM
from agent.verification.model_file import SHARES, Model
from agent.verification.spread import spread_of
from agent.verification.stopping import Gain, gain_features
from eval.crossfit import FOLDS, MEMBERS, CrossFit, Judged, Progress, cross_fit, fit_scorer, reliability_of
from eval.recorded import Record
from geo.sphere import great_circle_km

Floats = NDArray[np.float64]

_PART_WEIGHT = 0.3  # of a pool that is not its record's whole pool, in calibration
_LEAST_POOLS = 50  # with fewer held-out pools in a situation its calibration stays as the scorer says
_MOST_STAGES = 7


@dataclass(frozen=True)
class Chosen:
    """The point a held-out scorer would answer with: raw P (5,), and whether it was within each radius (5,)."""

    judged: Judged
    row: int
    raw: Floats
    hit: NDArray[np.bool_]


def chosen(view: Judged) -> Chosen | None:
    """The balanced choice of a judged pool; None of an empty one."""
    if view.seen is None or view.scores is None:
        return None
    row = int(np.argmax(point_worth(view.scores, "balanced")))
    away = great_circle_km(view.seen.points.positions[row], view.truth)
    return Chosen(view, row, view.scores.within[row], away <= np.array(RADII_KM))


def fit_calibration(choices: Sequence[Chosen]) -> Calibration:
    """A logistic map for each situation and radius; the identity where too few pools were held out."""
    slope, offset = np.ones((SITUATIONS, 5)), np.zeros((SITUATIONS, 5))
    for situation in range(SITUATIONS):
        rows = [choice for choice in choices if _situation(choice) == situation]
        if len(rows) < _LEAST_POOLS:
            continue
        weights = np.array([1.0 if choice.judged.whole else _PART_WEIGHT for choice in rows])
        logits, hits = logit(np.array([choice.raw for choice in rows])), np.array([choice.hit for choice in rows])
        for radius in range(5):
            if 0 < hits[:, radius].sum() < len(rows):
                line = LogisticRegression(C=100.0).fit(logits[:, [radius]], hits[:, radius], weights)
                slope[situation, radius], offset[situation, radius] = line.coef_[0, 0], line.intercept_[0]
    return Calibration(slope, offset)


def fit_quantiles(choices: Sequence[Chosen]) -> dict[str, tuple[float, ...]]:
    """For each share the estimate that holds so much of the held-out places, by situation: split conformal.

    Vovk, Gammerman, Shafer 2005: the ceil((n + 1) share)-th smallest score of n.
    """
    scores: list[list[float]] = [[] for _ in range(SITUATIONS)]
    everywhere: list[float] = []
    for choice in choices:
        if choice.judged.whole or _situation(choice) == 0:
            scores[_situation(choice)].append(conformal_score(choice))
            everywhere.append(scores[_situation(choice)][-1])
    held = [rows if len(rows) >= _LEAST_POOLS else everywhere for rows in scores]
    return {share: tuple(_quantile(rows, float(share) / 100) for rows in held) for share in SHARES}


def conformal_score(choice: Chosen) -> float:
    """What the smallest region that contains the true place was estimated to hold."""
    view = choice.judged
    assert view.seen is not None and view.scores is not None
    return spread_of(view.seen.points.positions, view.scores.mixture).held_at(*view.truth)


def fit_gain(stages: Sequence[Sequence[Chosen | None]], calibration: Calibration) -> Gain:
    """What the next call added to the true utility, as a ridge regression on the verdict before it.

    Args:
        stages: for each record its choices after 0, 1, 2, … calls.
    """
    states: list[list[Floats]] = [[] for _ in range(_MOST_STAGES)]
    gains: list[list[float]] = [[] for _ in range(_MOST_STAGES)]
    for record in stages:
        for calls, (before, after) in enumerate(pairwise(record[: _MOST_STAGES + 1])):
            if before is not None and after is not None:
                states[calls].append(gain_features(calibration(before.raw, _situation(before))))
                gains[calls].append(float(after.hit.mean() - before.hit.mean()))
    weights = np.zeros((_MOST_STAGES, len(gain_features(np.full(5, 0.5)))))
    for calls in range(_MOST_STAGES):
        if len(gains[calls]) >= _LEAST_POOLS:
            line = Ridge(alpha=10.0).fit(np.array(states[calls])[:, 1:], gains[calls])
            weights[calls] = [line.intercept_, *line.coef_]
        elif calls:
            weights[calls] = weights[calls - 1]
    return Gain(weights)


def finish(fitted: CrossFit, fold: int | None) -> tuple[Calibration, dict[str, tuple[float, ...]], Gain]:
    """Calibration, region quantiles and gain from held-out judgements, those of one fold left aside."""
    rows = [row for row in range(len(fitted.records)) if fold is None or fitted.fold_of[row] != fold]
    stages = [[chosen(view) for view in fitted.judged[row]] for row in rows]
    choices = [choice for record in stages for choice in record if choice is not None]
    calibration = fit_calibration(choices)
    return calibration, fit_quantiles(choices), fit_gain(stages, calibration)


def fold_models(fitted: CrossFit) -> list[Model]:
    """A model for each fold; no part of it was fitted on the fold's own photographers."""
    return [
        Model(reliability, scorer, *finish(fitted, fold), provenance={"fold": fold})
        for fold, (reliability, scorer) in enumerate(zip(fitted.reliabilities, fitted.scorers, strict=True))
    ]


def fit_model(
    records: Sequence[Record],
    provenance: dict[str, Any],
    models: tuple[str, ...] = (),
    folds: int = FOLDS,
    members: int = MEMBERS,
    progress: Progress = lambda line: None,
) -> tuple[Model, CrossFit]:
    """The model of all records: its scorer sees every photo, its calibration only held-out judgements."""
    fitted = cross_fit(records, models, folds, members, progress)
    progress("all photos")
    reliability = reliability_of(records)
    scorer = fit_scorer(records, models, reliability, members)
    return Model(reliability, scorer, *finish(fitted, None), provenance=provenance), fitted


def _situation(choice: Chosen) -> int:
    assert choice.judged.seen is not None
    return choice.judged.seen.situation


def _quantile(scores: Sequence[float], share: float) -> float:
    ordered = np.sort(np.asarray(scores))
    rank = int(np.ceil((len(ordered) + 1) * share))
    return round(float(ordered[min(rank, len(ordered)) - 1]), 5)
