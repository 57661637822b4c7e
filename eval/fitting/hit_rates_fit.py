"""Fit how often answers lie within each radius, by model, class, named place and wording."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from sextant.agent.answers.wording import KINDS
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.hit_rates import (
    CLASSES,
    FEATURES,
    HitRates,
    feature_rows,
    model_class,
    word_counts,
)
from sextant.agent.verification.pool import Candidate, positions_of
from sextant.agent.verification.reliability import model_name
from sextant.base.arrays import Floats
from sextant.eval.fitting.recorded import Record
from sextant.geo.sphere import compute_great_circle_km

_FEATURE_HOLD = 1.0  # how firmly weights are drawn to zero
_CLASS_HOLD = 0.3
_MODEL_HOLD = 4.0  # a model's offset is drawn to its class as if it had answered about this often
_DERIVED = "offline"
_MIDDLE = "middle"


def fit_hit_rates(records: Sequence[Record], by_class: bool = True) -> HitRates:
    """Fit logistic regressions, one a radius, over every recorded answer and alternative.

    Args:
        by_class: whether models that were not recorded differ by class; otherwise all count as middling.
    """
    once = {(record.image, record.group): record for record in reversed(records)}  # in several galleries' files
    said = [(record, _said(record)) for record in reversed(once.values())]
    said = [(record, answers) for record, answers in said if answers]
    shares = _word_shares([one for _, answers in said for one in answers])
    tables = [feature_rows(answers, shares) for _, answers in said]
    models = sorted({model_name(one.model) for _, answers in said for one in answers})
    names = [model_name(one.model) for _, answers in said for one in answers]
    number = {name: index for index, name in enumerate(models)}
    kinds = [model_class(name) if by_class else _MIDDLE for name in names]
    classes = np.array([[kind == own for own in CLASSES] for kind in kinds], dtype=float).reshape(-1, 3)
    own = np.eye(len(models))[[number[name] for name in names]].reshape(-1, len(models))
    table = np.hstack([np.concatenate(tables) if tables else np.zeros((0, len(FEATURES))), classes, own])
    hits = np.concatenate([_hits(record, answers) for record, answers in said]) if said else np.zeros((0, 5))
    hold = np.repeat([_FEATURE_HOLD, _CLASS_HOLD, _MODEL_HOLD], [len(FEATURES), len(CLASSES), len(models)])
    found = np.array([_logistic(table, hit, hold) for hit in hits.T])
    middle = len(FEATURES) + len(CLASSES)
    return HitRates(
        found[:, : len(FEATURES)],
        {kind: found[:, len(FEATURES) + CLASSES.index(kind if by_class else _MIDDLE)] for kind in CLASSES},
        {name: found[:, middle + index] for index, name in enumerate(models)},
        shares,
    )


def _said(record: Record) -> list[Candidate]:
    return [one for one in record.pool().candidates if one.origin not in ("nearest", "named") and one.model != _DERIVED]


def _word_shares(answers: Sequence[Candidate]) -> Floats:
    counts = word_counts(answers).sum(0)
    return np.asarray(np.maximum(counts[:-1], 1.0) / max(float(counts[-1]), 100.0 * len(KINDS)), dtype=float)


def _hits(record: Record, answers: Sequence[Candidate]) -> Floats:
    away = compute_great_circle_km(positions_of(answers), (record.latitude, record.longitude))
    return np.asarray(away[:, None] <= np.array(RADII_KM), dtype=float)


def _logistic(table: Floats, hit: Floats, hold: Floats) -> Floats:
    def loss(weights: Floats) -> tuple[float, Floats]:
        p = np.clip(expit(table @ weights), 1e-9, 1 - 1e-9)
        entropy = -float((hit * np.log(p) + (1 - hit) * np.log(1 - p)).sum())
        return entropy + float((hold * weights**2).sum()), table.T @ (p - hit) + 2 * hold * weights

    return np.asarray(minimize(loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B").x)
