"""Augment the training data with thinned pools, so that the scorer learns to handle missing parts."""

from dataclasses import replace

import numpy as np

from sextant.agent.verification.pool import Pool
from sextant.eval.fitting.recorded import Record

_MOST_CALLS = 7


def thinned(record: Record, chance: np.random.Generator) -> Pool:
    """Return a random thinner pool of the record; of its position scores, if it has any, in 3 of 10 none.

    With retrieved photos: no answer (3 in 10), some photos missing (2 in 10), no far side and a shorter list (2 in
    10), no retrieved photos (1 in 10), a short list alone (2 in 10). Without: one to seven answers at random.
    """
    if record.position_scores and chance.random() < 0.3:
        record = replace(record, position_scores={})
    if not record.nearest:
        count = int(chance.integers(1, _MOST_CALLS + 1))
        kept = chance.permutation(len(record.answers))[:count]
        return replace(record, answers=tuple(record.answers[index] for index in kept)).pool()
    kind, nearest = chance.random(), record.nearest
    if kind < 0.3:
        return replace(record, answers=()).pool()
    if kind < 0.5:
        kept = np.sort(chance.permutation(len(nearest))[: int(chance.integers(1, len(nearest) + 1))])
        return replace(record, nearest=tuple(nearest[index] for index in kept)).pool()
    if kind < 0.7:
        return replace(record, farthest=(), nearest=nearest[: int(chance.integers(3, 21))]).pool()
    if kind < 0.8:
        return replace(record, nearest=()).pool()
    return replace(record, nearest=nearest[: int(chance.integers(1, 12))], answers=()).pool()
