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


def measure_recall(gallery: Gallery, queries: int) -> Recall:
    """Measure recall at 16 of the near and far side over random rows, each left out of its own answer."""
    count = min(COUNT, gallery.count - 1)
    chosen = np.sort(np.random.default_rng(_SEED).choice(gallery.count, min(queries, gallery.count), replace=False))
    if count < 1:
        return Recall(queries=len(chosen), count=count, near=1.0, far=1.0)
    vectors = read_rows_at(gallery.photos, chosen)
    near, far = _find_exact_sides(gallery.photos, vectors, chosen, count)
    ids = gallery.photos.search().select(["id"]).limit(gallery.count).to_arrow()["id"]
    found = {"near": 0, "far": 0}
    cosines = 0.0
    for index, vector in enumerate(vectors):
        own = ids[int(chosen[index])].as_py()
        for name, search, truth in (("near", find_nearest, near), ("far", find_farthest, far)):
            references = [item for item in search(gallery, vector, count + 1) if item.id != own][:count]
            expected = {ids[int(row)].as_py() for row in truth.rows[index]}
            found[name] += len(expected & {item.id for item in references})
            if name == "far":
                cosines += sum(item.similarity for item in references) - float(truth.similarity[index].sum())
    total = len(chosen) * count
    gap = round(cosines / total, 5)
    return Recall(
        queries=len(chosen), count=count, near=found["near"] / total, far=found["far"] / total, far_cosine_gap=gap
    )


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
