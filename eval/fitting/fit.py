"""Fitting a verification model from recorded candidates: scorer, calibration, regions, the gain of asking on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from sextant.agent.verification.calibration import IDENTITY, KINDS, Calibration, with_retrieved
from sextant.agent.verification.model_file import SHARES, Model
from sextant.agent.verification.scorer import joined
from sextant.agent.verification.stopping_rule import Gain, missing
from sextant.base.arrays import Floats, Ints
from sextant.eval.fitting.crossfit import FOLDS, MEMBERS, CrossFit, Progress, cross_fit, folds_by_group, reliability_of
from sextant.eval.fitting.held_out import HeldOut, held_out
from sextant.eval.fitting.recorded import Record

CALIBRATION_PARTS = 8  # of each fold: the photographers of one part are calibrated by all others
_LEAST_POOLS = 50  # with fewer held-out pools of a kind its calibration stays as the scorer says
_FIRST_RATE, _FIRST_WEIGHT = 0.006, 10000.0  # few calls change an answer: the rate is drawn towards this by so much
_CEILING_PRIOR = 4.0  # log odds: some photos in fifty are recorded where they were not taken
# How firmly the weights of the inputs are held to the identity; and the ceiling to its prior.
_HOLD = np.array([1.0, 0.1, 1.0, 1.0, 3.0])
_CEILING_HOLD = 2.0


def fit_calibration(rows: HeldOut) -> Calibration:
    """For each radius a logistic map of each kind of pool; one ceiling with retrieved photos, and one without.

    Photos that others' photos are retrieved for were recorded like these, often by hand. A kind of which too few pools
    were held out takes the map of the one most like it; where none is, the identity stands. All stages of a run count
    alike: it may end at any.
    """
    weights = np.tile(np.array(IDENTITY), (len(KINDS), 5, 1))
    for retrieved in (True, False):
        family = [number for number in range(len(KINDS)) if with_retrieved(number) == retrieved]
        kinds = [number for number in family if (rows.kind == number).sum() >= _LEAST_POOLS]
        if kinds:
            weights[kinds] = _fit_family([rows[rows.kind == number] for number in kinds])
            for other in set(family) - set(kinds):
                weights[other] = weights[min(kinds, key=lambda kind: abs(kind - other))]
    return Calibration(weights)


def _fit_family(parts: Sequence[HeldOut]) -> Floats:
    """Weights (parts, 5, 6) of kinds that share their ceilings."""
    weights = np.zeros((len(parts), 5, len(IDENTITY)))
    for radius in range(5):
        tables = [part.inputs[:, radius] for part in parts]
        weights[:, radius, :-1], weights[:, radius, -1] = _fit_maps(tables, [part.hit[:, radius] for part in parts])
    return weights


def _fit_maps(tables: Sequence[Floats], hits: Sequence[Floats]) -> tuple[Floats, float]:
    """Each table's weights, and the common ceiling's log odds, by maximum likelihood, held softly to the identity."""
    parts, width = len(tables), len(_HOLD)
    prior = np.append(np.tile(np.array(IDENTITY[:-1]), parts), _CEILING_PRIOR)
    hold = np.append(np.tile(_HOLD, parts), _CEILING_HOLD)

    def loss(weights: Floats) -> tuple[float, Floats]:
        ceiling, off = expit(weights[-1]), weights - prior
        total, slope = float((hold * off**2).sum()), 2 * hold * off
        for number, (table, hit) in enumerate(zip(tables, hits, strict=True)):
            own = slice(number * width, (number + 1) * width)
            below = expit(table @ weights[own])
            p = np.clip(ceiling * below, 1e-6, 1 - 1e-6)
            total -= float((hit * np.log(p) + (1 - hit) * np.log(1 - p)).sum())
            by_p = (1 - hit) / (1 - p) - hit / p
            slope[own] += table.T @ (by_p * ceiling * below * (1 - below))
            slope[-1] += float((by_p * below).sum()) * ceiling * (1 - ceiling)
        return total, slope

    found = minimize(loss, prior, jac=True, method="L-BFGS-B").x
    return found[:-1].reshape(parts, width), float(found[-1])


def fit_quantiles(rows: HeldOut) -> dict[str, tuple[float, ...]]:
    """For each share the estimate that holds so much of the held-out places, by kind of pool: split conformal.

    Vovk, Gammerman, Shafer 2005: the ceil((n + 1) share)-th smallest score of n. Every stage of a run counts, since a
    run may end at any.
    """
    by_kind = [rows.held[rows.kind == number] for number in range(len(KINDS))]
    held = [own if len(own) >= _LEAST_POOLS else rows.held for own in by_kind]
    return {share: tuple(_quantile(own, float(share) / 100) for own in held) for share in SHARES}


def fit_gain(rows: HeldOut, calibration: Calibration) -> Gain:
    """What share of what was missing a further call turned into true utility, over all photos and stages.

    The gain of a call is that of all remaining calls divided by their number: a second opinion alone seldom changes
    an answer, a third may.
    """
    rows = rows[np.isfinite(rows.gain)]
    lacking = sum(missing(own) for own in calibrated_rows(rows, calibration))
    return Gain(max(0.0, float(rows.gain.sum()) + _FIRST_WEIGHT * _FIRST_RATE) / (lacking + _FIRST_WEIGHT))


def calibrated_rows(rows: HeldOut, calibration: Calibration) -> Floats:
    """Calibrated P(within r) of each row's answer, (n, 5)."""
    chances = np.zeros_like(rows.hit)
    for number in range(len(KINDS)):
        own = rows.kind == number
        chances[own] = calibration(rows.inputs[own], number)
    return chances


