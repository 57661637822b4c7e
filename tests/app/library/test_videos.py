"""Videos in a library: scenes, the clip's own metadata, one joint answer."""

import csv
import shutil

import numpy as np
import pytest

pytest.importorskip("av", reason="PyAV is not installed; it comes with the extra 'video'")

import av
from PIL import Image, ImageOps

from sextant.app.library.finding import LibraryPhoto, find_photos
from sextant.app.library.videos.expand import expand_videos, find_clip, list_frames
from sextant.app.library.videos.frames import VideoError, choose_frames
from sextant.app.library.videos.own_metadata import read_iso_6709
from sextant.gallery.photos.formats import is_video
from sextant.gallery.photos.open import read_metadata
from tests.support.cli import sextant
from tests.support.gpmf import Second, append_gpmf

STATED = {"location": "-33.8568+151.2153/", "creation_time": "2024-05-01T12:00:00Z"}


def write_clip(path, pictures, seconds=2, metadata=None, rate=8):
    """A clip that shows each picture for some seconds."""
    with av.open(str(path), "w") as clip:
        clip.metadata.update(metadata or {})
        stream = clip.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 192, 128, "yuv420p"
        for picture in pictures:
            frame = av.VideoFrame.from_image(picture.convert("RGB").resize((192, 128)))
            for _ in range(seconds * rate):
                clip.mux(stream.encode(frame))
        clip.mux(stream.encode())


def make_flat(grey):
    return Image.fromarray(np.full((128, 192, 3), grey, dtype=np.uint8))


def test_each_scene_gives_one_frame_and_the_longest_scenes_count(tmp_path):
    write_clip(tmp_path / "a.mp4", [make_flat(grey) for grey in (0, 120, 240, 120, 0, 120, 240)])
    frames = choose_frames(str(tmp_path / "a.mp4"), most=5)
    assert len(frames) == 5 and [frame.seconds for frame in frames] == sorted(frame.seconds for frame in frames)
    write_clip(tmp_path / "b.mp4", [make_flat(100)], seconds=1)
    assert len(choose_frames(str(tmp_path / "b.mp4"))) == 1


def test_frames_carry_what_the_clip_states_and_are_made_once(tmp_path):
    write_clip(tmp_path / "a.mp4", [make_flat(0), make_flat(200)], metadata=STATED)
    clip = LibraryPhoto("a.mp4", str(tmp_path / "a.mp4"))
    frames = list_frames(clip, tmp_path / "frames", pytest.fail)
    stated = read_metadata(frames[1])
    assert (stated.latitude, stated.longitude) == (pytest.approx(-33.8568, abs=1e-5), pytest.approx(151.2153, abs=1e-5))
    assert stated.captured_at in ("2024-05-01T12:00:02+00:00", "2024-05-01T12:00:03+00:00")
    before = [frame.stat().st_mtime_ns for frame in frames]
    assert [frame.stat().st_mtime_ns for frame in list_frames(clip, tmp_path / "frames", pytest.fail)] == before


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_a_gopro_track_gives_each_frame_its_position_and_time(tmp_path):
    pytest.importorskip("exiftool")
    clip = LibraryPhoto("a.mp4", str(tmp_path / "a.mp4"))
    # A GoPro writes local time into the container and marks it as UTC; the receiver's time is right.
    write_clip(tmp_path / "a.mp4", [make_flat(0), make_flat(200)], metadata={"creation_time": "2024-05-01T14:00:00Z"})
    track = [
        Second("240501103000.000", [(10.0, 10.0)], fix=0),  # where it was switched off the day before
        Second("240501120001.000", [(38.70, -9.14), (38.7001, -9.1401)]),
        Second("240501120002.000", [(-38.71, 9.15)]),
        Second("240501120003.000", [(-38.72, 9.16)]),
    ]
    append_gpmf(tmp_path / "a.mp4", track)
    first, second = (read_metadata(frame) for frame in list_frames(clip, tmp_path / "frames", pytest.fail))
    assert (first.latitude, first.longitude) == (pytest.approx(38.70, abs=1e-5), pytest.approx(-9.14, abs=1e-5))
    assert (second.latitude, second.longitude) == (pytest.approx(-38.72, abs=0.011), pytest.approx(9.16, abs=0.011))
    assert first.captured_at in ("2024-05-01T12:00:00+00:00", "2024-05-01T12:00:01+00:00")
    assert second.captured_at in ("2024-05-01T12:00:02+00:00", "2024-05-01T12:00:03+00:00")


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_a_track_without_a_fix_states_nothing(tmp_path):
    pytest.importorskip("exiftool")
    clip = LibraryPhoto("a.mp4", str(tmp_path / "a.mp4"))
    write_clip(tmp_path / "a.mp4", [make_flat(0)])
    append_gpmf(tmp_path / "a.mp4", [Second("240501103000.000", [(10.0, 10.0)], fix=0)])
    (frame,) = list_frames(clip, tmp_path / "frames", pytest.fail)
    assert read_metadata(frame).latitude is None and read_metadata(frame).captured_at is None


def test_what_is_not_a_clip_is_one_clear_error(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom" + b"nothing" * 9)
    with pytest.raises(VideoError, match=r"a\.mp4"):
        choose_frames(str(tmp_path / "a.mp4"))
    found = find_photos([str(tmp_path)])
    assert not found.photos and [clip.name for clip in found.videos.values()] == ["a.mp4"]
    expand_videos(found, tmp_path / "out")
    assert list(found.photos) == ["a.mp4"]  # it fails by itself, where a person can see it


def test_positions_and_names_are_read():
    assert read_iso_6709("+38.7139-009.1394+012.3/") == (38.7139, -9.1394)
    assert read_iso_6709("+00.0000+000.0000/") is read_iso_6709("here") is read_iso_6709(None) is None
    assert find_clip("deep/a.mp4#t=00012.5") == "deep/a.mp4" and find_clip("a.jpg") is None
    assert not is_video(b"\0\0\0\x18ftypM4A \0\0\0\0") and not is_video(b"\0\0\0\x18ftypheic\0\0\0\0")


def test_a_clip_has_one_joint_answer_beside_its_frames(photos, gallery, tmp_path):
    some = tmp_path / "some"
    some.mkdir()
    pictures = [Image.open(photos / f"{name}.jpg").convert("RGB") for name in ("lisbon-0", "nairobi-0")]
    write_clip(some / "trip.mp4", [pictures[0], ImageOps.invert(pictures[1])])
    call = ("locate", some, "--gallery", gallery, "--out", tmp_path / "out")
    ran = sextant(*call, home=tmp_path / "home")
    assert ran.code == 0 and "frames of videos that are located: 2 (of 1 videos)" in ran.err
    with (tmp_path / "out" / "answers.csv").open(newline="") as file:
        clip, *frames = csv.DictReader(file)
    assert clip["file"] == "trip.mp4" and len(frames) == 2 and all(row["joint_p_25_km"] for row in (clip, *frames))
    assert clip["joint_p_25_km"] == max(row["joint_p_25_km"] for row in frames)
