"""What comes out of a library: tables, GeoJSON, KML, KMZ and the page, opened by other programs' readers."""

import csv
import json
import shutil
import zipfile

import pytest

from sextant.app.library.finishing import Finishing, finish_library
from sextant.app.library.folder import LibraryFolder
from sextant.app.library.outputs.page import render_library_page, write_row
from sextant.base.errors import SextantError
from sextant.graphs.batches.lines import lock_writer
from tests.support.browser import chromium_page, needs_chromium
from tests.support.cli import sextant


@pytest.fixture(scope="module")
def out(photos, gallery, tmp_path_factory):
    root = tmp_path_factory.mktemp("library")
    some = root / "some"
    some.mkdir()
    for name in ("lisbon-0", "nairobi-0"):
        shutil.copy(photos / f"{name}.jpg", some)
    shutil.copy(photos / "oslo-0.jpg", some / "=cmd <b>&.jpg")
    (some / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    ran = sextant("locate", some, "--gallery", gallery, "--out", root / "out", "--quiet", home=root / "home")
    assert ran.code == 1 and "4 of 4 photos done, 1 failed" in ran.out
    return root / "out"


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_has_one_flat_row_a_photo(out):
    rows = read_csv(out / "answers.csv")
    assert [row["file"] for row in rows] == ["'=cmd <b>&.jpg", "broken.jpg", "lisbon-0.jpg", "nairobi-0.jpg"]
    assert [row["status"] for row in rows] == ["located", "failed", "located", "located"]
    lisbon = rows[2]
    assert lisbon["country_code"] == "PT" and 0 <= float(lisbon["p_25_km"]) <= 1
    assert float(lisbon["region_90_km2"]) > 0 and lisbon["stop"] and rows[1]["error"]


def test_sheets_have_the_columns_that_their_programs_import(out):
    azimut = read_csv(out / "azimut.csv")
    assert len(azimut) == 3 and azimut[1]["coordinates"].count(",") == 1 and azimut[1]["title"] == "lisbon-0.jpg"
    assert (out / "atlos.csv").read_text().splitlines()[0] == "status,description,sensitive"
    assert len(read_csv(out / "atlos.csv")) == 3


def test_gdal_reads_geojson_and_kml(out):
    pyogrio = pytest.importorskip("pyogrio")
    info = pyogrio.read_info(out / "answers.geojson")
    features = json.loads((out / "answers.geojson").read_text())["features"]
    assert info["features"] == len(features) == 12
    assert {feature["properties"]["role"] for feature in features} == {"answer", "joint", "region 50 %", "region 90 %"}
    layers = pyogrio.list_layers(out / "answers.kml")
    assert sum(pyogrio.read_info(out / "answers.kml", layer=name)["features"] for name, _ in layers) == 6


def test_a_kmz_holds_the_document_and_the_thumbnails(out):
    with zipfile.ZipFile(out / "answers.kmz") as archive:
        names = archive.namelist()
        document = archive.read("doc.kml").decode()
    pictures = [name for name in names if name.startswith("thumbnails/")]
    assert names[0] == "doc.kml" and len(pictures) == 3
    assert all(name in document for name in pictures) and "<b>&.jpg" not in document


def test_what_a_killed_writer_left_is_deleted_and_nothing_else(out, tmp_path):
    library = tmp_path / "library"
    shutil.copytree(out, library)
    whole = {file.name for file in library.iterdir()}
    for name in (".answers.kml.0123abcd.part", "..doc.kml.0123abcd.part", ".index.html.0123abcd.part"):
        (library / name).write_text("half")
    (library / ".mine.part").write_text("another program's")
    finish_library(LibraryFolder(library), Finishing())
    assert {file.name for file in library.iterdir()} == {*whole, ".mine.part"}
    assert (library / "answers.geojson").read_bytes() == (out / "answers.geojson").read_bytes()


def test_outputs_are_not_written_while_another_process_works_on_the_library(out):
    with lock_writer(out), pytest.raises(SextantError, match="another process"):
        finish_library(LibraryFolder(out), Finishing())


def test_a_track_stands_beside_the_answers_and_never_in_the_lines(photos, gallery, tmp_path):
    from PIL import Image

    some = tmp_path / "some"
    some.mkdir()
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "2024:05:01 14:00:00", 0x9011: "+02:00"})
    Image.open(photos / "lisbon-0.jpg").save(some / "a.jpg", exif=exif)
    points = "".join(
        f'<trkpt lat="{lat}" lon="{lon}"><time>2024-05-01T{time}Z</time></trkpt>'
        for lat, lon, time in ((38.70, -9.14, "11:55:00"), (38.72, -9.14, "12:05:00"), (59.9, 10.7, "13:00:00"))
    )
    gpx = tmp_path / "t.gpx"
    gpx.write_text(f'<gpx version="1.1" creator="t"><trk><trkseg>{points}</trkseg></trk></gpx>')
    call = ("locate", some, "--gallery", gallery, "--out", tmp_path / "out", "--track", gpx, "--quiet")
    assert sextant(*call, home=tmp_path / "home").code == 0
    (row,) = read_csv(tmp_path / "out" / "answers.csv")
    assert row["file_source"] == "track" and abs(float(row["file_latitude"]) - 38.71) < 1e-6
    assert row["metadata"] == "agrees" and '"track"' not in (tmp_path / "out" / "answers.jsonl").read_text()
    assert sextant(*call, "--clock-offset", "+01:00", home=tmp_path / "home").code == 0
    (row,) = read_csv(tmp_path / "out" / "answers.csv")
    assert float(row["file_latitude"]) > 59 and float(row["file_distance_km"]) > 1000
    wrong = sextant(*call[:-1], "--clock-offset", "soon", home=tmp_path / "home")
    assert wrong.code == 2 and "invalid clock offset 'soon'" in wrong.error


