"""Measure the recall of search against an exact scan, after every build and by ``sextant gallery info --check``."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.gallery.database import GalleryError
from sextant.gallery.manifest import Recall
from sextant.gallery.search.search import find_farthest, find_nearest
from sextant.gallery.statistics import read_rows_at, read_vector_chunks
from sextant.gallery.store import Gallery

COUNT = 16
NEAR_FLOOR = 0.95  # share of the true nearest 16 below which a gallery is not fit for use
FAR_FLOOR = 0.90  # the same of the farthest 16, unless those found are as far as the true ones within …
FAR_COSINE_GAP = 0.003  # … this much of mean cosine: many photos can be equally far
_SEED = 41


@dataclass(frozen=True)
class _Side:
    """The best ``COUNT`` rows of each query so far: places in the table (-1: none yet) and their similarity."""

    rows: NDArray[np.int64]
    similarity: NDArray[np.float32]


@dataclass(frozen=True)
class RecallCheck:
    """Random rows of a gallery with their true nearest and farthest rows, to measure searches against.

    Attributes:
        own: ids of the rows.
        vectors: theirs, (n, dimension).
        near, far: ids of the rows that an exact scan finds.
        far_cosines: sum of the similarities on the far side.
        count: how many rows are found on each side.
    """

    own: list[str]
    vectors: NDArray[np.float32]
    near: list[frozenset[str]]
    far: list[frozenset[str]]
    far_cosines: float
    count: int

    @classmethod
    def prepare(cls, gallery: Gallery, queries: int) -> "RecallCheck":
        """Choose up to ``queries`` rows and scan the gallery for their nearest and farthest rows."""
        count = min(COUNT, gallery.count - 1)
        chosen = np.sort(np.random.default_rng(_SEED).choice(gallery.count, min(queries, gallery.count), replace=False))
        if count < 1:
            return cls([""] * len(chosen), np.empty((0, 0), np.float32), [], [], 0.0, 0)
        ids = gallery.photos.search().select(["id"]).limit(gallery.count).to_arrow()["id"]
        vectors = read_rows_at(gallery.photos, chosen)
        near, far = _find_exact_sides(gallery.photos, vectors, chosen, count)
        own = [ids[int(row)].as_py() for row in chosen]
        return cls(own, vectors, _name(ids, near), _name(ids, far), float(far.similarity.sum()), count)

    def measure(self, gallery: Gallery) -> Recall:
        """Measure what the gallery's search finds of both sides."""
        if self.count < 1:
            return Recall(queries=len(self.own), count=self.count, near=1.0, far=1.0)
        near_hits = far_hits = 0
        cosines = -self.far_cosines
        for own, vector, near, far in zip(self.own, self.vectors, self.near, self.far, strict=True):
            nearest = [item for item in find_nearest(gallery, vector, self.count + 1) if item.id != own][: self.count]
            farthest = [item for item in find_farthest(gallery, vector, self.count + 1) if item.id != own][: self.count]
            near_hits += len(near & {item.id for item in nearest})
            far_hits += len(far & {item.id for item in farthest})
            cosines += sum(item.similarity for item in farthest)
        total = len(self.own) * self.count
        return Recall(
            queries=len(self.own),
            count=self.count,
            near=near_hits / total,
            far=far_hits / total,
            far_cosine_gap=round(cosines / total, 5),
        )


def _name(ids: Any, side: _Side) -> list[frozenset[str]]:
    return [frozenset(ids[int(row)].as_py() for row in rows) for rows in side.rows]


def measure_recall(gallery: Gallery, queries: int) -> Recall:
    """Measure recall at 16 of the near and far side over random rows, each left out of its own answer."""
    return RecallCheck.prepare(gallery, queries).measure(gallery)


def refuse_below_floor(path: str, recall: Recall) -> None:
    """Fail loudly when search would miss too much.

    Raises:
        GalleryError: recall is below the floors that this module states.
    """
    if recall.near < NEAR_FLOOR:
        raise GalleryError(f"gallery {path!r} finds {recall.near:.3f} of the nearest, less than {NEAR_FLOOR}; {_RETRY}")
    if recall.far < FAR_FLOOR and recall.far_cosine_gap > FAR_COSINE_GAP:
        raise GalleryError(f"gallery {path!r} finds {recall.far:.3f} of the farthest, less than {FAR_FLOOR}; {_RETRY}")


_RETRY = "its rows are kept: report this with the output of 'sextant gallery info --check 200'"


def _find_exact_sides(
    photos: Any, vectors: NDArray[np.float32], own: NDArray[np.int64], count: int
) -> tuple[_Side, _Side]:
    shape = len(vectors), count
    near = _Side(np.full(shape, -1), np.full(shape, -np.inf, dtype=np.float32))
    far = _Side(np.full(shape, -1), np.full(shape, np.inf, dtype=np.float32))
    start = 0
    for chunk in read_vector_chunks(photos):
        similarity = vectors @ chunk.T
        inside = np.flatnonzero((own >= start) & (own < start + len(chunk)))
        similarity[inside, own[inside] - start] = -np.inf
        near = _merge(near, similarity, start, count, sign=-1)
        similarity[inside, own[inside] - start] = np.inf
        far = _merge(far, similarity, start, count, sign=1)
        start += len(chunk)
    return near, far


def _merge(side: _Side, similarity: NDArray[np.float32], start: int, count: int, sign: int) -> _Side:
    """Merge the best found so far with one more piece, whose rows begin at ``start``."""
    width = min(count, similarity.shape[1])
    picked = np.argpartition(sign * similarity, width - 1, axis=1)[:, :width]
    rows = np.concatenate([side.rows, picked + start], axis=1)
    values = np.concatenate([side.similarity, np.take_along_axis(similarity, picked, axis=1)], axis=1)
    order = np.argsort(sign * values, axis=1, kind="stable")[:, :count]
    return _Side(np.take_along_axis(rows, order, axis=1), np.take_along_axis(values, order, axis=1))
