"""Approximate index over vectors, with kind and parameters chosen by the number of rows: for the near and the far side.

The near side of a gallery in a folder has an index of our own (``simhash.py``); that of one in an object store, of one
built by an earlier version, and every far side has LanceDB's. Searches take candidates from either and re-rank them on
their stored vectors themselves, which they read faster than LanceDB does.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.gallery.encoders.spec import normalise
from sextant.gallery.manifest import RABITQ, SIMHASH, VectorIndex
from sextant.gallery.search.exact import view_vectors
from sextant.gallery.search.metadata import METADATA, Details
from sextant.gallery.search.simhash import SimHashIndex
from sextant.gallery.search.stored_vectors import StoredVectors

EXACT_BELOW = 30_000  # rows that fit in memory and are scanned in a few milliseconds
_PROBED = 5  # partitions read for a query, for each root of their number
_PARTITIONS = 0.25  # for each root of the rows: reading one takes 20 µs, and 9 ns for each of its rows
RERANKED = 200  # rows re-ranked on their stored vectors, at least; with half as many more hardly more are found
_LANCE_PARTITIONS = 0.5  # the same of LanceDB's index, which takes 30 µs a partition and 15 ns a row
_MOST_LANCE_PARTITIONS = 256  # with more of them, LanceDB's builds grow like rows^1.5
_LANCE_RERANKED = 96
_SAMPLE_RATE = 64  # rows a partition is trained on
_ITERATIONS = 10
_READ_ROWS = 65_536  # at once
_FAR_BITS = 4  # a dimension: of 1-bit codes of the far side, thousands would have to be re-ranked
_FAR_PARTITION = 8192  # rows; all partitions are read, so that fewer of them are faster


def plan_index(count: int) -> VectorIndex:
    """Choose the near index of a gallery of ``count`` photos in a folder: none, or inverted lists of SimHash codes."""
    if count < EXACT_BELOW:
        return VectorIndex()
    return _plan(SIMHASH, max(1, round(_PARTITIONS * math.sqrt(count))), RERANKED)


def plan_remote_index(count: int) -> VectorIndex:
    """Choose the near index of a gallery in an object store: none, or inverted lists of RaBitQ codes."""
    if count < EXACT_BELOW:
        return VectorIndex()
    partitions = min(_MOST_LANCE_PARTITIONS, max(1, round(_LANCE_PARTITIONS * math.sqrt(count))))
    return _plan(RABITQ, partitions, _LANCE_RERANKED)


def _plan(kind: str, partitions: int, rerank: int) -> VectorIndex:
    probes = min(partitions, math.ceil(_PROBED * math.sqrt(partitions)))
    return VectorIndex(kind=kind, partitions=partitions, probes=probes, rerank=rerank)


def plan_far_index(outliers: int) -> VectorIndex:
    """Choose the index of a table of outliers: none, or finer codes, all of which every search reads."""
    if outliers < EXACT_BELOW:
        return VectorIndex()
    partitions = max(1, round(outliers / _FAR_PARTITION))
    return VectorIndex(kind=RABITQ, partitions=partitions, probes=partitions, rerank=_LANCE_RERANKED, bits=_FAR_BITS)


def create_index(table: Any, index: VectorIndex) -> None:
    """Have LanceDB train and fill the index of a table's vectors, where it is one of LanceDB's."""
    if index.kind != RABITQ:
        return
    from lancedb.index import IvfRq

    settings = IvfRq(
        distance_type="cosine",
        num_partitions=index.partitions,
        num_bits=index.bits,
        sample_rate=_SAMPLE_RATE,
        max_iterations=_ITERATIONS,
    )
    table.create_index("vector", config=settings, replace=True)


def create_hash_index(photos: Any) -> None:
    """Make files findable by their hash."""
    from lancedb.index import BTree

    photos.create_index("sha256", config=BTree(), replace=True)


def drop_indexes(table: Any) -> None:
    """Drop the table's indexes, for ``optimize`` would train them anew with partitions of 16,384 rows."""
    for index in table.list_indices():
        table.drop_index(index.name)


