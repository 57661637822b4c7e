"""Measure a gallery's retrieval profile: locate a sample of its own photos from the others."""

from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sextant.gallery.build.commit import open_writer
from sextant.gallery.profile import LIST_LENGTH, RetrievalProfile, fit_profile
from sextant.gallery.search.filters import DUPLICATE_COSINE
from sextant.gallery.statistics import read_rows_at, read_vector_chunks
from sextant.gallery.store import Gallery

MOST_PHOTOS = 2000
# Dot products of a photo's vector with all others at most: a million rows are then measured in less than a minute.
_MOST_PRODUCTS = 4e8
_SEED = 17


def store_profile(path: str) -> RetrievalProfile:
    """Measure the profile of the gallery at `path` and write it into its manifest.

    Raises:
        GalleryError: it is not a gallery, another process is writing it, or it cannot be written.
    """
    gallery = Gallery.open(path)
    with open_writer(gallery.path, gallery.manifest.dimension) as writer:
        measured = measure_profile(gallery.photos)
        writer.put_manifest(gallery.manifest.model_copy(update={"profile": measured}))
    return measured


def measure_profile(photos: Any) -> RetrievalProfile:
    """Locate up to 2,000 photos of a gallery's table from the others; fewer where the table is very large.

    Left out of each photo's list are photos of the same author (where no author is known: of the same folder and day),
    and near-duplicates by cosine.
    """
    count = int(photos.count_rows())
    table = photos.search().select(["latitude", "longitude", "author", "uri", "captured_at"]).limit(count).to_arrow()
    places = np.column_stack([table["latitude"].to_numpy(), table["longitude"].to_numpy()]).astype(float)
    groups, left_out = _group_photos(table)
    sample = min(count, MOST_PHOTOS, max(200, int(_MOST_PRODUCTS / max(count, 1))))
    chosen = np.sort(np.random.default_rng(_SEED).choice(count, size=sample, replace=False))
    rows, similarity = _find_nearest_of_others(photos, chosen, np.unique(groups, return_inverse=True)[1])
    lists = [places[own[own >= 0]] for own in rows]
    return fit_profile(lists, places[chosen], [groups[row] for row in chosen], similarity[:, 0].astype(float), left_out)


def _group_photos(table: Any) -> tuple[NDArray[np.str_], Literal["author", "folder and day"]]:
    """Group photos that must not locate each other: by author, else by folder and day."""
    authors = table["author"].to_pylist()
    if any(authors):
        return np.array([author or f"unknown {row}" for row, author in enumerate(authors)]), "author"
    folders = [str(PurePosixPath(uri or "").parent) for uri in table["uri"].to_pylist()]
    days = [str(moment or "")[:10] for moment in table["captured_at"].to_pylist()]
    return np.array([f"{folder} {day}" for folder, day in zip(folders, days, strict=True)]), "folder and day"


def _find_nearest_of_others(
    photos: Any, chosen: NDArray[np.int64], group: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Find the nearest rows of other groups, (n, 20), -1 where there are fewer, and their cosines; ties by row."""
    queries = read_rows_at(photos, chosen)
    rows = np.full((len(chosen), LIST_LENGTH), -1, dtype=np.int64)
    best = np.full((len(chosen), LIST_LENGTH), -np.inf, dtype=np.float32)
    start = 0
    for chunk in read_vector_chunks(photos):
        similarity = queries @ chunk.T
        own = group[start : start + len(chunk)]
        similarity[(group[chosen][:, None] == own[None]) | (similarity >= DUPLICATE_COSINE)] = -np.inf
        rows, best = _merge(rows, best, similarity, start)
        start += len(chunk)
    rows[~np.isfinite(best)] = -1
    return rows, best


def _merge(
    rows: NDArray[np.int64], best: NDArray[np.float32], similarity: NDArray[np.float32], start: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    width = min(LIST_LENGTH, similarity.shape[1])
    picked = np.argpartition(-similarity, width - 1, axis=1)[:, :width]
    rows = np.concatenate([rows, picked + start], axis=1)
    best = np.concatenate([best, np.take_along_axis(similarity, picked, axis=1)], axis=1)
    order = np.argsort(-best, axis=1, kind="stable")[:, :LIST_LENGTH]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(best, order, axis=1)
