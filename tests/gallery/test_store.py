import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.gallery.build.build import build
from sextant.gallery.database import MANIFEST, connect, write_document
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.sources.recognise import open_source
from sextant.gallery.store import Gallery, GalleryError
from sextant.geo.sphere import compute_great_circle_km
from tests.support.galleries import made_gallery
from tests.support.photos import photo_folder


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("built")
    photos = photo_folder(folder / "photos", [(10, 20), (11, 21), (12, 22)])
    build(open_source(str(photos)), str(folder / "g"), load_encoder("builtin"))
    return str(folder / "g")


@pytest.fixture(scope="module")
def spread(tmp_path_factory) -> Gallery:
    return made_gallery(tmp_path_factory.mktemp("spread") / "g", 500, 8)


def test_a_gallery_opens_with_its_own_encoder(built):
    gallery = Gallery.open(built, encoder="builtin")
    assert gallery.encoder().fingerprint == gallery.manifest.fingerprint
    assert Gallery.open(built).encoder().spec == "builtin"


def test_a_foreign_encoder_is_refused_with_the_way_out(built, tiny_siglip):
    with pytest.raises(GalleryError) as caught:
        Gallery.open(built, encoder=f"st:{tiny_siglip}")
    message = str(caught.value)
    assert "was built with encoder 'builtin'" in message and f"this run uses 'st:{tiny_siglip}'" in message
    assert "Pass --encoder builtin, or rebuild with" in message and "\n" not in message


def test_an_encoder_that_changed_since_is_refused(tmp_path, built):
    database = connect(built)
    manifest = Gallery.open(built).manifest
    try:
        write_document(database, MANIFEST, manifest.model_copy(update={"fingerprint": "0" * 16}).model_dump_json())
        with pytest.raises(GalleryError, match="has changed since"):
            Gallery.open(built).encoder()
    finally:
        write_document(database, MANIFEST, manifest.model_dump_json())


def test_what_is_no_gallery_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "none", tmp_path / "file"):
        with pytest.raises(GalleryError, match="is not a gallery; build one with"):
            Gallery.open(str(path))


def test_another_layout_is_refused_with_the_way_out(tmp_path):
    gallery = made_gallery(tmp_path / "g", 5, 8)
    older = {**gallery.manifest.model_dump(), "layout": 0}
    write_document(connect(gallery.path), MANIFEST, json.dumps(older))
    with pytest.raises(GalleryError, match=r"has layout 0; this version reads layout 1: rebuild"):
        Gallery.open(gallery.path)
    write_document(connect(gallery.path), MANIFEST, "{")
    with pytest.raises(GalleryError, match="cannot be read"):
        Gallery.open(gallery.path)


def test_vectors_are_stored_in_half_precision_at_length_one(built):
    rows = Gallery.open(built).photos.to_arrow()
    assert str(rows.schema.field("vector").type.value_type) == "halffloat"
    lengths = [np.linalg.norm(np.asarray(row, dtype=np.float32)) for row in rows["vector"].to_pylist()]
    assert lengths == pytest.approx([1, 1, 1], abs=1e-3)


@settings(deadline=None, max_examples=60)
@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 20_100))
def test_photos_within_a_radius_are_counted_as_the_sphere_has_them(spread, latitude, longitude, radius_km):
    truth = compute_great_circle_km(spread.positions, (latitude, longitude)) <= radius_km
    assert spread.count_within_km(latitude, longitude, radius_km) == int(truth.sum())


def test_percentiles_of_the_nearest_similarity_are_those_of_all_pairs(spread):
    vectors = spread.all_rows.vectors
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -1)
    median = float(np.percentile(similarity.max(axis=1), 50))
    assert spread.manifest.nearest_percentiles["50"] == pytest.approx(median, abs=1e-3)
    assert list(spread.manifest.nearest_percentiles) == ["1", "5", "25", "50", "75", "95", "99"]


@pytest.mark.parametrize("indexed", [False, True])
def test_files_and_photographers_are_found_in_memory_as_in_the_database(spread, indexed, monkeypatch):
    gallery = Gallery.open(spread.path)
    if indexed:
        monkeypatch.setattr(Gallery, "exact", False)
    rows = spread.photos.to_arrow().to_pylist()
    for row in rows[:5]:
        whose = {other["author"] for other in rows if other["sha256"] == row["sha256"]}
        assert gallery.authors_of(row["sha256"]) == sorted(whose - {None})
    for author in {row["author"] for row in rows} - {None}:
        assert gallery.count_of_author(author) == sum(row["author"] == author for row in rows)
    assert gallery.authors_of("f" * 64) == gallery.authors_of("' OR 1=1") == []
    assert gallery.count_of_author("nobody's") == 0
