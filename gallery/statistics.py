"""Similarity statistics of a gallery's own photos, to judge whether a query is far from all of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.gallery.encoders.spec import normalise
from sextant.gallery.search.exact import view_vectors

SAMPLE = 1000
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
_CHUNK_ROWS = 16_384
_SEED = 20_260_101


def compute_nearest_percentiles(photos: Any) -> dict[str, float]:
    """Return percentiles of the similarity between a photo and the most similar other one, over at most 1,000 rows.

    Returns:
        {"1": s, "5": s, … "99": s}; empty for galleries of fewer than two photos.
    """
    count = int(photos.count_rows())
    if count < 2:
        return {}
    chosen = np.sort(np.random.default_rng(_SEED).choice(count, size=min(SAMPLE, count), replace=False))
    queries = read_rows_at(photos, chosen)
    best = np.full(len(chosen), -1.0, dtype=np.float32)
    start = 0
    for chunk in read_vector_chunks(photos):
        similarity = queries @ chunk.T
        inside = (chosen >= start) & (chosen < start + len(chunk))
        similarity[np.flatnonzero(inside), chosen[inside] - start] = -1.0
        best = np.maximum(best, similarity.max(axis=1))
        start += len(chunk)
    values = np.percentile(np.clip(best, -1, 1), PERCENTILES)
    return {str(percentile): round(float(value), 4) for percentile, value in zip(PERCENTILES, values, strict=True)}


def read_vector_chunks(photos: Any) -> Any:
    """Yield the stored vectors in the table's order, as normalised (n, dimension) float32 pieces of bounded size."""
    for chunk in _stored_chunks(photos):
        yield normalise(chunk)


def _stored_chunks(photos: Any) -> Any:
    for batch in photos.search().select(["vector"]).to_batches(_CHUNK_ROWS):
        yield view_vectors(batch["vector"])


def read_rows_at(photos: Any, indexes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Read the stored vectors at these ascending places in the table's order; nothing else stays in memory."""
    found = np.empty((len(indexes), photos.schema.field("vector").type.list_size), dtype=np.float32)
    start = filled = 0
    for chunk in _stored_chunks(photos):
        here = indexes[(indexes >= start) & (indexes < start + len(chunk))] - start
        found[filled : filled + len(here)] = normalise(chunk[here])
        start, filled = start + len(chunk), filled + len(here)
    return found
