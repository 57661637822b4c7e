"""The ways of a large gallery, on a small one: thresholds are lowered so that an index and outliers are made."""

from pathlib import Path

import numpy as np
import pytest

from sextant.gallery.build import finalize as finish
from sextant.gallery.build.commit import BuildTask, open_writer
from sextant.gallery.build.finalize import finish_gallery
from sextant.gallery.database import GalleryError, connect
from sextant.gallery.manifest import Recall
from sextant.gallery.search.areas import SearchArea
from sextant.gallery.search.far_index import compute_shell_size
from sextant.gallery.search.filters import Filters
from sextant.gallery.search.index import RERANKED, plan_far_index, plan_index, plan_remote_index
from sextant.gallery.search.recall import RecallCheck, measure_recall
from sextant.gallery.search.search import find_farthest, find_nearest
from sextant.gallery.store import Gallery
from tests.support.galleries import made_gallery, made_rows, unit_vectors

COUNT, DIMENSION = 3000, 32
ALL = Filters()


def cone(count: int, seed: int) -> np.ndarray:
    """Vectors around a common direction, some farther from it than others, as embeddings of photos are."""
    rng = np.random.default_rng(seed)
    around = unit_vectors(count, DIMENSION - 1, seed)
    cosine = np.clip(0.75 - 0.08 * rng.gamma(2, 1, size=(count, 1)), -0.5, 0.98)
    return np.concatenate([cosine, np.sqrt(1 - cosine**2) * around], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sextant.gallery.search.index.EXACT_BELOW", 1000)
        yield made_gallery(tmp_path_factory.mktemp("large") / "g", COUNT, DIMENSION, cone(COUNT, 1))


def exact(gallery: Gallery, query: np.ndarray, filters: Filters = ALL, far: bool = False) -> list[str]:
    rows = gallery.all_rows.farthest(query, COUNT) if far else gallery.all_rows.nearest(query, COUNT)
    good = filters.passes(rows)
    return [name for name, passes in zip(rows["id"].to_pylist(), good, strict=True) if passes]


def test_the_index_follows_from_the_size():
    assert plan_index(20_000).kind == "exact"
    small, million = plan_index(100_000), plan_index(1_000_000)
    assert (small.kind, small.partitions, small.probes) == ("IVF_SIMHASH", 79, 45)
    assert million.partitions > small.partitions and million.probes > small.probes


def test_the_index_of_lancedb_takes_no_more_a_row_beyond_a_million_rows():
    assert plan_remote_index(20_000).kind == "exact" and plan_remote_index(100_000).kind == "IVF_RQ"
    assert plan_remote_index(10_000_000) == plan_remote_index(1_000_000)


def test_few_outliers_are_scanned_and_many_are_read_as_codes():
    assert plan_far_index(20_000).kind == "exact"
    many = plan_far_index(150_000)
    assert many.bits == 4 and many.probes == many.partitions == 18


def test_outliers_are_a_share_of_all():
    assert [compute_shell_size(count) for count in (50, 100, 10_000, 1_000_000)] == [50, 64, 1500, 150_000]


@pytest.mark.slow
def test_a_large_gallery_has_an_index_outliers_and_a_measured_recall(gallery):
    manifest = gallery.manifest
    assert manifest.index.kind == "IVF_SIMHASH" and manifest.outliers == compute_shell_size(COUNT) == len(
        gallery.outliers
    )
    assert manifest.recall is not None and manifest.recall.near >= 0.95
    assert manifest.recall.far >= 0.9 or manifest.recall.far_cosine_gap <= 0.003


def test_codes_of_few_dimensions_find_as_much(gallery):
    assert gallery.manifest.index.rerank == RERANKED and gallery.manifest.recall.near >= 0.99


def test_more_is_read_and_re_ranked_until_enough_is_found(tmp_path, monkeypatch):
    measured = iter([0.9, 0.98, 0.995])
    recalls = (Recall(queries=100, count=16, near=near, far=1.0) for near in measured)
    monkeypatch.setattr("sextant.gallery.search.index.EXACT_BELOW", 1000)
    monkeypatch.setattr(RecallCheck, "measure", lambda *_: next(recalls))
    index, plan = made_gallery(tmp_path / "g", COUNT, DIMENSION, cone(COUNT, 1)).manifest.index, plan_index(COUNT)
    assert (index.probes, index.rerank) == (plan.partitions, 313) and plan.rerank == 200


@pytest.mark.parametrize("filters", [ALL, Filters(exclude_authors=("author 3",)), Filters(countries=("JP",))])
@pytest.mark.parametrize("source", ["made", "made + more"])
def test_without_its_details_a_gallery_finds_the_same(gallery, filters, source, monkeypatch):
    """As one in an object store does, and one that was built before there were details."""
    joined = gallery.manifest.model_copy(update={"source": source})
    without = Gallery(gallery.path, joined, connect(gallery.path), None)
    assert gallery.indexed_rows.details
    for reader in ("StoredVectors", "Details"):
        monkeypatch.setattr(f"sextant.gallery.store.{reader}.opened", lambda *_: None)
    assert without.indexed_rows.details is None
    for query in cone(5, 8):
        assert find_nearest(without, query, 5, filters) == find_nearest(gallery, query, 5, filters)
        assert find_farthest(without, query, 5, filters) == find_farthest(gallery, query, 5, filters)


@pytest.mark.slow
def test_details_follow_what_is_added(tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.search.index.EXACT_BELOW", 1000)
    old = made_gallery(tmp_path / "g", COUNT, DIMENSION, cone(COUNT, 1))
    added = cone(200, 11)
    with open_writer(old.path, DIMENSION) as writer:
        writer.begin(BuildTask("add", "more", "made-1", {}), old.manifest)
        writer.append(made_rows(COUNT + 200)[COUNT:], added)
        finish_gallery(writer, spec="made", fingerprint="made-1", source="made", settings={})
    new = Gallery.open(old.path)
    kept = {file.stem for file in Path(new.path).glob("photos-*")}
    assert kept == {f"photos-{new.manifest.photos_version}"}
    stored = {row["id"]: row for row in new.photos.to_arrow().drop_columns(["vector"]).to_pylist()}
    for query in added[:10]:
        found = find_nearest(new, query, 5)
        assert int(found[0].id[:6]) >= COUNT
        for item in found:
            assert {name: getattr(item, name) for name in stored[item.id]} == stored[item.id]


def test_both_sides_agree_with_an_exact_scan(gallery):
    hits = {False: 0, True: 0}
    for query in cone(20, 2):
        for far, side in ((False, find_nearest), (True, find_farthest)):
            hits[far] += len({item.id for item in side(gallery, query, 16)} & set(exact(gallery, query, far=far)[:16]))
    assert hits[False] >= 0.95 * 320 and hits[True] >= 0.9 * 320


def test_similarities_are_those_of_the_stored_vectors(gallery):
    query = cone(1, 3)[0]
    truth = {row["id"]: row["similarity"] for row in gallery.all_rows.nearest(query, COUNT).to_pylist()}
    for item in [*find_nearest(gallery, query, 10), *find_farthest(gallery, query, 10)]:
        assert item.similarity == pytest.approx(truth[item.id], abs=2e-4)


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize(
    "filters",
    [
        Filters(inside=(SearchArea.from_box(30, 0, 60, 60),)),
        Filters(countries=("JP",), inside=(SearchArea.from_box(-10, -30, 60, 60),)),
    ],
)
def test_a_small_part_of_the_world_is_searched_whole(gallery, filters, far):
    query = cone(1, 4)[0]
    expected = exact(gallery, query, filters, far)[:10]
    side = find_farthest if far else find_nearest
    assert len(expected) == 10 and [item.id for item in side(gallery, query, 10, filters)] == expected


@pytest.mark.parametrize("side", [find_nearest, find_farthest])
def test_excluded_photos_stay_out_and_the_number_is_kept(gallery, side):
    query = cone(1, 5)[0]
    excluded = tuple(f"author {n}" for n in range(1, 9))
    found = side(gallery, query, 30, Filters(exclude_authors=excluded))
    assert len(found) == 30 and not {item.author for item in found} & set(excluded)


def test_more_than_the_outliers_are_found_by_scanning(gallery):
    query = cone(1, 6)[0]
    wanted = len(gallery.outliers) + 20
    assert [item.id for item in find_farthest(gallery, query, wanted)] == exact(gallery, query, far=True)[:wanted]


def test_a_warm_gallery_answers_the_same(gallery):
    query = cone(1, 7)[0]
    cold = find_nearest(gallery, query, 5)
    again = Gallery.open(gallery.path)
    again.warm()
    assert find_nearest(again, query, 5) == cold


def test_a_build_that_would_find_too_little_fails_loudly(tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.search.index.EXACT_BELOW", 1000)
    monkeypatch.setattr(finish, "choose_outliers", lambda photos, _: photos.search().limit(20).to_arrow().to_reader())
    with pytest.raises(GalleryError, match=r"finds 0\.\d+ of the farthest, less than 0.9"):
        made_gallery(tmp_path / "g", COUNT, DIMENSION, cone(COUNT, 1))
    with pytest.raises(GalleryError, match="unfinished"):
        Gallery.open(str(tmp_path / "g"))


def test_recall_of_an_exact_gallery_is_one(tmp_path):
    recall = measure_recall(made_gallery(tmp_path / "g", 200, DIMENSION), 30)
    assert (recall.near, recall.far, recall.queries, recall.count) == (1.0, 1.0, 30, 16)
