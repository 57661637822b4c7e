"""What a writer does when the disk is full, and when somebody else writes."""

import subprocess
import sys

import pytest

from sextant.gallery.build.build import build
from sextant.gallery.build.commit import BuildTask, GalleryWriter, hash_to_64_bits, make_rows_table, open_writer
from sextant.gallery.database import PHOTOS, GalleryError, connect
from sextant.gallery.sources.recognise import open_source
from sextant.gallery.store import Gallery
from tests.support.encoders import ThumbnailEncoder
from tests.support.galleries import made_gallery, made_rows, unit_vectors
from tests.support.photos import photo_folder

PLACES = [(10.0 + n, 20.0 + n) for n in range(24)]


def test_a_full_disk_is_said_and_what_is_whole_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.encoders.spec.BATCH", 8)
    monkeypatch.setattr("sextant.gallery.build.pipeline._COMMIT_ROWS", 8)
    photos = photo_folder(tmp_path / "photos", PLACES)
    out = str(tmp_path / "g")
    real = GalleryWriter._commit
    commits = []

    def full_after_two(self, write):
        commits.append(1)

        def fails():
            raise OSError(28, "No space left on device")

        real(self, write if len(commits) <= 2 else fails)

    with monkeypatch.context() as patch:
        patch.setattr(GalleryWriter, "_commit", full_after_two)
        with pytest.raises(GalleryError, match="the disk is full; what was written is kept; free some space and run"):
            build(open_source(str(photos)), out, ThumbnailEncoder())
    encoder = ThumbnailEncoder()
    report = build(open_source(str(photos)), out, encoder)
    assert (report.count, report.resumed_from, encoder.encoded) == (24, 16, 8)


@pytest.mark.skipif(sys.platform != "linux", reason="a small tmpfs is mounted")
def test_a_disk_that_is_really_full_is_said(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        with open_writer(str(small / "g"), 512) as writer:
            writer.begin(BuildTask("build", "made", "made", {}), None)
            writer.append(made_rows(500), unit_vectors(500, 512))
            with pytest.raises(GalleryError, match="the disk is full"):
                writer.append(made_rows(5000), unit_vectors(5000, 512))
            assert writer.photos.count_rows() == 500
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_a_full_disk_is_said_wherever_a_library_meets_it(tmp_path):
    told = "lance error: LanceError(IO): No space left on device (os error 28), writer.rs:191:9"
    with pytest.raises(GalleryError, match="the disk is full"), open_writer(str(tmp_path / "g"), 8):
        raise RuntimeError(told)
    with pytest.raises(RuntimeError, match="something else"), open_writer(str(tmp_path / "h"), 8):
        raise RuntimeError("something else")


def test_a_second_writer_without_a_lock_is_noticed(tmp_path):
    with open_writer(str(tmp_path / "g"), 8) as writer:
        writer.begin(BuildTask("build", "made", "made", {}), None)
        connect(str(tmp_path / "g")).open_table(PHOTOS).add(make_rows_table(made_rows(1), unit_vectors(1, 8), 8))
        with pytest.raises(GalleryError, match="was written by another process meanwhile"):
            writer.append(made_rows(3), unit_vectors(3, 8))


def test_readers_stay_on_the_version_they_opened(tmp_path):
    gallery = made_gallery(tmp_path / "g", 20, 8)
    with open_writer(gallery.path, 8) as writer:
        writer.begin(BuildTask("add", "made", "made", {}), gallery.manifest)
        writer.append(made_rows(5), unit_vectors(5, 8))
        assert Gallery.open(gallery.path).photos.count_rows() == 20


def test_an_added_half_is_dropped_when_something_else_is_added(tmp_path):
    gallery = made_gallery(tmp_path / "g", 20, 8)
    with open_writer(gallery.path, 8) as writer:
        writer.begin(BuildTask("add", "first", "made", {}), gallery.manifest)
        writer.append(made_rows(5), unit_vectors(5, 8))
    with open_writer(gallery.path, 8) as writer:
        writer.begin(BuildTask("add", "second", "made", {}), gallery.manifest)
        assert writer.count == 20 and not writer.resumed


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(GalleryError, match=r"cannot be written|is not a gallery"),
        open_writer(str(tmp_path / "file" / "g"), 8),
    ):
        pass


def test_short_hashes_are_the_same_in_every_process():
    assert hash_to_64_bits("a.jpg") == 18322877502207469449