def finish(rows: HeldOut) -> tuple[Calibration, dict[str, tuple[float, ...]], Gain]:
    """Calibration, region quantiles and gain from held-out judgements."""
    calibration = fit_calibration(rows)
    return calibration, fit_quantiles(rows), fit_gain(rows, calibration)


def held_out_models(fitted: CrossFit) -> tuple[list[Model], Ints]:
    """Models to judge the records by, and which judges each; no part of it was fitted on that record's photographer.

    The scorer is that of the record's fold; calibration, regions and gain are fitted on the held-out judgements of all
    photographers but those of the record's part of the fold.
    """
    rows = held_out(fitted.judged, fitted.as_strangers)
    part_of = _parts(fitted)
    models = []
    for part in range(int(part_of.max()) + 1):
        fold = int(fitted.fold_of[part_of == part][0])
        finished = finish(rows[part_of[rows.record] != part])
        provenance = {"fold": fold, "part": part}
        models.append(Model(fitted.reliabilities[fold], fitted.scorers[fold], *finished, provenance=provenance))
    return models, part_of


def _parts(fitted: CrossFit) -> Ints:
    """A part number for each record: every fold split by photographer."""
    part_of = np.zeros(len(fitted.records), dtype=np.intp)
    first = 0
    for fold in range(int(fitted.fold_of.max()) + 1):
        rows = np.flatnonzero(fitted.fold_of == fold)
        groups = [fitted.records[row].group for row in rows]
        count = min(CALIBRATION_PARTS, len(set(groups)))
        part_of[rows] = first + folds_by_group(groups, count)
        first += count
    return part_of


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
    return whole_model(fitted, records, provenance, models), fitted


def whole_model(
    fitted: CrossFit, records: Sequence[Record], provenance: dict[str, Any], models: tuple[str, ...] = ()
) -> Model:
    """One model of a cross-fit; each network has seen all folds but its own."""
    finished = finish(held_out(fitted.judged, fitted.as_strangers))
    return Model(reliability_of(records, models), joined(fitted.scorers), *finished, provenance=provenance)


def _quantile(scores: Floats, share: float) -> float:
    ordered = np.sort(scores)
    rank = int(np.ceil((len(ordered) + 1) * share))
    return round(float(ordered[min(rank, len(ordered)) - 1]), 5)
