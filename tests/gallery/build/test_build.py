import csv
import threading
from pathlib import Path

import pytest

from sextant.gallery.build.build import BuildState, add, build
from sextant.gallery.database import GalleryError, connect
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.search.search import find_nearest
from sextant.gallery.sources.recognise import SourceOptions, open_source
from sextant.gallery.store import Gallery
from tests.support.data import SHARED, needs_shared_data
from tests.support.encoders import ThumbnailEncoder, thumbnail
from tests.support.photos import jpeg, photo_folder, picture, stated_degrees

PLACES = [(10.0 + n, 20.0 + n) for n in range(40)]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return photo_folder(tmp_path / "photos", PLACES)


def rows(path: Path | str) -> list[dict[str, object]]:
    return connect(str(path)).open_table("photos").to_arrow().to_pylist()


def test_a_folder_becomes_a_gallery_with_the_positions_of_its_photos(photos, tmp_path):
    report = build(open_source(str(photos)), str(tmp_path / "g"), ThumbnailEncoder())
    gallery = Gallery.open(str(tmp_path / "g"))
    assert report.count == gallery.count == 40
    assert [(row["latitude"], row["longitude"]) for row in rows(tmp_path / "g")] == [pytest.approx(p) for p in PLACES]
    assert {row["country_code"] for row in rows(tmp_path / "g")} >= {"KZ", "AZ"}


def test_bad_files_are_listed_with_their_reason_and_stop_nothing(photos, tmp_path):
    (photos / "000.jpg").write_bytes(b"")
    (photos / "001.jpg").write_bytes(b"no photo at all")
    (photos / "002.jpg").write_bytes(jpeg(2))
    (photos / "003.jpg").write_bytes((photos / "004.jpg").read_bytes())
    report = build(open_source(str(photos)), str(tmp_path / "g"), ThumbnailEncoder())
    reasons = {item.id: item.reason for item in report.unreadable}
    assert report.count == 36 and set(reasons) == {"000.jpg", "001.jpg", "002.jpg", "004.jpg"}
    assert "empty" in reasons["000.jpg"] and "not a photo" in reasons["001.jpg"]
    assert "no position" in reasons["002.jpg"] and "copy" in reasons["004.jpg"]
    assert Gallery.open(str(tmp_path / "g")).unreadable().to_pylist()[0]["id"] == "000.jpg"


def test_decode_processes_give_the_same_rows_in_the_same_order(photos, tmp_path):
    build(open_source(str(photos)), str(tmp_path / "here"), load_encoder("builtin"), workers=0)
    build(open_source(str(photos)), str(tmp_path / "there"), load_encoder("builtin"), workers=2)
    assert rows(tmp_path / "here") == rows(tmp_path / "there")


class PatientEncoder(ThumbnailEncoder):
    """Encodes its first batch only when the next one has been decoded, or after ten seconds."""

    batch = 8

    def __init__(self) -> None:
        super().__init__()
        self.decoded = 0
        self.next_is_ready = threading.Event()

    def prepare(self, image):
        self.decoded += 1
        if self.decoded >= 2 * self.batch:
            self.next_is_ready.set()
        return thumbnail(image)

    def encode_prepared(self, prepared):
        assert self.next_is_ready.wait(10), "nothing was decoded while the encoder worked"
        return super().encode_prepared(prepared)


def test_photos_are_decoded_while_the_encoder_works(photos, tmp_path):
    encoder = PatientEncoder()
    assert build(open_source(str(photos)), str(tmp_path / "g"), encoder, workers=0).count == 40


def test_small_files_can_be_left_out(photos, tmp_path):
    (photos / "007.jpg").write_bytes(jpeg(7, size=(400, 400)))
    with pytest.raises(GalleryError, match="less than the requested 5,120"):
        build(open_source(str(photos)), str(tmp_path / "g"), ThumbnailEncoder(), min_file_bytes=5120)


