"""Exact search over vectors held in memory."""

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.gallery.encoders.spec import normalise

_SCAN_ROWS = 16_384


class VectorScan:
    """Rows of a gallery with their vectors as one matrix. Equal similarities are ordered by id."""

    def __init__(self, rows: pa.Table) -> None:
        self.vectors: NDArray[np.float32] = normalise(view_vectors(rows["vector"]))
        self.rows = rows.drop_columns(["vector"]).combine_chunks()

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def warm(self) -> None:
        """Prepare what the first search would."""
        _ = self._id_order

    @cached_property
    def _id_order(self) -> NDArray[np.int64]:
        ids = np.array(self.rows["id"].to_pylist(), dtype=object)
        rank = np.empty(len(ids), dtype=np.int64)
        rank[np.argsort(ids, kind="stable")] = np.arange(len(ids))
        return rank

    def nearest(self, vector: NDArray[np.float32], limit: int) -> pa.Table:
        """Return the ``limit`` rows most similar to a normalised vector, best first, with column ``similarity``."""
        return self._ranked(self.vectors @ vector, limit, farthest=False)

    def farthest(self, vector: NDArray[np.float32], limit: int) -> pa.Table:
        """Return the ``limit`` rows least similar to a normalised vector, least similar first."""
        return self._ranked(self.vectors @ vector, limit, farthest=True)

    def _ranked(self, similarity: NDArray[np.float32], limit: int, farthest: bool) -> pa.Table:
        key = similarity if farthest else -similarity
        chosen = np.arange(len(key))
        if limit < len(key):
            edge = np.partition(key, limit - 1)[limit - 1]
            chosen = np.flatnonzero(key <= edge)
        order = chosen[np.lexsort((self._id_order[chosen], key[chosen]))][:limit]
        return self.rows.take(order).append_column("similarity", pa.array(np.clip(similarity[order], -1.0, 1.0)))


def scan_rows(photos: Any, query: NDArray[np.float32], limit: int, condition: str | None, farthest: bool) -> pa.Table:
    """Search like ``VectorScan``, piece by piece over all rows that fulfil a SQL condition.

    A million rows take seconds: for conditions that leave nothing for a faster way to find.
    """
    search = photos.search()
    best: pa.Table | None = None
    for batch in (search.where(condition) if condition else search).to_batches(_SCAN_ROWS):
        piece = VectorScan(pa.Table.from_batches([batch]))
        found = piece.farthest(query, limit) if farthest else piece.nearest(query, limit)
        best = found if best is None else pa.concat_tables([best, found])
        order = [("similarity", "ascending" if farthest else "descending"), ("id", "ascending")]
        best = best.sort_by(order).slice(0, limit)
    return best if best is not None else _make_empty_table(photos)


def _make_empty_table(photos: Any) -> pa.Table:
    empty = photos.search().limit(1).to_arrow().slice(0, 0).drop_columns(["vector"])
    return empty.append_column("similarity", pa.array([], pa.float32()))


def view_vectors(column: Any) -> NDArray[np.float16]:
    """View a fixed-size-list column as an (n, dimension) array."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], type=array.type)
    dimension = array.type.list_size
    flat = array.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat).reshape(-1, dimension)
