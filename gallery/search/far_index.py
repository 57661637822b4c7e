"""Far index: a table of the rows that are farthest from others (outliers), where the far side of every query is found.

The photos least similar to a query are always the same small crowd: in G3's published index of 4.1 million, 59,000
farthest places are 9,007 photos. So these rows are kept apart, and the codes of all of them are read. An index asked
for the nearest to the negated query finds almost none of them: it has no partition out there.

Who belongs to the crowd is asked of the gallery itself: some of its own photos say how much farther each row is from
them than the edge of their own far side, and the rows that come closest to the edge of anyone, or lie beyond it, are
chosen. In synthetic galleries of 250,000 (seeds 3, 4 and 5 of ``bench/vectors.py``), 15 % chosen so hold 99.2, 99.97
and 99.94 % of the true farthest 16 of other queries; by the cosine to the mean alone 98.5, 99.9 and 99.97 %.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.gallery.statistics import read_rows_at, read_vector_chunks

_SHARE = 0.15
_SMALLEST = 64
_ASKED = 512  # of the gallery's rows are asked …
_SAMPLE = 32_768  # … where among so many rows the edge of their far side lies: …
_EDGE = 16  # … at this rank
_BATCH_ROWS = 8192


def compute_shell_size(count: int) -> int:
    """Return how many outliers a gallery of ``count`` photos keeps: 15 %."""
    return min(count, max(_SMALLEST, round(_SHARE * count)))


def choose_outliers(photos: Any, size: int) -> pa.RecordBatchReader:
    """Choose the rows in which every query's farthest are looked for, in the table's order, with every column."""
    distances = _measure_distance_to_edges(photos)
    chosen = np.sort(np.argsort(distances, kind="stable")[:size])
    return pa.RecordBatchReader.from_batches(photos.schema, _read_batches_at(photos, chosen))


def _measure_distance_to_edges(photos: Any) -> NDArray[np.float32]:
    """Return for each row by how much of cosine it misses the far side of the row that it misses least."""
    count = int(photos.count_rows())
    sample = read_rows_at(photos, _spread(count, _SAMPLE))
    asked = sample[_spread(len(sample), _ASKED)]
    rank = min(_EDGE, len(sample)) - 1
    edges = np.partition(asked @ sample.T, rank, axis=1)[:, rank]
    del sample
    return np.concatenate([(chunk @ asked.T - edges).min(axis=1) for chunk in read_vector_chunks(photos)])


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
