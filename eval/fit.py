"""Fitting a verification model from recorded candidates: scorer, calibration, regions, the gain of asking on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from agent.verification.calibration import IDENTITY, SITUATIONS, Calibration, company_features, logit
from agent.verification.decision import RADII_KM
from agent.verification.model_file import SHARES, Model
from agent.verification.scorer import joined
from agent.verification.spread import spread_of
from agent.verification.stopping import Gain, uncertainty
from agent.verification.worth import expected_utility
from eval.crossfit import FOLDS, MEMBERS, CrossFit, Judged, Progress, cross_fit, reliability_of
from eval.recorded import Record
from geo.sphere import great_circle_km

Floats = NDArray[np.float64]

_PART_WEIGHT = 0.3  # of a pool that is not its record's whole pool, in calibration
_LEAST_POOLS = 50  # with fewer held-out pools in a situation its calibration stays as the scorer says
_FIRST_RATE, _FIRST_WEIGHT = 0.035, 2000.0  # few calls change an answer: the rate is drawn towards this by so much
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
    """What share of the uncertainty a further call turned into true utility, over all photos and stages.

    The gain of a call is that of all remaining calls divided by their number: a second opinion alone seldom changes
    an answer, a third may.

    Args:
        stages: for each record its choices after 0, 1, 2, … calls.
    """
    gained, uncertain = 0.0, 0.0
    for record in stages:
        last, most = record[-1], len(record) - 1
        for calls, before in enumerate(record[1:-1], 1):
            if before is not None and last is not None:
                judged = before.judged
                chances = calibration(before.raw, judged.situation, judged.company)
                gained += float(last.hit.mean() - before.hit.mean()) / (most - calls)
                uncertain += uncertainty(chances, calls)
    return Gain(max(0.0, gained + _FIRST_WEIGHT * _FIRST_RATE) / (uncertain + _FIRST_WEIGHT))


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
    """The model of all records: the scorers of all folds together, its calibration from held-out judgements."""
    fitted = cross_fit(records, models, folds, members, progress, jobs)
    return whole_model(fitted, records, provenance), fitted


def whole_model(fitted: CrossFit, records: Sequence[Record], provenance: dict[str, Any]) -> Model:
    """One model of a cross-fit; each network has seen all folds but its own."""
    return Model(reliability_of(records), joined(fitted.scorers), *finish(fitted, None), provenance=provenance)


def _quantile(scores: Sequence[float], share: float) -> float:
    ordered = np.sort(np.asarray(scores))
    rank = int(np.ceil((len(ordered) + 1) * share))
    return round(float(ordered[min(rank, len(ordered)) - 1]), 5)
