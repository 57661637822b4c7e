"""Far index: a table of the rows that are farthest from others (outliers), where the far side of every query is found.

The photos least similar to a query are always the same small crowd: in G3's published index of 4.1 million, 59,000
farthest places are 9,007 photos. So these rows are kept apart, and the codes of all of them are read. An index asked
for the nearest to the negated query finds almost none of them: it has no partition out there.

Who belongs to the crowd is asked of the gallery itself: some of its own photos say how far each row lies beyond the
edge of their own far side, or how much it misses it by, and the rows that lie farthest beyond the edges of most are
chosen. Of synthetic galleries (``bench/vectors.py``: 20,000 rows of 256 dimensions, seeds 3, 4 and 6), 15 % chosen so
hold 98.2, 95.5 and 95.0 % of the true farthest 16 of other queries, and of 100,000 rows of 768 dimensions (seed 3)
99.75 %; chosen by the edge that they miss least, 97.2, 93.2, 94.2 and 99.6 %.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.gallery.statistics import read_rows_at, read_vector_chunks

_SHARE = 0.15
_SMALLEST = 64
_ASKED = (512, 4096)  # of the gallery's rows are asked, at least and at most, …
_PAIRS = 512_000_000  # … so that no more pairs of rows are compared, …
_SAMPLE = 32_768  # … where among so many rows the edge of their far side lies: …
_EDGE = 16  # … at this rank
_SOFTNESS = 0.02  # of cosine
_SCORED_ROWS = 4096  # at once
_BATCH_ROWS = 8192


def compute_shell_size(count: int) -> int:
    """Return how many outliers a gallery of ``count`` photos keeps: 15 %."""
    return min(count, max(_SMALLEST, round(_SHARE * count)))


def choose_outliers(photos: Any, size: int) -> pa.RecordBatchReader:
    """Choose the rows in which every query's farthest are looked for, in the table's order, with every column."""
    chosen = np.sort(np.argsort(-_score_outliers(photos), kind="stable")[:size])
    return pa.RecordBatchReader.from_batches(photos.schema, _read_batches_at(photos, chosen))


def _score_outliers(photos: Any) -> NDArray[np.float32]:
    """Return for each row how far it lies beyond the edges of the far sides of the rows asked, summed softly."""
    count = int(photos.count_rows())
    sample = read_rows_at(photos, _spread(count, _SAMPLE))
    fewest, most = _ASKED
    asked = sample[_spread(len(sample), min(most, max(fewest, _PAIRS // count)))]
    rank = min(_EDGE, len(sample)) - 1
    edges = np.concatenate(
        [np.partition(part @ sample.T, rank, axis=1)[:, rank] for part in np.array_split(asked, len(asked) // 256 + 1)]
    )
    del sample
    return np.concatenate([_sum_softly(chunk @ asked.T - edges) for chunk in _read_small_chunks(photos)])


def _sum_softly(misses: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum e^(-miss / softness) over the rows asked, whose misses are cut at -1, so that nothing overflows."""
    scores: NDArray[np.float32] = np.exp(np.maximum(misses, -1) / np.float32(-_SOFTNESS)).sum(axis=1)
    return scores


def _read_small_chunks(photos: Any) -> Iterator[NDArray[np.float32]]:
    for chunk in read_vector_chunks(photos):
        yield from (chunk[start : start + _SCORED_ROWS] for start in range(0, len(chunk), _SCORED_ROWS))


def _spread(count: int, wanted: int) -> NDArray[np.int64]:
    """Return ascending places spread evenly over ``count`` rows."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).astype(np.int64))


def _read_batches_at(photos: Any, indexes: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in photos.search().to_batches(_BATCH_ROWS):
        here = indexes[(indexes >= start) & (indexes < start + batch.num_rows)] - start
        start += batch.num_rows
        if len(here):
            yield batch.take(pa.array(here)).cast(photos.schema)
