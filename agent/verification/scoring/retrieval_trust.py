"""How far retrieval is to be believed: less where the gallery holds nothing that looks like the photo."""

from collections.abc import Mapping

from sextant.agent.verification.pool import Pool

LOWEST_PERCENTILE = "1"
HALF_TRUST = 0.5  # of retrieval, for a photo less alike to the gallery than 99 in 100 of its own photos are


def retrieval_trust(best_similarity: float | None, nearest_percentiles: Mapping[str, float]) -> float:
    """Return the 1, or one half where the best similarity is below the gallery's own lowest percentile.

    Args:
        best_similarity: of the query to its most similar gallery photo; None where nothing was retrieved.
        nearest_percentiles: a gallery's manifest's, similarity of its photos to their nearest others by percentile.
    """
    least = nearest_percentiles.get(LOWEST_PERCENTILE)
    if best_similarity is None or least is None or best_similarity >= least:
        return 1.0
    return HALF_TRUST


def distrust_words(pool: Pool) -> tuple[str, ...]:
    """Return the reason to give where retrieval is not fully trusted."""
    if pool.retrieval_trust >= 1 or not pool.nearest:
        return ()
    return ("the gallery holds nothing that looks like this photo, so what was retrieved counts less",)
