"""`sextant tag`: sidecars that exiftool reads, nothing overwritten, undone to the byte. The real command line."""

import json
import shutil
import subprocess

import pytest

from sextant.app.library.folder import LibraryFolder
from sextant.gallery.photos.open import read_metadata
from tests.support.cli import sextant

pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
pytest.importorskip("exiftool")

OTHER = (
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    "<rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:photoshop='http://ns.adobe.com/"
    "photoshop/1.0/' xmp:Rating='4' photoshop:City='Mine'/></rdf:RDF></x:xmpmeta>"
)


@pytest.fixture(scope="module")
def located(photos, gallery, tmp_path_factory):
    root = tmp_path_factory.mktemp("tag")
    (root / "some").mkdir()
    for name in ("lisbon-0", "nairobi-0", "oslo-0"):
        shutil.copy(photos / f"{name}.jpg", root / "some")
    (root / "some" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    sextant("locate", root / "some", "--gallery", gallery, "--out", root / "out", "--quiet", home=root / "home")
    return root


@pytest.fixture
def library(located, tmp_path):
    shutil.copytree(located / "some", tmp_path / "some")  # copy2 keeps the times
    shutil.copytree(located / "out", tmp_path / "out")
    return tmp_path


def tag(library, *options):
    return sextant(
        *("tag", library / "some", "--from", library / "out" / "answers.jsonl", "--least", "0", *options),
        home=library / "home",
    )


def read_exif(path):
    done = subprocess.run(["exiftool", "-json", "-n", "-G1", path], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)[0]


def test_sidecars_hold_what_photo_libraries_read(library):
    ran = tag(library)
    assert ran.code == 0 and "3 of 4 photos were tagged" in ran.out and "1 left alone: no place was found" in ran.out
    folder = LibraryFolder(library / "out")
    for name, line in folder.read_all(folder.read_index()):
        if not line["answer"]:
            continue
        best, found = line["answer"]["best"], read_exif(library / "some" / f"{name}.xmp")
        assert found["XMP-exif:GPSLatitude"] == pytest.approx(best["latitude"], abs=1e-5)
        assert found["XMP-exif:GPSLongitude"] == pytest.approx(best["longitude"], abs=1e-5)
        assert found["XMP-photoshop:Country"] == best["country"]
        assert found["XMP-iptcExt:LocationCreatedCountryCode"] == best["country_code"]
        assert "within 25 km" in found["XMP-photoshop:Instructions"]
        assert read_metadata(library / "some" / name).latitude == pytest.approx(best["latitude"], abs=1e-5)


def test_a_dry_run_lists_and_writes_nothing(library):
    ran = tag(library, "--dry-run", "--json")
    assert sum(change["skipped"] is None for change in ran.json["changes"]) == 3
    assert not list((library / "some").glob("*.xmp")) and not (library / "out" / "tagged.jsonl").exists()


def test_positions_and_names_that_are_there_stay_and_undo_restores_every_byte(library):
    some = library / "some"
    (some / "oslo-0.xmp").write_text(OTHER)
    assert tag(library).code == 0
    other = read_exif(some / "oslo-0.xmp")
    assert other["XMP-photoshop:City"] == "Mine" and other["XMP-xmp:Rating"] == 4 and "XMP-exif:GPSLatitude" in other
    again = tag(library, "--json").json["changes"]
    assert [change["skipped"] for change in again if change["photo"] != "broken.jpg"] == [
        "it has a position of its own"
    ] * 3
    (some / "lisbon-0.jpg.xmp").write_text(OTHER)
    undone = tag(library, "--undo")
    assert undone.code == 1 and "is left alone" in undone.err and "files restored: 2" in undone.out
    assert (some / "oslo-0.xmp").read_text() == OTHER and not (some / "nairobi-0.jpg.xmp").exists()
    assert (some / "lisbon-0.jpg.xmp").read_text() == OTHER


def test_in_place_writes_exif_and_undo_gives_the_photos_back(library):
    some = library / "some"
    before = {path.name: path.read_bytes() for path in some.iterdir()}
    assert tag(library, "--in-place").code == 0
    found = read_exif(some / "nairobi-0.jpg")
    assert found["GPS:GPSLatitude"] > 0 and found["GPS:GPSLatitudeRef"] in ("N", "S")
    assert read_metadata(some / "nairobi-0.jpg").origin == "exif"
    assert tag(library, "--undo").code == 0
    assert {path.name: path.read_bytes() for path in some.iterdir()} == before


def test_only_sure_places_of_unchanged_photos_at_an_allowed_precision_are_written(library):
    some = library / "some"
    unsure = tag(library, "--least", "1")
    assert "0 of 4 photos were tagged" in unsure.out and "not sure enough" in unsure.out
    (some / "lisbon-0.jpg").write_bytes((some / "lisbon-0.jpg").read_bytes() + b"\0")
    ran = tag(library, "--precision", "country")
    assert "changed since it was located" in ran.out
    found = read_exif(some / "oslo-0.jpg.xmp")
    assert "XMP-exif:GPSLatitude" not in found and "XMP-photoshop:City" not in found and found["XMP-photoshop:Country"]


def test_what_is_not_there_is_one_clear_line(library, tmp_path):
    wrong = sextant("tag", library / "some", "--from", library / "out" / "answers.csv", home=tmp_path / "home")
    assert wrong.code == 2 and "--from takes answers.jsonl" in wrong.error
    wrong = sextant("tag", library / "some", "--from", tmp_path / "answers.jsonl", home=tmp_path / "home")
    assert wrong.code == 1 and "has no answers; make them with" in wrong.error
    wrong = sextant("tag", library / "nowhere", "--from", library / "out", home=tmp_path / "home")
    assert wrong.code == 2 and "does not exist" in wrong.error


def test_a_line_tells_names_and_position_and_a_frame_is_named_as_what_it_is(library):
    answers = library / "out" / "answers.jsonl"
    line = next(line for line in map(json.loads, answers.read_text().splitlines()) if line["photo"] == "lisbon-0.jpg")
    with answers.open("a") as file:
        file.write(json.dumps({**line, "photo": "clip.mp4#t=00001.0"}) + "\n")
    best = line["answer"]["best"]
    ran = tag(library, "--dry-run")
    assert f"{best['country']} ({best['latitude']}, {best['longitude']})" in ran.out
    assert "1 left alone: it is a frame of a video" in ran.out
    names = [one.split(": ")[1] for one in tag(library, "--dry-run", "--precision", "country").out.splitlines()[:3]]
    assert all(name.endswith(" (no position)") and "," not in name for name in names)


def test_neither_a_line_break_in_a_path_nor_in_a_name_reaches_exiftool(library):
    """Exiftool takes an argument a line."""
    (library / "some").rename(library / "so\nme")
    answers = library / "out" / "answers.jsonl"
    lines = [json.loads(line) for line in answers.read_text().splitlines()]
    for line in lines:
        if line["answer"]:
            line["answer"]["best"]["place"] = "Lis\n-XMP-dc:Title=owned\nboa"
    answers.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ran = sextant(
        *("tag", library / "so\nme", "--from", answers, "--least", "0"), home=library / "home", env={"LC_ALL": "C"}
    )
    assert ran.code == 0 and "3 of 4 photos were tagged" in ran.out
    found = read_exif(library / "so\nme" / "lisbon-0.jpg.xmp")
    assert "XMP-dc:Title" not in found and found["XMP-photoshop:City"] == "Lis -XMP-dc:Title=owned boa"