@dataclass(frozen=True)
class IndexedRows:
    """Rows of a gallery that are searched by an index.

    Attributes:
        table: the LanceDB table.
        vectors: where the rows' vectors are read; None has LanceDB read them, which takes a quarter of the search.
        details: where the rows' metadata is read; None has LanceDB read it, which takes another quarter.
        codes: the index that finds candidates; None has LanceDB's find them.
        source: the source of every row, where there is only one. Lance keeps a million equal values in a form from
            which reading a few takes as long as a third of the search.
    """

    table: Any
    count: int
    index: VectorIndex
    vectors: StoredVectors | None
    details: Details | None
    codes: SimHashIndex | None
    source: str | None

    def __len__(self) -> int:
        return self.count

    def nearest(self, query: NDArray[np.float32], limit: int, condition: str | None = None) -> pa.Table:
        """Return up to ``limit`` rows, most similar to a normalised vector first, with column ``similarity``.

        Args:
            condition: SQL that rows must fulfil; partitions are then read until enough rows do.
        """
        return self._ranked(query, limit, condition, sign=1)

    def farthest(self, query: NDArray[np.float32], limit: int) -> pa.Table:
        """Return up to ``limit`` rows, least similar to a normalised vector first, with column ``similarity``."""
        return self._ranked(query, limit, None, sign=-1)

    def warm(self) -> None:
        """Read every partition into memory."""
        query = np.zeros(self.table.schema.field("vector").type.list_size, dtype=np.float32)
        query[0] = 1.0
        self._find_candidates(query, 16, None, self.index.partitions)

    def _ranked(self, query: NDArray[np.float32], limit: int, condition: str | None, sign: int) -> pa.Table:
        numbers = self._find_candidates(sign * query, max(2 * limit, self.index.rerank), condition, self.index.probes)
        numbers, similarity = self._measure_similarity(numbers, query)
        if limit < len(numbers):
            edge = np.partition(sign * similarity, -limit)[-limit]
            kept = sign * similarity >= edge
            numbers, similarity = numbers[kept], similarity[kept]
        order = np.argsort(-sign * similarity, kind="stable")
        ranked = np.clip(similarity[order], -1.0, 1.0)
        rows = self._read_details(numbers[order]).append_column("similarity", pa.array(ranked))
        if (np.diff(ranked) == 0).any():  # else they are in order: sorting anew takes 0.4 ms
            rows = rows.sort_by([("similarity", "descending" if sign > 0 else "ascending"), ("id", "ascending")])
        return rows.slice(0, limit)

    def _find_candidates(
        self, query: NDArray[np.float32], limit: int, condition: str | None, probes: int
    ) -> NDArray[np.int64]:
        """Return LanceDB's numbers of the rows whose codes are most similar."""
        if self.codes:
            return self.codes.nearest(query, limit, probes, self._find_allowed(condition) if condition else None)
        from lancedb.background_loop import LOOP

        # LanceDB's synchronous search is this one, but hands over to its thread three times: a tenth of the time.
        search = self.table._table.query().nearest_to(query).column("vector").distance_type("cosine")
        search = search.nprobes(probes).limit(limit).select(["_distance"]).with_row_id()
        if condition:
            search = search.where(condition).maximum_nprobes(self.index.partitions)
        found = LOOP.run(search.to_arrow())  # type: ignore[no-untyped-call]
        return np.asarray(found["_rowid"].to_numpy(), dtype=np.int64)

    def _find_allowed(self, condition: str) -> NDArray[np.int64]:
        """Return LanceDB's numbers of the rows that fulfil a SQL condition."""
        # Name a column: without one, LanceDB reads them all and takes thirty times as long.
        found = self.table.search().where(condition).select(["latitude"]).with_row_id(True).to_batches(_READ_ROWS)
        return np.asarray(found.read_all()["_rowid"].to_numpy(), dtype=np.int64)

    def _measure_similarity(
        self, numbers: NDArray[np.int64], query: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows' numbers in ascending order, and the cosines of their stored vectors with the query.

        In another order the last digit of a product can differ.
        """
        numbers = np.sort(numbers)
        if not len(numbers):
            return numbers, np.zeros(0, dtype=np.float32)
        if self.vectors:
            return numbers, normalise(self.vectors.rows(numbers)) @ query
        taken = self.table.take_row_ids(numbers.tolist()).select(["vector"]).to_arrow()
        return numbers, normalise(view_vectors(taken["vector"])) @ query

    def _read_details(self, numbers: NDArray[np.int64]) -> pa.Table:
        if self.details:
            return self.details.rows(numbers)
        names = [name for name in METADATA if name != "source" or self.source is None]
        found = self.table.take_row_ids(numbers.tolist()).select(names).with_row_id().to_arrow()
        order = np.argsort(np.argsort(numbers))  # LanceDB gives them by their numbers
        rows = found.sort_by("_rowid").take(pa.array(order)).drop_columns(["_rowid"])
        if self.source is not None:
            rows = rows.append_column("source", pa.repeat(pa.scalar(self.source), rows.num_rows))
        return rows
