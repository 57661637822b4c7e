"""A gallery whose both sides have an index, and whose vectors are read straight from LanceDB's files."""

import re
import time

import numpy as np
import pytest

from sextant.gallery.build import finalize
from sextant.gallery.build.commit import BuildTask, open_writer
from sextant.gallery.build.finalize import finish_gallery
from sextant.gallery.database import connect
from sextant.gallery.search.index import create_index, plan_remote_index
from sextant.gallery.search.search import find_farthest, find_nearest
from sextant.gallery.search.stored_vectors import StoredVectors, write_stored_vectors
from sextant.gallery.store import Gallery
from tests.support.galleries import made_gallery, made_rows, unit_vectors

COUNT, ADDED, DIMENSION = 4000, 200, 128


def cone(count: int, seed: int) -> np.ndarray:
    """Vectors around a common direction, some farther from it than others, as embeddings of photos are."""
    around = unit_vectors(count, DIMENSION - 1, seed)
    cosine = np.clip(0.75 - 0.08 * np.random.default_rng(seed).gamma(2, 1, size=(count, 1)), -0.5, 0.98)
    return np.concatenate([cosine, np.sqrt(1 - cosine**2) * around], axis=1).astype(np.float32)


def added_to(folder) -> Gallery:
    """A gallery that was added to."""
    old = made_gallery(folder / "g", COUNT, DIMENSION, cone(COUNT, 1))
    with open_writer(old.path, DIMENSION) as writer:
        writer.begin(BuildTask("add", "more", "made-1", {}), old.manifest)
        writer.append(made_rows(COUNT + ADDED)[COUNT:], cone(ADDED, 2))
        finish_gallery(writer, spec="made", fingerprint="made-1", source="made", settings={})
    return Gallery.open(old.path)


@pytest.mark.slow
def test_a_gallery_of_an_earlier_version_gets_our_index_when_photos_are_added(tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.search.index.EXACT_BELOW", 500)
    with monkeypatch.context() as patch:
        patch.setattr(finalize, "plan_index", plan_remote_index)
        old = made_gallery(tmp_path / "g", 1500, DIMENSION, cone(1500, 1))
    assert (old.manifest.index.kind, len(old.photos.list_indices())) == ("IVF_RQ", 2)
    with open_writer(old.path, DIMENSION) as writer:
        writer.begin(BuildTask("add", "more", "made-1", {}), old.manifest)
        writer.append(made_rows(1510)[1500:], cone(10, 2))
        finish_gallery(writer, spec="made", fingerprint="made-1", source="made", settings={})
    new = Gallery.open(old.path)
    assert (new.manifest.index.kind, len(new.photos.list_indices())) == ("IVF_SIMHASH", 1)
    assert find_nearest(new, cone(10, 2)[0], 1)[0].id == "001500.jpg"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sextant.gallery.search.index.EXACT_BELOW", 500)
        return added_to(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def remote_like(tmp_path_factory):
    """One with LanceDB's index on both sides, as in an object store, or built by an earlier version."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sextant.gallery.search.index.EXACT_BELOW", 500)
        patch.setattr(finalize, "plan_index", plan_remote_index)
        return added_to(tmp_path_factory.mktemp("remote"))


@pytest.fixture(params=["own", pytest.param("remote_like", marks=pytest.mark.slow)])
def gallery(request):
    return request.getfixturevalue(request.param)


def test_both_sides_agree_with_an_exact_scan(gallery):
    assert gallery.manifest.far_index.bits == 4 and gallery.manifest.outliers == 630
    hits = {find_nearest: 0, find_farthest: 0}
    for query in cone(20, 3):
        for side, scan in ((find_nearest, gallery.all_rows.nearest), (find_farthest, gallery.all_rows.farthest)):
            hits[side] += len({item.id for item in side(gallery, query, 16)} & set(scan(query, 16)["id"].to_pylist()))
    assert min(hits.values()) >= 0.95 * 320


@pytest.mark.slow
def test_the_index_of_lancedb_keeps_its_partitions_when_photos_are_added(remote_like):
    index, gallery = remote_like.manifest.index, remote_like
    plan = gallery.photos.search(cone(1, 4)[0]).distance_type("cosine").nprobes(index.probes).limit(5).analyze_plan()
    assert re.findall(r"partitions_ranked=(\d+)", plan) == [str(index.partitions)]


def test_vectors_are_those_of_the_table_in_the_order_asked_for(gallery):
    for rows in (gallery.indexed_rows, gallery.outliers):
        stored = rows.table.search().with_row_id(True).select(["vector"]).limit(len(rows)).to_arrow()
        chosen = np.random.default_rng(1).permutation(len(rows))[:300]
        read = rows.vectors.rows(stored["_rowid"].to_numpy()[chosen].astype(np.int64))
        assert np.array_equal(read, np.array(stored["vector"].to_pylist(), dtype=np.float16)[chosen])


def test_without_the_files_beside_its_tables_a_gallery_finds_the_same(gallery, monkeypatch):
    again = Gallery.open(gallery.path)
    assert gallery.indexed_rows.vectors and gallery.outliers.vectors and gallery.outliers.details
    for reader in ("StoredVectors", "Details"):
        monkeypatch.setattr(f"sextant.gallery.store.{reader}.opened", lambda *_: None)
    assert again.indexed_rows.vectors is None and again.outliers.vectors is None
    for query in cone(5, 5):
        for side in (find_nearest, find_farthest):
            assert side(again, query, 16) == side(gallery, query, 16)


def test_scattered_vectors_are_left_to_the_database(tmp_path):
    with open_writer(str(tmp_path / "g"), 8) as writer:
        writer.begin(BuildTask("build", "made", "made", {}), None)
        for start in range(0, 140, 2):  # a file each, more than runs are allowed
            writer.append(made_rows(start + 2)[start:], unit_vectors(2, 8, start + 1))
        assert not write_stored_vectors(writer.photos, tmp_path)
        assert StoredVectors.opened(tmp_path, "photos", writer.photos.version) is None


def test_old_versions_are_cleared_away_beside_an_index(tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.search.index.EXACT_BELOW", 500)
    monkeypatch.setattr(finalize, "create_index", lambda *given: (time.sleep(0.5), create_index(*given)))
    vectors = cone(1200, 1)
    with open_writer(str(tmp_path / "g"), DIMENSION) as writer:
        writer.begin(BuildTask("build", "made", "made-1", {}), None)
        for start in range(0, 1200, 200):
            writer.append(made_rows(start + 200)[start:], vectors[start : start + 200])
        finish_gallery(writer, spec="made", fingerprint="made-1", source="made", settings={})
    gallery = Gallery.open(str(tmp_path / "g"))
    assert len(list((tmp_path / "g" / "photos.lance" / "data").iterdir())) == 1
    assert len(find_nearest(gallery, vectors[0], 5)) == 5
    latest = connect(gallery.path).open_table("photos")
    assert {index.name for index in latest.list_indices()} == {"sha256_idx"}
