"""Approximate index of the near side, with kind and parameters chosen by the gallery's size."""

import math
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sextant.gallery.manifest import NearIndex
from sextant.gallery.search.metadata import METADATA, Details

EXACT_BELOW = 30_000  # rows that fit in memory and are scanned in a few milliseconds
RERANKED = 96  # rows re-ranked on their stored vectors, at least; with twice as many hardly more are found
_PARTITIONS = 2  # for each root of the rows; with twice as many a search of a million takes a sixth longer
_SAMPLE_RATE = 64  # rows a partition is trained on
_ITERATIONS = 10
_PROBED = 9  # partitions read for a query, for each root of their number: with 8 a million's recall is 0.99


def plan_index(count: int) -> NearIndex:
    """Choose the index of a gallery of ``count`` photos: none, or inverted lists of RaBitQ codes."""
    if count < EXACT_BELOW:
        return NearIndex()
    partitions = round(_PARTITIONS * math.sqrt(count))
    return NearIndex(
        kind="IVF_RQ",
        partitions=partitions,
        probes=min(partitions, math.ceil(_PROBED * math.sqrt(partitions))),
        rerank=RERANKED,
    )


def can_take_rows(index: NearIndex, planned: NearIndex) -> bool:
    """Return whether an index made for fewer rows can take the added ones without being trained again."""
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


def search_index(
    photos: Any,
    index: NearIndex,
    query: Any,
    limit: int,
    condition: str | None = None,
    *,
    details: Details | None = None,
    source: str | None = None,
) -> pa.Table:
    """Return up to ``limit`` rows by the index, re-ranked on their stored vectors, most similar first.

    Args:
        condition: SQL that rows must fulfil; partitions are then read until enough rows do.
        details: where the rows' metadata is read; None has LanceDB read it, which takes a quarter of the search.
        source: the source of every row, where there is only one. Lance keeps a million equal values in a form from
            which reading a few takes as long as a third of the search.
    """
    read = [] if details else [name for name in METADATA if name != "source" or source is None]
    from lancedb.query import LanceVectorQueryBuilder

    search = (
        LanceVectorQueryBuilder(photos, query, "vector")
        .distance_type("cosine")
        .minimum_nprobes(index.probes)
        .maximum_nprobes(index.partitions if condition else index.probes)
        .refine_factor(max(2, math.ceil(index.rerank / limit)))
        .limit(limit)
        .select([*read, "_distance"])
        .with_row_id(True)
    )
    if condition:
        search = search.where(condition, prefilter=True)
    found = search.to_batches().read_all()  # search() and to_arrow() would ask for the schema three times: 0.4 ms
    if details:
        rows = details.rows(found["_rowid"])
    else:
        rows = found.drop_columns(["_rowid", "_distance"])
        if source is not None:
            rows = rows.append_column("source", pa.repeat(pa.scalar(source), rows.num_rows))
    similarity = pc.subtract(pa.scalar(1.0), found["_distance"].cast(pa.float64()))
    rows = rows.append_column("similarity", similarity)
    return rows.sort_by([("similarity", "descending"), ("id", "ascending")])
