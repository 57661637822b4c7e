"""The near index of galleries in folders: SimHash codes in a file beside the table."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sextant.gallery.build.commit import BuildTask, open_writer
from sextant.gallery.database import GalleryError
from sextant.gallery.encoders.spec import normalise
from sextant.gallery.manifest import SIMHASH
from sextant.gallery.search.filters import Filters
from sextant.gallery.search.search import find_nearest
from sextant.gallery.search.simhash import SimHashIndex, _select_smallest
from sextant.gallery.search.write_simhash import write_simhash
from sextant.gallery.store import Gallery
from tests.gallery.test_large import cone
from tests.support.galleries import made_gallery, made_rows, unit_vectors

ROWS, PARTITIONS = 3000, 12


def clustered(count: int, dimension: int, seed: int) -> np.ndarray:
    """Vectors round fifty others, as embeddings of photos are."""
    chance = np.random.default_rng(seed)
    centres = unit_vectors(50, dimension, 99)
    return normalise(centres[chance.integers(0, 50, count)] + unit_vectors(count, dimension, seed))


def index_of(folder: Path, vectors: np.ndarray, pieces: int = 3) -> tuple[SimHashIndex, np.ndarray]:
    """The index of vectors written in a few pieces, and LanceDB's number of each."""
    count, dimension = vectors.shape
    made = made_rows(count)
    with open_writer(str(folder), dimension) as writer:
        writer.begin(BuildTask("build", "made", "made", {}), None)
        for rows in np.array_split(np.arange(count), pieces):
            writer.append([made[row] for row in rows], vectors[rows])
        write_simhash(writer.photos, folder, min(PARTITIONS, count))
        stored = writer.photos.search().with_row_id(True).select(["id"]).limit(count).to_arrow().sort_by("id")
        return SimHashIndex.opened(folder, "photos", writer.photos.version), stored["_rowid"].to_numpy().astype(
            np.int64
        )


@pytest.fixture(scope="module")
def indexed(tmp_path_factory):
    vectors = clustered(ROWS, 96, 1)
    return *index_of(tmp_path_factory.mktemp("indexed") / "g", vectors), vectors


@pytest.mark.parametrize("dimension", [3, 96, 1000])
def test_the_nearest_are_among_those_found_whatever_the_dimension(tmp_path, dimension):
    vectors = clustered(1000, dimension, 1)
    index, numbers = index_of(tmp_path / "g", vectors)
    hits = 0
    for query in clustered(20, dimension, 2):
        nearest = numbers[np.argsort(-(vectors @ query))[:10]]
        hits += len(np.intersect1d(index.nearest(query, 100, PARTITIONS), nearest))
    assert hits >= 0.98 * 200


def test_as_many_as_asked_for_are_found_and_none_twice(indexed):
    index, numbers, vectors = indexed
    for limit in (1, 7, 100, ROWS - 1, ROWS, ROWS + 5):
        found = index.nearest(vectors[0], limit, PARTITIONS)
        assert len(found) == len(set(found.tolist())) == min(limit, ROWS) and np.isin(found, numbers).all()


def test_a_row_finds_itself_in_the_nearest_partition(indexed):
    index, numbers, vectors = indexed
    assert all(numbers[row] in index.nearest(vectors[row], 1, 1) for row in range(0, ROWS, 50))


def test_only_allowed_rows_are_found_wherever_they_lie(indexed):
    index, numbers, vectors = indexed
    allowed = np.sort(np.random.default_rng(4).permutation(numbers)[:40])
    for query in clustered(5, 96, 5):
        assert set(index.nearest(query, 100, 1, allowed)) == set(allowed)
        few = index.nearest(query, 10, 1, allowed)
        assert len(few) == 10 and np.isin(few, allowed).all()
    assert not len(index.nearest(vectors[0], 5, 1, np.empty(0, dtype=np.int64)))


def test_many_equal_photos_and_one_without_a_direction_are_searched_like_others(tmp_path):
    vectors = np.concatenate(
        [np.repeat(unit_vectors(1, 16, 1), 900, axis=0), np.zeros((1, 16)), unit_vectors(99, 16, 2)]
    )
    index, numbers = index_of(tmp_path / "g", vectors.astype(np.float32))
    assert np.isin(index.nearest(vectors[0].astype(np.float32), 50, PARTITIONS), numbers[:900]).all()
    assert numbers[950] in index.nearest(vectors[950].astype(np.float32), 5, PARTITIONS)


def test_the_same_question_has_the_same_answer(indexed):
    index, _, vectors = indexed
    assert np.array_equal(index.nearest(vectors[3], 50, 4), index.nearest(vectors[3], 50, 4))


@pytest.mark.parametrize("values", [np.arange(5000), np.arange(5000)[::-1], np.zeros(5000), np.arange(5000) % 16])
def test_the_shortlist_holds_the_smallest_and_is_about_as_long_as_asked(values):
    values = values.astype(np.float32)
    chosen = _select_smallest(values, 400)
    assert len(chosen) >= 200 and values[chosen].max() <= np.sort(values)[max(len(chosen) - 1, 0)]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sextant.gallery.search.index.EXACT_BELOW", 500)
        return made_gallery(tmp_path_factory.mktemp("codes") / "g", ROWS, 32, cone(ROWS, 1))


def test_a_gallery_in_a_folder_has_codes_instead_of_an_index_of_lancedb(gallery):
    assert gallery.manifest.index.kind == SIMHASH and gallery.manifest.recall.near >= 0.99
    assert {index.name for index in gallery.photos.list_indices()} == {"sha256_idx"}
    assert len(list(Path(gallery.path).glob("photos-*.codes"))) == 1


def test_a_condition_that_few_photos_fulfil_is_searched_whole(gallery):
    query = cone(1, 7)[0]
    filters = Filters(countries=("JP",))
    rows = gallery.all_rows.nearest(query, ROWS)
    expected = [row["id"] for row in rows.to_pylist() if row["country_code"] == "JP"][:20]
    assert [item.id for item in find_nearest(gallery, query, 20, filters)] == expected


def test_a_missing_or_damaged_index_is_named(gallery, tmp_path):
    copied = shutil.copytree(gallery.path, tmp_path / "copied")
    (codes,) = copied.glob("photos-*.codes")
    query = cone(1, 7)[0]
    whole = codes.read_bytes()
    for damaged in (b"", whole[:5000], whole.replace(b'"fine"', b'"else"', 1)):
        codes.write_bytes(damaged)
        with pytest.raises(GalleryError, match=rf"its index {codes.name} is damaged; copy the whole folder again"):
            find_nearest(Gallery.open(str(copied)), query, 5)
    codes.unlink()
    with pytest.raises(GalleryError, match=rf"its index {codes.name} is missing; copy the whole folder again"):
        find_nearest(Gallery.open(str(copied)), query, 5)
