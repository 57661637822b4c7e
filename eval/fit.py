"""Fitting a verification model from recorded candidates: scorer, calibration, regions, the gain of asking on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import Ridge

from agent.verification.calibration import IDENTITY, SITUATIONS, Calibration, company_features, logit
from agent.verification.decision import RADII_KM
from agent.verification.model_file import SHARES, Model
from agent.verification.spread import spread_of
from agent.verification.stopping import Gain, gain_features
from agent.verification.worth import expected_utility
from eval.crossfit import FOLDS, MEMBERS, CrossFit, Judged, Progress, cross_fit, fit_scorer, reliability_of
from eval.recorded import Record
from geo.sphere import great_circle_km

Floats = NDArray[np.float64]

_PART_WEIGHT = 0.3  # of a pool that is not its record's whole pool, in calibration
_LEAST_POOLS = 50  # with fewer held-out pools in a situation its calibration stays as the scorer says
_MOST_STAGES = 7
_CEILING_PRIOR = 4.0  # log odds: some photos in fifty are recorded where they were not taken


@dataclass(frozen=True)
class Chosen:
    """The point a held-out scorer would answer with: raw P (5,), and whether it was within each radius (5,)."""

    judged: Judged
    raw: Floats
    hit: NDArray[np.bool_]


def chosen(view: Judged) -> Chosen | None:
    """The balanced choice of a judged pool; None of an empty one."""
    if not len(view.stacked):
        return None
    row = int(np.argmax(expected_utility(view.stacked, "balanced")))
    away = great_circle_km(view.positions[row], view.truth)
    return Chosen(view, view.stacked[row], away <= np.array(RADII_KM))


def fit_calibration(choices: Sequence[Chosen]) -> Calibration:
    """A logistic map with a ceiling for each situation and radius; the identity where too few pools were held out."""
    weights = np.tile(np.array(IDENTITY), (SITUATIONS, 5, 1))
    for situation in range(SITUATIONS):
        rows = [choice for choice in choices if choice.judged.situation == situation]
        if len(rows) < _LEAST_POOLS:
            continue
        count = np.array([1.0 if choice.judged.whole else _PART_WEIGHT for choice in rows])
        company = np.array([company_features(choice.judged.company) for choice in rows])
        odds, hits = logit(np.array([choice.raw for choice in rows])), np.array([choice.hit for choice in rows])
        for radius in range(5):
            table = np.column_stack([odds[:, radius], company])
            weights[situation, radius] = _fit_map(table, hits[:, radius].astype(float), count)
    return Calibration(weights)


def _fit_map(table: Floats, hit: Floats, count: Floats) -> Floats:
    """Slope, offset and company weights by maximum likelihood, held softly to the identity; then the ceiling."""
    prior, hold = np.array([*IDENTITY[:4], _CEILING_PRIOR]), np.array([1.0, 0.1, 5.0, 5.0, 0.5])

    def loss(weights: Floats) -> float:
        p = np.clip(expit(weights[4]) * expit(table @ weights[:4]), 1e-6, 1 - 1e-6)
        fit = -(count * (hit * np.log(p) + (1 - hit) * np.log(1 - p))).sum()
        return float(fit + (hold * (weights - prior) ** 2).sum())

    return np.asarray(minimize(loss, prior, method="L-BFGS-B").x)


def fit_quantiles(choices: Sequence[Chosen]) -> dict[str, tuple[float, ...]]:
    """For each share the estimate that holds so much of the held-out places, by situation: split conformal.

    Vovk, Gammerman, Shafer 2005: the ceil((n + 1) share)-th smallest score of n.
    """
    scores: list[list[float]] = [[] for _ in range(SITUATIONS)]
    everywhere: list[float] = []
    for choice in choices:
        if choice.judged.whole or choice.judged.situation == 0:
            scores[choice.judged.situation].append(conformal_score(choice))
            everywhere.append(scores[choice.judged.situation][-1])
    held = [rows if len(rows) >= _LEAST_POOLS else everywhere for rows in scores]
    return {share: tuple(_quantile(rows, float(share) / 100) for rows in held) for share in SHARES}


def conformal_score(choice: Chosen) -> float:
    """What the smallest region that contains the true place was estimated to hold."""
    view = choice.judged
    return spread_of(view.positions, view.scores.mixture).held_at(*view.truth)


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
                states[calls].append(
                    gain_features(calibration(before.raw, before.judged.situation, before.judged.company))
                )
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
    jobs: int = 1,
) -> tuple[Model, CrossFit]:
    """The model of all records: its scorer sees every photo, its calibration only held-out judgements."""
    fitted = cross_fit(records, models, folds, members, progress, jobs)
    progress("all photos")
    reliability = reliability_of(records)
    scorer = fit_scorer(records, models, reliability, members)
    return Model(reliability, scorer, *finish(fitted, None), provenance=provenance), fitted


def _quantile(scores: Sequence[float], share: float) -> float:
    ordered = np.sort(np.asarray(scores))
    rank = int(np.ceil((len(ordered) + 1) * share))
    return round(float(ordered[min(rank, len(ordered)) - 1]), 5)
