"""Fitting what the wording of answers tells of their exactness, on recorded answers."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from sextant.agent.verification.calibration import logit
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.pool import Candidate, positions_of
from sextant.agent.verification.reliability import Reliability
from sextant.agent.verification.wording_shift import SILENT, Telling, signs_of, word_counts
from sextant.base.arrays import Floats
from sextant.eval.fitting.recorded import Record
from sextant.geo.sphere import great_circle_km

_SUBSETS = 3  # of each photo's answers, drawn at random: a run may end at any number of them
_MOST_ANSWERS = 7
_LEAST_ANSWERS = 200
_HOLD = 5.0  # how firmly the weights are held to zero, and that of the models' reliability to one


def fit_telling(records: Sequence[Record], reliability: Reliability) -> Telling:
    """What wording adds to the models' reliability; of too few answers in prose nothing is told."""
    chance = np.random.default_rng(0)
    drawn = [(record, _some(record, chance)) for record in records for _ in range(_SUBSETS)]
    subsets = [(record, said, word_counts(said)) for record, said in drawn]
    subsets = [(record, said, counts) for record, said, counts in subsets if len(counts)]
    if sum(len(said) for _, said, _ in subsets) < _LEAST_ANSWERS:
        return SILENT
    totals = np.concatenate([counts for _, _, counts in subsets]).sum(0)
    shares = np.maximum(totals[:-1], 1.0) / totals[-1]
    signs = np.concatenate([np.tile(signs_of(counts, shares), (len(said), 1)) for _, said, counts in subsets])
    believed = np.array(
        [reliability.of(one.model or "") or reliability.neutral for _, said, _ in subsets for one in said]
    )
    hits = np.concatenate([_hits(record, said) for record, said, _ in subsets])
    tables = [np.column_stack([np.ones(len(signs)), logit(own), signs]) for own in believed.T]
    found = [_logistic(table, hit)[2:] for table, hit in zip(tables, hits.T, strict=True)]
    return Telling(shares, np.array(found))


def _some(record: Record, chance: np.random.Generator) -> list[Candidate]:
    """Up to seven answers of the record, at random."""
    said = record.pool().answers
    kept = chance.permutation(len(said))[: int(chance.integers(1, _MOST_ANSWERS + 1))]
    return [said[index] for index in kept.tolist()]


def _hits(record: Record, said: Sequence[Candidate]) -> Floats:
    away = great_circle_km(positions_of(said), (record.latitude, record.longitude))
    return np.asarray(away[:, None] <= np.array(RADII_KM), dtype=float)


def _logistic(table: Floats, hit: Floats) -> Floats:
    """Weights of a logistic regression, held softly to the models' reliability as it is."""
    prior = np.zeros(table.shape[1])
    prior[1] = 1.0

    def loss(weights: Floats) -> tuple[float, Floats]:
        p = np.clip(expit(table @ weights), 1e-9, 1 - 1e-9)
        off = weights - prior
        entropy = -float((hit * np.log(p) + (1 - hit) * np.log(1 - p)).sum())
        return entropy + _HOLD * float(off @ off), table.T @ (p - hit) + 2 * _HOLD * off

    return np.asarray(minimize(loss, prior, jac=True, method="L-BFGS-B").x)