def test_photos_are_selected_before_they_are_located(photos, gallery, tmp_path):
    some = tmp_path / "some"
    some.mkdir()
    for name in ("lisbon-0", "nairobi-0"):
        shutil.copy(photos / f"{name}.jpg", some)
    call = ("locate", some, "--gallery", gallery, "--out", tmp_path / "out", "--json", "--quiet")
    assert sextant(*call, "--like", "nairobi", home=tmp_path / "home").json["photos"] == 1
    assert sextant(*call, "--only-missing", "--since", "2001-01-01", home=tmp_path / "home").json["photos"] == 2
    assert "no photos are left" in sextant(*call, "--since", "2199-01-01", home=tmp_path / "home").error
    assert "invalid day" in sextant(*call, "--since", "May", home=tmp_path / "home").error


@pytest.mark.browser
@needs_chromium
def test_the_page_sorts_filters_and_fetches_nothing(out):
    with chromium_page() as (page, requests, complaints):
        page.goto((out / "index.html").as_uri())
        page.wait_for_selector("#rows tr")
        assert page.locator("#rows tr").count() == 4 and page.locator("#dots circle").count() == 3
        assert "<b>" in page.locator("td.file").first.inner_text()
        page.select_option("#only", "failed")
        assert page.locator("#rows tr").count() == 1
        page.select_option("#only", "")
        page.click("th[data-k=p]")
        assert page.locator("th.down").count() == 1
        page.fill("#find", "lisbon")
        assert page.locator("#rows tr").count() == 1
        assert complaints == []
        assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


def test_a_hostile_name_cannot_leave_the_data_of_the_page():
    page = render_library_page([write_row({"f": "</script><script>alert(1)</script>", "s": "failed", "h": ""})], True)
    assert "</script><script>alert" not in page and page.count("<script") == 2


def test_kml_of_a_very_large_library_holds_points_only(out, tmp_path, monkeypatch):
    shutil.copytree(out, tmp_path / "out")
    folder = LibraryFolder(tmp_path / "out")
    monkeypatch.setattr("sextant.app.library.outputs.write.MOST_WITH_REGIONS", 2)
    finish_library(folder, Finishing())
    document = (folder.path / "answers.kml").read_text()
    assert document.count("<Point>") == 3 and "<Polygon>" not in document and "are in answers.geojson" in document
    with zipfile.ZipFile(folder.path / "answers.kmz") as archive:
        assert archive.namelist() == ["doc.kml"]
    assert '"region 90 %"' in (folder.path / "answers.geojson").read_text()


@pytest.mark.browser
@needs_chromium
def test_the_map_of_a_very_large_library_shows_its_first_photos_and_says_so(tmp_path):
    rows = [
        write_row({"f": f"{number:03}.jpg", "s": "located", "h": "", "a": number % 80, "o": 0, "p": number / 300})
        for number in range(300)
    ]
    (tmp_path / "index.html").write_text(render_library_page(rows, False, most_dots=200))
    with chromium_page() as (page, _, complaints):
        page.goto((tmp_path / "index.html").as_uri())
        page.wait_for_selector("#rows tr")
        assert page.locator("#dots circle").count() == 200
        assert page.locator("#most").inner_text() == "The map shows the first 200 of these photos."
        page.click("th[data-k=p]")
        page.locator("#rows tr").first.click()
        assert page.locator("#dots circle.on").count() == 1
        page.fill("#find", "29")
        assert page.locator("#dots circle").count() == 13 and not page.locator("#most").is_visible()
        assert complaints == []
