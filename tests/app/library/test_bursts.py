"""Bursts: photos of one camera within seconds that look alike are located once."""

import json

import pytest
from PIL import Image, ImageOps

from sextant.agent.privacy.precision import load_policy
from sextant.agent.settings import Settings
from sextant.app.library.copies import find_repeated
from sextant.app.library.finding import find_photos
from sextant.app.library.folder import LibraryFolder
from sextant.app.library.running import LibraryTask, place_library

LISBON = (38.71, -9.14)


def save(image, path, time, camera="C1", place=None):
    exif = Image.Exif()
    exif[0x0110] = camera
    exif.get_ifd(0x8769)[0x9003] = f"2024:05:01 12:00:{time:02d}"
    if place:
        exif.get_ifd(0x8825).update({1: "N", 2: (place[0], 0.0, 0.0), 3: "W", 4: (-place[1], 0.0, 0.0)})
    image.save(path, exif=exif, quality=90)


@pytest.fixture
def burst(photos, tmp_path):
    folder = tmp_path / "burst"
    folder.mkdir()
    picture = Image.open(photos / "lisbon-0.jpg").convert("RGB")
    width, height = picture.size
    save(picture, folder / "a.jpg", 0)
    save(picture.crop((2, 2, width, height)), folder / "b.jpg", 1, place=LISBON)
    save(ImageOps.invert(ImageOps.flip(picture)), folder / "c.jpg", 2)  # another picture
    save(picture.crop((0, 0, width - 2, height)), folder / "d.jpg", 30)  # too late
    save(picture.crop((1, 1, width, height)), folder / "e.jpg", 1, camera="C2")  # another camera
    (folder / "z.jpg").write_bytes((folder / "b.jpg").read_bytes())  # a copy
    return folder


def test_only_alike_photos_of_one_camera_within_seconds_are_a_burst(burst):
    found = find_photos([str(burst)])
    assert find_repeated(tuple(found.photos.values())) == {"b.jpg": "a.jpg", "z.jpg": "a.jpg"}


def test_a_burst_is_located_once_and_keeps_its_own_evidence(burst, gallery, tmp_path):
    found = find_photos([str(burst)])
    settings = Settings(gallery=str(gallery), home=str(tmp_path / "home"), concurrency=2)
    task = LibraryTask(tuple(found.photos.values()), found.root, settings, tmp_path / "out", load_policy(None))
    assert place_library(task).counts.done == 6
    folder = LibraryFolder(task.out)
    lines = dict(folder.read_all(folder.read_index()))
    assert [lines[name].get("same_as") for name in sorted(lines)] == [None, "a.jpg", None, None, None, "a.jpg"]
    assert lines["a.jpg"]["answer"]["best"] == lines["b.jpg"]["answer"]["best"]
    assert lines["a.jpg"]["answer"]["metadata"]["verdict"] == "absent"
    assert lines["b.jpg"]["answer"]["metadata"]["latitude"] == 38.71
    assert len(list((task.out / "records").iterdir())) == 4
    assert place_library(task).counts.fresh == 0 and json.dumps(lines["b.jpg"]["stamp"]["sha256"]) != "null"
