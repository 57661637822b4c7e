"""Approximate index over vectors, with kind and parameters chosen by the number of rows: for the near and the far side.

Searches take candidates from the index and re-rank them on their stored vectors themselves, which they read faster
than LanceDB does.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.gallery.encoders.spec import normalise
from sextant.gallery.manifest import VectorIndex
from sextant.gallery.search.exact import view_vectors
from sextant.gallery.search.metadata import METADATA, Details
from sextant.gallery.search.stored_vectors import StoredVectors

EXACT_BELOW = 30_000  # rows that fit in memory and are scanned in a few milliseconds
RERANKED = 96  # rows re-ranked on their stored vectors, at least; with twice as many hardly more are found
_PARTITIONS = 0.5  # for each root of the rows: LanceDB takes 30 µs for each partition it reads, and 15 ns for each code
_MOST_PARTITIONS = 256  # every row is compared with every partition: if these grew on, builds would grow like rows^1.5
_SAMPLE_RATE = 64  # rows a partition is trained on
_ITERATIONS = 10
_PROBED = 5  # partitions read for a query, for each root of their number
_FAR_BITS = 4  # a dimension: of 1-bit codes of the far side, thousands would have to be re-ranked
_FAR_PARTITION = 8192  # rows; all partitions are read, so that fewer of them are faster


def plan_index(count: int) -> VectorIndex:
    """Choose the near index of a gallery of ``count`` photos: none, or inverted lists of RaBitQ codes."""
    if count < EXACT_BELOW:
        return VectorIndex()
    partitions = min(_MOST_PARTITIONS, max(1, round(_PARTITIONS * math.sqrt(count))))
    return VectorIndex(
        kind="IVF_RQ",
        partitions=partitions,
        probes=min(partitions, math.ceil(_PROBED * math.sqrt(partitions))),
        rerank=RERANKED,
    )


def plan_far_index(outliers: int) -> VectorIndex:
    """Choose the index of a table of outliers: none, or finer codes, all of which every search reads."""
    if outliers < EXACT_BELOW:
        return VectorIndex()
    partitions = max(1, round(outliers / _FAR_PARTITION))
    return VectorIndex(kind="IVF_RQ", partitions=partitions, probes=partitions, rerank=RERANKED, bits=_FAR_BITS)


def create_index(table: Any, index: VectorIndex) -> None:
    """Train and fill the index of a table's vectors."""
    if index.kind == "exact":
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
        source: the source of every row, where there is only one. Lance keeps a million equal values in a form from
            which reading a few takes as long as a third of the search.
    """

    table: Any
    count: int
    index: VectorIndex
    vectors: StoredVectors | None
    details: Details | None
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
        """Read every partition into LanceDB's cache."""
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
        rows = self._read_details(numbers[order])
        rows = rows.append_column("similarity", pa.array(np.clip(similarity[order], -1.0, 1.0)))
        direction = "descending" if sign > 0 else "ascending"
        return rows.sort_by([("similarity", direction), ("id", "ascending")]).slice(0, limit)

    def _find_candidates(
        self, query: NDArray[np.float32], limit: int, condition: str | None, probes: int
    ) -> NDArray[np.int64]:
        """Return LanceDB's numbers of the rows whose codes are most similar."""
        from lancedb.background_loop import LOOP

        # LanceDB's synchronous search is this one, but hands over to its thread three times: a tenth of the time.
        search = self.table._table.query().nearest_to(query).column("vector").distance_type("cosine")
        search = search.nprobes(probes).limit(limit).select(["_distance"]).with_row_id()
        if condition:
            search = search.where(condition).maximum_nprobes(self.index.partitions)
        found = LOOP.run(search.to_arrow())  # type: ignore[no-untyped-call]
        return np.asarray(found["_rowid"].to_numpy(), dtype=np.int64)

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
