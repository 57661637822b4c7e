"""Make the sentence about a place with which an image is aligned."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.base.files import replace_file
from sextant.gallery.alignment.model.backbone import Backbone
from sextant.gallery.alignment.model.config import Granularity
from sextant.gallery.alignment.training.batches import Texts
from sextant.gallery.alignment.training.cache import Cache
from sextant.gallery.sources.records import PlaceNames
from sextant.geo.borders import find_countries
from sextant.geo.towns import load_gazetteer

NEAR_KM = 50.0
_BATCH = 256
_NAMED_TOGETHER = 4096


def place_sentences(positions: NDArray[np.float64], granularity: Granularity) -> list[str | None]:
    """Return the g3's sentence for each of (n, 2) positions in degrees; None at sea.

    ``place`` names city, state, country. ``fine`` adds the county, after G3-N; no offline gazetteer has its
    neighbourhoods, so the nearest named place stands for both neighbourhood and city. A name that is not
    known is dropped, and a place more than ``NEAR_KM`` away does not name the position.
    """
    table = load_gazetteer()
    sentences: list[str | None] = []
    for (latitude, longitude), country in zip(positions.tolist(), find_countries(positions), strict=True):
        if country is None:
            sentences.append(None)
            continue
        names = [country.name]
        if any(code in table.rows_by_code for code in country.gazetteer_codes):
            row, place_km = table.nearest(latitude, longitude, country.gazetteer_codes)
            finer = [table.names[row], table.admin2[row] if granularity == "fine" else "", table.admin1[row]]
            names = [*(finer if place_km <= NEAR_KM else finer[2:]), *names]
        sentences.append(make_sentence(names))
    return sentences


def make_sentence(names: Iterable[str]) -> str:
    """Make G3's sentence of a place's names, finest first; empty ones are dropped."""
    return "A street view photo taken in " + ", ".join(name for name in names if name)


def source_sentence(place: PlaceNames, granularity: Granularity) -> str:
    """Make G3's sentence of the names that a source gives: ``fine`` adds neighbourhood and county (G3-N)."""
    coarse = (place.city, place.state, place.country)
    return make_sentence(tuple(place) if granularity == "fine" else coarse)


def embed_texts(
    cache: Cache, backbone: Backbone, granularity: Granularity, progress: Callable[[str, int, int], None]
) -> Texts:
    """Embed the place texts of all rows: each distinct text is encoded once and kept in the cache's folder.

    Args:
        progress: told ("naming" or "reading", done, total).
    """
    kept = cache.folder / f"texts-{granularity}.npz"
    if kept.is_file():
        with np.load(kept) as stored:
            return Texts(stored["features"], stored["ids"])
    ids, distinct = _list_texts_of_rows(cache, granularity, progress)
    chunks = []
    for start in range(0, len(distinct), _BATCH):
        chunks.append(backbone.texts(distinct[start : start + _BATCH]).astype(np.float16))
        progress("reading", min(start + _BATCH, len(distinct)), len(distinct))
    dimension = backbone.text_dimension or 0
    features = np.concatenate(chunks) if chunks else np.zeros((1, dimension), dtype=np.float16)
    _save(kept, features, ids)
    return Texts(features, ids)


def _list_texts_of_rows(
    cache: Cache, granularity: Granularity, progress: Callable[[str, int, int], None]
) -> tuple[NDArray[np.int64], list[str]]:
    """Return (n,) text of each row, -1 for none, and the distinct texts in order of their spelling."""
    _, firsts, place_of = np.unique(cache.places, return_index=True, return_inverse=True)
    names: list[str | None] = []
    for start in range(0, len(firsts), _NAMED_TOGETHER):
        rows = firsts[start : start + _NAMED_TOGETHER]
        found = place_sentences(cache.positions[rows], granularity)
        named_places = cache.place_names(rows)
        names += [
            source_sentence(place, granularity) if place else sentence
            for place, sentence in zip(named_places, found, strict=True)
        ]
        progress("naming", len(names), len(firsts))
    distinct = sorted({name for name in names if name is not None})
    number = {name: i for i, name in enumerate(distinct)}
    of_place = np.array([-1 if name is None else number[name] for name in names], dtype=np.int64)
    return of_place[place_of.reshape(-1)], distinct


def _save(path: Path, features: NDArray[np.float16], ids: NDArray[np.int64]) -> None:
    with replace_file(path) as aside, aside.open("wb") as file:  # several processes may do this at once
        np.savez(file, features=features, ids=ids)
