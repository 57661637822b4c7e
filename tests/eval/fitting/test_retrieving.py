"""`sextant eval retrieve`, by the real command line."""

import csv
import json
import shutil

import pytest

from sextant.eval.fitting.recorded import read_records
from sextant.eval.fitting.retrieving import drawn_by_hash
from sextant.gallery.store import Gallery
from tests.support.cli import sextant
from tests.support.evaluations import benchmark_folder


@pytest.fixture(scope="module")
def data(photos, tmp_path_factory):
    return benchmark_folder(photos, tmp_path_factory.mktemp("benchmark"))


@pytest.fixture
def recorded(tmp_path):
    """Answers to two of the photos, in two of the forms that are read, and to one that is not there."""
    rows = [
        {
            "image": "lisbon-0.jpg",
            "latitude": 38.7,
            "longitude": -9.1,
            "answers": [{"model": "good", "latitude": 38.7, "longitude": -9.2}],
            "lmm": {"model": "other", "latitude": 1.0, "longitude": 2.0},
        },
        {"image": "oslo-1.jpg", "latitude": 59.9, "longitude": 10.7, "lmm": {"model": "good", "outcome": "refused"}},
        {"image": "elsewhere.jpg", "latitude": 0.0, "longitude": 0.0, "lmm": {"model": "good", "outcome": "refused"}},
    ]
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


def test_what_is_retrieved_stands_with_cosines_profile_and_answers(data, gallery, recorded, tmp_path):
    out = tmp_path / "recorded.jsonl.gz"
    words = ["eval", "retrieve", data, "--gallery", gallery, "--answers", recorded, "--exclude-author", "--out", out]
    ran = sextant(*words, "--json", home=tmp_path)
    assert ran.code == 0, ran.err
    assert ran.json == {"photos": 2, "left_out": 22, "unreadable": 0, "out": str(out)}
    assert "2 of 2 photos searched" in ran.err
    lisbon, oslo = read_records(out)
    assert (lisbon.image, lisbon.author, len(lisbon.nearest), len(lisbon.similarities)) == (
        "lisbon-0.jpg",
        "ana",
        18,
        18,
    )
    assert all(abs(latitude - 38.71) > 0.1 for latitude, _ in lisbon.nearest)  # none of Ana's
    assert list(lisbon.similarities) == sorted(lisbon.similarities, reverse=True)
    assert lisbon.profile == Gallery.open(str(gallery)).manifest.profile
    assert [one.model for one in lisbon.answers] == ["good", "other"]
    assert [one.outcome.kind for one in oslo.answers] == ["refused"]
    first = out.read_bytes()
    assert sextant(*words, home=tmp_path).code == 0 and out.read_bytes() == first


def test_a_photo_of_the_gallery_does_not_find_itself(data, gallery, tmp_path):
    out = tmp_path / "recorded.jsonl"
    assert sextant("eval", "retrieve", data, "--gallery", gallery, "--out", out, "--quiet", home=tmp_path).code == 0
    records = read_records(out)
    assert len(records) == 24 and all(max(record.similarities) < 0.98 for record in records)


def test_a_share_is_the_same_photos_each_time(data, gallery, tmp_path):
    out = tmp_path / "half.jsonl.gz"
    words = ["eval", "retrieve", data, "--gallery", gallery, "--share", "0.5", "--seed", "3", "--out", out]
    assert sextant(*words, home=tmp_path).code == 0
    names = [record.image for record in read_records(out)]
    with (data / "metadata.csv").open(newline="") as file:
        every = [row["image"] for row in csv.DictReader(file)]
    assert names == [name for name in every if name in drawn_by_hash(every, 0.5, 3)]
    assert 4 < len(names) < 20 and set(names) != drawn_by_hash(every, 0.5, 4)


def test_nothing_to_record_is_one_line_and_leaves_no_file(data, gallery, recorded, tmp_path):
    out = tmp_path / "recorded.jsonl"
    recorded.write_text(recorded.read_text().replace("lisbon", "lissabon").replace("oslo", "aslo"))
    words = ["eval", "retrieve", data, "--gallery", gallery, "--answers", recorded, "--out", out]
    none = sextant(*words, home=tmp_path)
    assert none.code == 2 and "none of the 24 photos" in none.error and "holds no answer to them" in none.error
    broken = tmp_path / "broken"
    shutil.copytree(data, broken)
    for photo in (broken / "images").iterdir():
        photo.write_bytes(b"no picture")
    unreadable = sextant("eval", "retrieve", broken, "--gallery", gallery, "--out", out, home=tmp_path)
    assert unreadable.code == 1 and "no photo could be opened" in unreadable.error
    assert not list(tmp_path.glob("*recorded.jsonl*"))
