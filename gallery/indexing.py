"""The approximate index of the near side: its kind and parameters follow from the gallery's size."""

import math
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gallery.manifest import NearIndex

EXACT_BELOW = 30_000  # rows that fit in memory and are scanned in a few milliseconds
RERANKED = 128  # rows re-ranked on their stored vectors, at least; with twice as many no more are found
_SAMPLE_RATE = 64  # rows a partition is trained on; four times as many found the same neighbours
_ITERATIONS = 10
_PROBED = 8  # partitions read for a query, for each root of their number: with 6.5 a million's recall is 0.99
_METADATA = ("latitude", "longitude", "author", "source", "country_code", "captured_at", "sha256", "phash", "uri")


def planned_index(count: int) -> NearIndex:
    """The index that a gallery of ``count`` photos gets: none, or inverted lists of RaBitQ codes."""
    if count < EXACT_BELOW:
        return NearIndex()
    partitions = round(math.sqrt(count))
    return NearIndex(
        kind="IVF_RQ",
        partitions=partitions,
        probes=min(partitions, math.ceil(_PROBED * math.sqrt(partitions))),
        rerank=RERANKED,
    )


def still_fits(index: NearIndex, planned: NearIndex) -> bool:
    """Whether an index made for fewer rows can take the added ones without being trained again."""
    return index.kind == planned.kind and planned.partitions <= 1.25 * index.partitions


def create_index(photos: Any, index: NearIndex) -> None:
    """Train and fill the index, and make files findable by their hash."""
    if index.kind == "exact":
        return
    from lancedb.index import BTree, IvfRq

    settings = IvfRq(
        distance_type="cosine",
        num_partitions=index.partitions,
        sample_rate=_SAMPLE_RATE,
        max_iterations=_ITERATIONS,
    )
    photos.create_index("vector", config=settings, replace=True)
    photos.create_index("sha256", config=BTree(), replace=True)


def indexed_rows(
    photos: Any, index: NearIndex, query: Any, limit: int, condition: str | None = None, source: str | None = None
) -> pa.Table:
    """Up to ``limit`` rows by the index, re-ranked on their stored vectors, most similar first.

    Args:
        condition: SQL that rows must fulfil; partitions are then read until enough rows do.
        source: the source of every row, where there is only one. Lance keeps a million equal values in a form from
            which reading a few takes as long as a third of the search.
    """
    read = [name for name in _METADATA if name != "source" or source is None]
    search = (
        photos.search(query, vector_column_name="vector")
        .distance_type("cosine")
        .minimum_nprobes(index.probes)
        .maximum_nprobes(index.partitions if condition else index.probes)
        .refine_factor(max(2, math.ceil(index.rerank / limit)))
        .limit(limit)
        .select(["id", *read, "_distance"])
    )
    rows = (search.where(condition, prefilter=True) if condition else search).to_arrow()
    rows = rows.sort_by([("_distance", "ascending"), ("id", "ascending")])
    if source is not None:
        rows = rows.append_column("source", pa.repeat(pa.scalar(source), rows.num_rows))
    similarity = pc.subtract(pa.scalar(1.0), rows["_distance"].cast(pa.float64()))
    return rows.drop_columns(["_distance"]).append_column("similarity", similarity)