def test_a_build_of_nothing_leaves_no_folder(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(jpeg(1))
    with pytest.raises(GalleryError, match=r"none of 1 photos .* has no position"):
        build(open_source(str(folder)), str(tmp_path / "g"), ThumbnailEncoder())
    assert not (tmp_path / "g").exists()


def test_a_folder_that_is_no_gallery_is_never_written_into(photos):
    with pytest.raises(GalleryError, match="exists and is not a gallery"):
        build(open_source(str(photos)), str(photos), ThumbnailEncoder())
    assert len(list(photos.iterdir())) == 40


class Stopped(Exception):
    pass


class StopsAfter(ThumbnailEncoder):
    """Breaks off in the middle, as a killed process does."""

    def __init__(self, photos: int) -> None:
        super().__init__()
        self._left = photos

    def encode_prepared(self, prepared):
        if self.encoded >= self._left:
            raise Stopped
        return super().encode_prepared(prepared)


def test_an_interrupted_build_leaves_the_old_gallery_and_goes_on(photos, tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.encoders.spec.BATCH", 8)
    monkeypatch.setattr("sextant.gallery.build.pipeline._COMMIT_ROWS", 8)
    out = str(tmp_path / "g")
    small = photo_folder(tmp_path / "small", PLACES[:3], first_seed=500)
    build(open_source(str(small)), out, ThumbnailEncoder())
    with pytest.raises(Stopped):
        build(open_source(str(photos)), out, StopsAfter(24))
    assert Gallery.open(out).count == 3
    assert len(find_nearest(Gallery.open(out), ThumbnailEncoder().encode([picture(500)])[0], 10)) == 3

    encoder = ThumbnailEncoder()
    report = build(open_source(str(photos)), out, encoder)
    assert (report.count, report.resumed_from, encoder.encoded) == (40, 24, 16)
    build(open_source(str(photos)), str(tmp_path / "whole"), ThumbnailEncoder())
    assert rows(out) == rows(tmp_path / "whole")


def test_another_build_does_not_go_on_from_what_was_left(photos, tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.encoders.spec.BATCH", 8)
    monkeypatch.setattr("sextant.gallery.build.pipeline._COMMIT_ROWS", 8)
    with pytest.raises(Stopped):
        build(open_source(str(photos)), str(tmp_path / "g"), StopsAfter(24))
    with pytest.raises(GalleryError, match="unfinished build"):
        Gallery.open(str(tmp_path / "g"))
    other = photo_folder(tmp_path / "other", PLACES[:3], first_seed=900)
    assert build(open_source(str(other)), str(tmp_path / "g"), ThumbnailEncoder()).count == 3


def test_adding_twice_changes_nothing(photos, tmp_path):
    out = str(tmp_path / "g")
    build(open_source(str(photos)), out, ThumbnailEncoder())
    more = photo_folder(tmp_path / "more", [(1, 1), (2, 2)], first_seed=700)
    (more / "copy.jpg").write_bytes((photos / "000.jpg").read_bytes())
    first = add(open_source(str(more)), out, ThumbnailEncoder())
    assert (first.count, first.added, [item.id for item in first.unreadable]) == (42, 2, ["copy.jpg"])
    before = rows(out)
    encoder = ThumbnailEncoder()
    assert add(open_source(str(more)), out, encoder).count == 42
    assert encoder.encoded == 0 and rows(out) == before
    assert len({row["id"] for row in before}) == 42


def test_one_writer_at_a_time(photos, tmp_path):
    out = str(tmp_path / "g")
    refused: list[Exception] = []

    def second(_: BuildState) -> None:
        if not refused:
            thread = threading.Thread(target=attempt)
            thread.start()
            thread.join()

    def attempt() -> None:
        try:
            build(open_source(str(photos)), out, ThumbnailEncoder())
        except GalleryError as error:
            refused.append(error)

    build(open_source(str(photos)), out, ThumbnailEncoder(), progress=second)
    assert "is being written by another process" in str(refused[0])


def test_progress_counts_up_to_the_total(photos, tmp_path):
    seen: list[BuildState] = []
    build(open_source(str(photos)), str(tmp_path / "g"), ThumbnailEncoder(), progress=seen.append)
    assert [item.done for item in seen if item.stage == "encoding"] == list(range(1, 41))
    assert seen[-1].total == seen[-1].written == 40 and seen[10].seconds_left is not None


def test_a_long_list_of_unused_photos_is_cut_and_counted(photos, tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.build.pipeline.LISTED", 2)
    for name in ("000.jpg", "001.jpg", "002.jpg"):
        (photos / name).write_bytes(b"")
    report = build(open_source(str(photos)), str(tmp_path / "g"), ThumbnailEncoder())
    assert len(report.unreadable) == 2 and report.notes == ("1 more photos were not used and are not listed",)


@needs_shared_data
def test_every_camera_file_is_in_its_gallery_where_its_rationals_say(tmp_path):
    assert SHARED is not None
    report = build(open_source(str(SHARED / "photos-exif")), str(tmp_path / "g"), ThumbnailEncoder())
    assert report.count == 16 and report.unreadable == ()
    with (SHARED / "photos-exif" / "index.csv").open() as lines:
        stated = {row["file"]: row for row in csv.DictReader(lines)}
    for row in rows(tmp_path / "g"):
        for name, letter in (("latitude", "lat_ref"), ("longitude", "lon_ref")):
            degrees = stated_degrees(stated[row["id"]][f"gps_{name}"], stated[row["id"]][letter])
            assert row[name] == pytest.approx(degrees, abs=1e-9)


@needs_shared_data
def test_benchmark_photos_find_themselves(tmp_path):
    assert SHARED is not None
    data = SHARED / "im2gps3k-dev"
    options = SourceOptions(metadata=data / "im2gps3k_places365.csv")
    images = sorted((data / "images").iterdir())[:30]
    folder = tmp_path / "images"
    folder.mkdir()
    for image in images:
        (folder / image.name).symlink_to(image)
    build(open_source(str(folder), options), str(tmp_path / "g"), load_encoder("builtin"))
    gallery = Gallery.open(str(tmp_path / "g"))
    assert gallery.count == 30
    from sextant.gallery.photos.open import open_photo

    found = find_nearest(gallery, gallery.encoder().encode([open_photo(images[11]).image])[0], 3)
    assert found[0].id == images[11].name and found[0].similarity == pytest.approx(1, abs=1e-3)
