"""How far retrieval is to be believed: less where the gallery holds nothing that looks like the photo."""

from collections.abc import Mapping

import numpy as np

from sextant.agent.verification.model_file import Model
from sextant.agent.verification.pool import Pool
from sextant.agent.verification.pool_features import Seen, look_without_retrieval
from sextant.agent.verification.scorer import Scores
from sextant.agent.verification.utility import stacked_within
from sextant.base.arrays import Floats

LOWEST_PERCENTILE = "1"
HALF_TRUST = 0.5  # of retrieval, for a photo less alike to the gallery than 99 in 100 of its own photos are
# What is known of a place from a retrieved photo that is nothing like the query: as good as nothing.
_NO_EVIDENCE = np.array([0.001, 0.005, 0.02, 0.08, 0.25])
# P(within r) of the most similar photo alone, on the development data (`--verify top1 --max-answers 0`).
_FIRST_PHOTO = np.array([0.153, 0.346, 0.472, 0.637, 0.787])
_ENOUGH_PHOTOS = 8


def retrieval_trust(best_similarity: float | None, nearest_percentiles: Mapping[str, float]) -> float:
    """1, or one half where the best similarity is below the gallery's own lowest percentile.

    Args:
        best_similarity: of the query to its most similar gallery photo; None where nothing was retrieved.
        nearest_percentiles: a gallery's manifest's, similarity of its photos to their nearest others by percentile.
    """
    least = nearest_percentiles.get(LOWEST_PERCENTILE)
    if best_similarity is None or least is None or best_similarity >= least:
        return 1.0
    return HALF_TRUST


def distrust_words(pool: Pool) -> tuple[str, ...]:
    """The reason to give where retrieval is not fully trusted."""
    if pool.retrieval_trust >= 1 or not pool.nearest:
        return ()
    return ("the gallery holds nothing that looks like this photo, so what was retrieved counts less",)


def estimates(pool: Pool, seen: Seen, model: Model) -> tuple[Floats, Floats]:
    """P(within r) of each point before calibration, (m, 5), and the mixture, (m, 6).

    Below full trust both are drawn towards what they would be without retrieval.
    """
    scores = model.scorer(seen.table, seen.names)
    stacked = stacked_within(seen.apart_km, scores, seen.votes, seen.situation, seen.retrieved)
    trust = pool.retrieval_trust
    if trust >= 1 or not pool.nearest:
        return stacked, scores.mixture
    without, mixture = _without_retrieval(seen, scores, model)
    return trust * stacked + (1 - trust) * without, trust * scores.mixture + (1 - trust) * mixture


def held_back(probabilities: Floats, mixture: Floats, seen: Seen) -> tuple[Floats, Floats]:
    """Calibrated P and mixture of a list of few retrieved photos without an answer, held to what one photo is worth.

    The fit saw lists of 20; the fewer there are, the less their agreement proves.
    """
    missing = max(0.0, 1 - (seen.retrieved - 1) / (_ENOUGH_PHOTOS - 1))
    if seen.situation != 0 or missing == 0:
        return probabilities, mixture
    rings = np.diff([0.0, *_FIRST_PHOTO, 1.0])
    plain = mixture.sum(1, keepdims=True) * rings
    return (
        (1 - missing) * probabilities + missing * np.minimum(probabilities, _FIRST_PHOTO),
        (1 - missing) * mixture + missing * plain,
    )


def _without_retrieval(seen: Seen, scores: Scores, model: Model) -> tuple[Floats, Floats]:
    if not len(seen.voices.positions):
        beyond = np.zeros_like(scores.mixture)
        beyond[:, -1] = scores.mixture.sum(1)
        return np.tile(_NO_EVIDENCE, (len(beyond), 1)), beyond
    bare = look_without_retrieval(seen)
    said = model.scorer(bare.table, bare.names)
    return stacked_within(seen.apart_km, said, bare.votes, bare.situation, bare.retrieved), said.mixture
