import csv
import json

import numpy as np
import pytest

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model.backbone import Backbone
from sextant.gallery.alignment.model.config import AlignmentError
from sextant.gallery.alignment.training import cache_build as fill
from sextant.gallery.alignment.training.cache import ABOUT, IMAGES, open_cache
from sextant.gallery.alignment.training.cache_build import fill_cache
from sextant.gallery.alignment.training.place_texts import _list_texts_of_rows
from sextant.gallery.sources.recognise import SourceOptions, open_source
from tests.support.encoders import ThumbnailEncoder
from tests.support.photos import jpeg, photo_folder

POSITIONS = [(48.8584, 2.2945), (-33.8568, 151.2153), (1.3521, 103.8198), (64.1466, -21.9426)]


def source(folder, metadata=None):
    return open_source(str(folder), SourceOptions(metadata))


def filled(folder, cache, **more):
    return fill_cache(source(folder), Backbone(ThumbnailEncoder()), cache, min_file_bytes=0, workers=0, **more)


@pytest.fixture
def photos(tmp_path):
    return photo_folder(tmp_path / "photos", POSITIONS * 20)


@pytest.fixture
def table(tmp_path):
    """Photos and a table that holds everything that goes wrong in tables."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rows = [
        ("good.jpg", 10, 20, jpeg(1)),
        ("north.jpg", 95, 20, jpeg(2)),
        ("far.jpg", 10, 200, jpeg(3)),
        ("copy.jpg", 11, 21, jpeg(1)),
        ("half.jpg", 10, 20, jpeg(4)[:300]),
        ("fine.jpg", -10, -20, jpeg(5)),
    ]
    with (tmp_path / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "latitude", "longitude", "author"])
        for name, latitude, longitude, content in rows:
            (folder / name).write_bytes(content)
            writer.writerow([name, latitude, longitude, "ana"])
    return folder, tmp_path / "table.csv"


def test_features_are_those_of_the_backbone_in_half_precision(photos, tmp_path):
    cache = filled(photos, tmp_path / "cache")
    from sextant.gallery.photos.open import open_photo

    image = open_photo(photos / "003.jpg").image
    expected = ThumbnailEncoder().encode([image])[0] * np.sqrt(48)
    np.testing.assert_allclose(cache.images[3], expected, atol=2e-3)
    np.testing.assert_allclose(cache.positions[3], POSITIONS[3], atol=1e-4)
    assert cache.images.dtype == np.float16


def test_a_finished_cache_is_opened_and_not_computed_again(photos, tmp_path):
    filled(photos, tmp_path / "cache")
    encoder = ThumbnailEncoder()
    fill_cache(source(photos), Backbone(encoder), tmp_path / "cache", min_file_bytes=0, workers=0)
    assert encoder.encoded == 0


def test_bad_rows_are_left_out_and_counted_by_reason(table, tmp_path):
    folder, metadata = table
    backbone = Backbone(ThumbnailEncoder())
    cache = fill_cache(source(folder, metadata), backbone, tmp_path / "cache", min_file_bytes=0, workers=0)
    assert sorted(cache.ids()) == ["fine.jpg", "good.jpg"]
    reasons = " / ".join(cache.about.skipped)
    assert sum(cache.about.skipped.values()) == 4
    assert "copy of another photo" in reasons
    assert "broken" in reasons


def test_duplicates_of_one_position_are_one_place(photos, tmp_path):
    cache = filled(photos, tmp_path / "cache")
    assert len(set(cache.places)) == len(POSITIONS)


@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_interrupted_and_run_again_it_holds_the_same_bytes(photos, tmp_path, monkeypatch, dies_at):
    whole = filled(photos, tmp_path / "whole")
    monkeypatch.setattr(fill, "_FLUSH_ROWS", 32)
    original, calls = ThumbnailEncoder.encode_prepared, [0]

    def dying(self, prepared):
        calls[0] += 1
        if calls[0] == dies_at:
            raise KeyboardInterrupt
        return original(self, prepared)

    monkeypatch.setattr(ThumbnailEncoder, "encode_prepared", dying)
    with pytest.raises(KeyboardInterrupt):
        filled(photos, tmp_path / "cut")
    monkeypatch.setattr(ThumbnailEncoder, "encode_prepared", original)
    # What a kill between the two writes leaves: features without rows.
    with (tmp_path / "cut" / IMAGES).open("ab") as images:
        images.write(b"left over")
    resumed = filled(photos, tmp_path / "cut")
    assert resumed.images.tobytes() == whole.images.tobytes()
    assert resumed.ids() == whole.ids()
    assert resumed.about == whole.about


def test_a_full_disk_ends_in_one_line_and_the_work_goes_on_later(photos, tmp_path, monkeypatch):
    original = fill._write_out

    def full(filling):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fill, "_write_out", full)
    with pytest.raises(AlignmentError, match="No space left on device; free some space and run the same command again"):
        filled(photos, tmp_path / "cache")
    monkeypatch.setattr(fill, "_write_out", original)
    assert len(filled(photos, tmp_path / "cache")) == 80


def test_a_cache_of_another_backbone_is_refused(photos, tmp_path):
    filled(photos, tmp_path / "cache")
    other = ThumbnailEncoder()
    other.fingerprint = "thumbnail-2"
    with pytest.raises(WrongUse, match=r"fingerprint 'thumbnail-1' → 'thumbnail-2'.*another --cache"):
        fill_cache(source(photos), Backbone(other), tmp_path / "cache", min_file_bytes=0)


def test_a_damaged_cache_is_not_trained_on(photos, tmp_path):
    cache = filled(photos, tmp_path / "cache").folder
    (cache / IMAGES).write_bytes(b"short")
    with pytest.raises(AlignmentError, match="is damaged: 80 rows and 5 bytes"):
        open_cache(cache)
    (cache / ABOUT).write_text(json.dumps({"rows": 1}))
    with pytest.raises(AlignmentError, match=r"cache\.json' is damaged"):
        open_cache(cache)


def test_a_source_without_a_usable_photo_says_why(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(jpeg(ord(name[0])))
    with pytest.raises(AlignmentError, match=r"no photo of the source can be used .2 × has no position"):
        filled(folder, tmp_path / "cache")


def test_features_too_large_for_half_precision_are_left_out(photos, tmp_path, monkeypatch):
    original = ThumbnailEncoder.encode_prepared

    def huge_first(self, prepared):
        vectors = original(self, prepared)
        vectors[0] *= 1e6
        return vectors

    monkeypatch.setattr(ThumbnailEncoder, "encode_prepared", huge_first)
    cache = filled(photos, tmp_path / "cache")
    assert cache.about.skipped == {"has features that are not finite": 3}
    assert np.isfinite(np.asarray(cache.images, dtype=np.float32)).all()


def test_the_places_that_a_source_names_are_kept_for_the_texts(tmp_path):
    folder = photo_folder(tmp_path / "photos", POSITIONS[:2])
    names = sorted(path.name for path in folder.iterdir())
    head = "IMG_ID,AUTHOR,LAT,LON,neighbourhood,city,county,state,region,country,country_code,continent"
    rows = [
        f"{names[0]},ana,48.8584,2.2945,Gros-Caillou,Paris,NA,Île-de-France,NA,France,fr,EU",
        f"{names[1]},ben,-33.8568,151.2153,nan,Sydney,,,NA,,au,OC",
    ]
    (tmp_path / "mp16.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    cache = fill_cache(
        source(folder, tmp_path / "mp16.csv"),
        Backbone(ThumbnailEncoder()),
        tmp_path / "cache",
        min_file_bytes=0,
        workers=0,
    )
    named, unnamed = cache.place_names(np.arange(2))
    assert named == ("Gros-Caillou", "Paris", "", "Île-de-France", "France")
    assert unnamed is None  # without a country the gazetteer names the place
    (fine, by_gazetteer), distinct = _list_texts_of_rows(cache, "fine", lambda stage, done, total: None)
    assert distinct[fine] == "A street view photo taken in Gros-Caillou, Paris, Île-de-France, France"
    assert distinct[by_gazetteer].endswith(", Australia")
