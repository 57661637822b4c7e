import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sextant.app.commands.gallery import command
from sextant.base.errors import SextantError, WrongUse
from tests.support.photos import jpeg, photo_folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = photo_folder(tmp_path / "photos", [(10, 20), (11, 21), (12, 22), (13, 23)])
    (folder / "broken.jpg").write_bytes(b"nothing")
    return folder


@pytest.fixture
def gallery(photos: Path, tmp_path: Path) -> str:
    assert run("build", str(photos), "--out", str(tmp_path / "g"), "--quiet").exit_code == 0
    return str(tmp_path / "g")


def test_build_says_what_it_did_and_what_it_could_not(photos, tmp_path):
    result = run("build", str(photos), "--out", str(tmp_path / "g"))
    assert "4 photos, 4 added" in result.stdout and "broken.jpg is not a photo" in result.stdout
    assert "5 of 5 photos, 1 not used" in result.stderr and "/s" in result.stderr


def test_build_in_json_is_one_document(photos, tmp_path):
    result = run("build", str(photos), "--out", str(tmp_path / "g"), "--json", "--quiet")
    document = json.loads(result.stdout)
    assert document["count"] == 4 and document["unreadable"][0]["id"] == "broken.jpg"
    assert document["manifest"]["encoder"] == "builtin"


def test_info_shows_the_manifest_and_the_unreadable(gallery):
    assert "4 from photos" in run("info", gallery).stdout
    document = json.loads(run("info", gallery, "--unreadable", "--json").stdout)
    assert document["count"] == 4 and document["unreadable_photos"][0]["id"] == "broken.jpg"


def test_search_finds_the_photo_itself_first(gallery, photos):
    result = run("search", str(photos / "002.jpg"), "--gallery", gallery, "--json")
    document = json.loads(result.stdout)
    assert document["nearest"][0]["id"] == "002.jpg" and document["nearest"][0]["similarity"] > 0.999
    assert len(document["farthest"]) == 4
    assert "1. 1.000" in run("search", str(photos / "002.jpg"), "--gallery", gallery).stdout


def test_add_takes_what_is_new(gallery, photos, tmp_path):
    (photos / "new.jpg").write_bytes(jpeg(77, exif=None))
    more = photo_folder(tmp_path / "more", [(1, 1)], first_seed=50)
    result = run("add", str(more), "--gallery", gallery, "--quiet")
    assert "5 photos, 1 added" in result.stdout


def test_info_measures_recall_when_asked(gallery):
    assert "recall      near 1.000, far 1.000 of the true 3 (4 queries" in run("info", gallery, "--check", "4").stdout


def test_search_filters_and_names_the_duplicates_it_left_out(gallery, photos):
    query = ("search", str(photos / "002.jpg"), "--gallery", gallery, "--json")
    document = json.loads(run(*query, "--exclude-duplicates").stdout)
    assert [item["id"] for item in document["duplicates"]] == ["002.jpg"]
    assert document["duplicates"][0]["phash_distance"] == 0
    assert "002.jpg" not in [item["id"] for item in document["nearest"]]
    found = json.loads(run(*query, "--inside", "10.5,20,12.5,30", "--away-from", "11,21,50").stdout)
    assert [item["id"] for item in found["nearest"]] == ["002.jpg"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--inside", "1,2,3"), ("--away-from", "here"), ("--country", "France"), ("--outside", "9,0,1,0")],
)
def test_a_filter_that_is_none_is_wrong_use(gallery, photos, option, value):
    result = run("search", str(photos / "002.jpg"), "--gallery", gallery, option, value)
    assert isinstance(result.exception, WrongUse)


def test_a_search_in_no_gallery_is_an_error(tmp_path, photos):
    result = run("search", str(photos / "002.jpg"), "--gallery", str(tmp_path / "none"))
    assert isinstance(result.exception, SextantError) and "is not a gallery" in str(result.exception)


@pytest.mark.parametrize("name", ["build", "add", "info", "search"])
def test_help_shows_an_example(name):
    assert f"Example: sextant gallery {name}" in run(name, "--help").stdout


def test_names_of_photos_cannot_steer_the_terminal(tmp_path):
    evil = "\x1b]0;owned\x07\x9b2J\u202e\n1. x"
    photos = photo_folder(tmp_path / "photos", [(10, 20), (11, 21)])
    (photos / f"broken{evil}.jpg").write_bytes(b"nothing")
    (photos / "000.jpg").rename(photos / f"000{evil}.jpg")
    out = str(tmp_path / "g")
    results = [run("build", str(photos), "--out", out), run("info", out, "--unreadable")]
    results += [run("search", str(photos / "001.jpg"), "--gallery", out)]
    for result in results:
        assert result.exit_code == 0 and "owned" in result.output
        assert result.output.replace("\n", "").isprintable() and "\n1. x" not in result.output
    document = json.loads(run("info", out, "--unreadable", "--json").stdout)
    assert document["unreadable_photos"][0]["id"] == f"broken{evil}.jpg"
