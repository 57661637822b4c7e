"""Search a gallery: the photos most and least similar to a query (kNN, anti-kNN), under filters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from sextant.gallery.search.exact import scan_rows
from sextant.gallery.search.filters import Filters, measure_phash_distance
from sextant.gallery.store import Gallery

__all__ = [
    "Duplicate",
    "Filters",
    "PhotoSearch",
    "Reference",
    "SearchResult",
    "find_farthest",
    "find_nearest",
    "search_gallery",
]

_MANY = 1024  # rows from which on a condition is checked by the database rather than afterwards
_AHEAD = 4  # rows fetched for each one wanted where filters may drop some


@dataclass(frozen=True)
class Reference:
    """A gallery photo as a search returns it. Degrees; similarity is the cosine with the query, -1 to 1."""

    id: str
    latitude: float
    longitude: float
    author: str | None
    source: str | None
    country_code: str | None
    captured_at: str | None
    sha256: str
    phash: str | None
    uri: str | None
    similarity: float
    phash_distance: int | None = None  # bits of 64, where the query's hash is known


@dataclass(frozen=True)
class Duplicate:
    """A photo left out as a near-duplicate of the query, with both measures."""

    id: str
    phash_distance: int | None
    similarity: float


@dataclass(frozen=True)
class SearchResult:
    references: list[Reference] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)


Fetch = Callable[[int], pa.Table]


def find_nearest(gallery: Gallery, vector: ArrayLike, count: int, filters: Filters = Filters()) -> list[Reference]:  # noqa: B008
    """Return the ``count`` most similar photos, most similar first; equal ones by id. ``vector``: (dimension,)."""
    return search_gallery(gallery, vector, count, filters).references


def find_farthest(gallery: Gallery, vector: ArrayLike, count: int, filters: Filters = Filters()) -> list[Reference]:  # noqa: B008
    """Return the ``count`` least similar photos, least similar first; equal ones by id."""
    return search_gallery(gallery, vector, count, filters, far=True).references


def search_gallery(
    gallery: Gallery,
    vector: ArrayLike,
    count: int,
    filters: Filters = Filters(),  # noqa: B008
    far: bool = False,
) -> SearchResult:
    """Search one side and say also which near-duplicates were left out."""
    query = _normalise(vector, gallery.manifest.dimension)
    if gallery.count == 0 or count < 1:
        return SearchResult()
    fetch = _find_far_rows(gallery, query, filters) if far else _find_near_rows(gallery, query, filters)
    return _fetch_until_enough(fetch, count, filters)


def _find_near_rows(gallery: Gallery, query: NDArray[np.float32], filters: Filters) -> Fetch:
    """Return all rows where they are few, else the index; what it cannot give is scanned for."""
    if gallery.exact:
        return lambda limit: gallery.all_rows.nearest(query, limit)

    def fetch(limit: int) -> pa.Table:
        condition = filters.sql() if filters.narrow or limit > _MANY else None
        rows = gallery.indexed_rows.nearest(query, limit, condition)
        enough = rows.num_rows >= min(limit, gallery.count)
        return rows if enough else scan_rows(gallery.photos, query, limit, condition, farthest=False)

    return fetch


def _find_far_rows(gallery: Gallery, query: NDArray[np.float32], filters: Filters) -> Fetch:
    """Return all rows if they are few, else the outliers, unless a filter leaves a part of the world without them."""
    if gallery.exact:
        return lambda limit: gallery.all_rows.farthest(query, limit)

    def fetch(limit: int) -> pa.Table:
        if not filters.narrow and limit <= len(gallery.outliers):
            return gallery.outliers.farthest(query, limit)
        return scan_rows(gallery.photos, query, limit, filters.sql(), farthest=True)

    return fetch


def _fetch_until_enough(fetch: Fetch, count: int, filters: Filters) -> SearchResult:
    """Fetch more rows until enough of them pass, or there are no more."""
    if filters.open:
        return SearchResult([_make_reference(row, filters) for row in fetch(count).slice(0, count).to_pylist()])
    limit = count * _AHEAD
    while True:
        rows = fetch(limit)
        exhausted = rows.num_rows < limit
        rows = rows.filter(pa.array(filters.passes(rows)))
        same = filters.duplicates(rows)
        others = rows.filter(pa.array(~same))
        kept = filters.distinct(others, count)
        if len(kept) == count or exhausted:
            duplicates = [_make_duplicate(row, filters) for row in rows.filter(pa.array(same)).to_pylist()]
            return SearchResult(
                [_make_reference(row, filters) for row in others.take(pa.array(kept, pa.int64())).to_pylist()],
                duplicates,
            )
        limit *= _AHEAD


@dataclass(frozen=True)
class PhotoSearch:
    """The searches of one query photo, as the retrieval tools take them; each side is searched once a count."""

    gallery: Gallery
    vector: NDArray[np.float32]
    filters: Filters = field(default_factory=Filters)

    @cached_property
    def _found(self) -> dict[tuple[bool, int], SearchResult]:
        return {}

    def nearest(self, count: int) -> list[Reference]:
        return self._side(False, count).references

    def farthest(self, count: int) -> list[Reference]:
        return self._side(True, count).references

    def duplicates(self, count: int) -> list[Duplicate]:
        """Return the near-duplicates among the ``count`` most similar photos that were left out."""
        return self._side(False, count).duplicates

    def _side(self, far: bool, count: int) -> SearchResult:
        key = far, count
        if key not in self._found:
            self._found[key] = search_gallery(self.gallery, self.vector, count, self.filters, far)
        return self._found[key]


def _normalise(vector: ArrayLike, dimension: int) -> NDArray[np.float32]:
    query = np.asarray(vector, dtype=np.float32).reshape(-1)
    if len(query) != dimension:
        raise ValueError(f"query vector has {len(query)} numbers, the gallery's have {dimension}")
    return query / max(float(np.linalg.norm(query)), 1e-12)


def _make_reference(row: dict[str, object], filters: Filters) -> Reference:
    phash = row["phash"]
    bits = measure_phash_distance(filters.query_phash, phash if isinstance(phash, str) else None)
    return Reference(**row, phash_distance=bits)  # type: ignore[arg-type]


def _make_duplicate(row: dict[str, object], filters: Filters) -> Duplicate:
    reference = _make_reference(row, filters)
    return Duplicate(reference.id, reference.phash_distance, reference.similarity)
