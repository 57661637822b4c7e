import csv
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from sextant.base.errors import WrongUse
from sextant.eval.benchmarks import BENCHMARKS, BenchmarkPhoto, choose_photos, hash_selection, load_benchmark
from sextant.gallery.photos.open import open_photo
from tests.support.data import SHARED, needs_shared_data
from tests.support.evaluations import benchmark_folder

HEADER = ["IMG_ID", "AUTHOR", "LAT", "LON", "S3_Label", "S16_Label", "S365_Label"]
HEADER += ["Prob_indoor", "Prob_natural", "Prob_urban"]


def write(folder: Path, rows: list[list[object]], header: list[str] = HEADER, name: str = "metadata.csv") -> Path:
    (folder / "images").mkdir(parents=True)
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    for row in rows:
        Image.new("RGB", (8, 8)).save(folder / "images" / str(row[0]))
    return folder


def row(image: str, latitude: float, longitude: float, urban: float = 0.9) -> list[object]:
    return [image, "ana", latitude, longitude, 0, 1, 2, 0.05, 0.05, urban]


def test_a_benchmark_is_its_rows_with_photo_author_and_scene(tmp_path):
    found = load_benchmark("folder", write(tmp_path / "b", [row("a.jpg", 1.5, 2.5)]))
    photo = found.photos[0]
    assert (photo.image, photo.truth, photo.author, photo.scene) == ("a.jpg", (1.5, 2.5), "ana", "urban")
    assert photo.path == str(tmp_path / "b" / "images" / "a.jpg")
    assert found.manifest["rows"] == 1 and len(found.manifest["table_sha256"]) == 64


def test_swapped_headers_are_read_the_other_way_round_and_said(tmp_path):
    found = load_benchmark("folder", write(tmp_path / "b", [row("a.jpg", 151.2, -33.9), row("b.jpg", 174.8, -36.8)]))
    assert [photo.truth for photo in found.photos] == [(-33.9, 151.2), (-36.8, 174.8)]
    assert any("swapped" in note for note in found.notes)


def test_a_row_without_its_photo_stays_in_the_denominator(tmp_path):
    folder = write(tmp_path / "b", [row("a.jpg", 1, 2), row("b.jpg", 3, 4)])
    (folder / "images" / "b.jpg").unlink()
    found = load_benchmark("folder", folder)
    assert [photo.path is None for photo in found.photos] == [False, True]
    assert any("1 rows are not in the folder; they count as failed ('b.jpg')" in note for note in found.notes)


def test_spare_photos_repeated_rows_and_rows_without_a_place_are_said(tmp_path):
    folder = write(tmp_path / "b", [row("a.jpg", 1, 2), row("a.jpg", 5, 6), row("b.jpg", float("nan"), 4)])
    Image.new("RGB", (8, 8)).save(folder / "images" / "spare.jpg")
    found = load_benchmark("folder", folder)
    told = " ".join(found.notes)
    assert [photo.truth for photo in found.photos] == [(1.0, 2.0)]
    assert "listed twice" in told and "no usable position" in told and "have no row" in told


@pytest.mark.parametrize("rows", [[], [row("a.jpg", float("nan"), 1)]])
def test_an_empty_benchmark_is_wrong_use(rows, tmp_path):
    folder = write(tmp_path / "b", rows)
    Image.new("RGB", (8, 8)).save(folder / "images" / "spare.jpg")
    with pytest.raises(WrongUse, match="has no row with a position"):
        load_benchmark("folder", folder)


def test_the_table_of_another_benchmark_is_refused(tmp_path):
    rows = BENCHMARKS["im2gps"].rows or 0
    folder = write(tmp_path / "b", [row("a.jpg", 1, 2)], name="yfcc4k.csv")
    with (folder / "yfcc4k.csv").open("a") as file:
        file.writelines(f"x{number}.jpg,a,1,2,0,0,0,0,0,0\n" for number in range(rows - 1))
    with pytest.raises(WrongUse, match="it is 'im2gps', not 'yfcc4k'"):
        load_benchmark("yfcc4k", folder)


def test_more_and_fewer_rows_than_published_are_said(tmp_path):
    found = load_benchmark("im2gps", write(tmp_path / "b", [row("a.jpg", 1, 2)]))
    assert "1 of the 237 rows of im2gps as published" in found.notes[0]


def test_what_is_missing_is_told_with_where_it_is_to_be_had(tmp_path):
    with pytest.raises(
        WrongUse, match=r"not a folder; im2gps3k needs DIR/im2gps3k_places365.csv .* Nothing is downloaded"
    ):
        load_benchmark("im2gps3k", tmp_path / "none")
    with pytest.raises(WrongUse, match="has no table of 'yfcc4k'"):
        load_benchmark("yfcc4k", tmp_path)
    with pytest.raises(WrongUse, match="unknown benchmark 'im2gps4k'; choose from: im2gps, im2gps3k"):
        load_benchmark("im2gps4k", tmp_path)


def test_yfcc_columns_put_longitude_before_latitude(tmp_path):
    header = ["0", "IMG_ID", *map(str, range(2, 12)), "LON", "LAT", *map(str, range(14, 25))]
    values: list[object] = ["0", "a.jpg", *["x"] * 10, -9.1, 38.7, *["x"] * 11]
    folder = tmp_path / "b"
    (folder / "images").mkdir(parents=True)
    with (folder / "yfcc4k_places365.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, values])
    Image.new("RGB", (8, 8)).save(folder / "images" / "a.jpg")
    assert load_benchmark("yfcc4k", folder).photos[0].truth == (38.7, -9.1)


def test_osv5m_photos_lie_in_numbered_folders(tmp_path):
    (tmp_path / "images" / "test" / "03").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "test" / "03" / "123.jpg")
    (tmp_path / "test.csv").write_text("id,latitude,longitude,creator_username\n123,1.5,2.5,ana\n")
    photo = load_benchmark("osv5m-test", tmp_path).photos[0]
    assert photo.path == str(tmp_path / "images" / "test" / "03" / "123.jpg")


def zipped_osv5m(folder: Path, rows: list[list[object]]) -> Path:
    """OSV-5M's test set as it is published: a table of bare ids, and photos in numbered zips."""
    images = folder / "images" / "test"
    images.mkdir(parents=True)
    with (folder / "test.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "latitude", "longitude", "creator_username"], *rows])
    for number, (name, *_) in enumerate(rows):
        picture = io.BytesIO()
        Image.new("RGB", (32, 24), (number * 20, 90, 120)).save(picture, "JPEG")
        with zipfile.ZipFile(images / f"{number % 2:02}.zip", "a") as archive:
            archive.writestr(f"{number % 2:02}/{name}.jpg", picture.getvalue())
    return folder


def test_osv5m_photos_are_read_from_their_zips(tmp_path):
    data = zipped_osv5m(tmp_path / "osv", [[100 + n, n + 1, 2 * n, "ana"] for n in range(4)])
    found = load_benchmark("osv5m-test", data)
    assert found.manifest["photos_missing"] == 0 and found.manifest["photos_in_folder"] == 4
    assert found.photos[1].path == str(data / "images" / "test" / "01.zip#01/101.jpg")
    opened = open_photo(found.photos[1].path)
    assert (opened.width, opened.height) == (32, 24)
    with zipfile.ZipFile(data / "images" / "test" / "01.zip") as archive:
        assert hashlib.sha256(archive.read("01/101.jpg")).hexdigest() == opened.sha256


def test_a_photo_that_is_unpacked_too_counts_once_and_a_broken_zip_is_said(tmp_path):
    data = zipped_osv5m(tmp_path / "osv", [[100 + n, n + 1, 2 * n, "ana"] for n in range(4)])
    images = data / "images" / "test"
    (images / "00").mkdir()
    Image.new("RGB", (8, 8)).save(images / "00" / "100.jpg")
    (images / "01.zip").write_bytes((images / "01.zip").read_bytes()[:-30])
    found = load_benchmark("osv5m-test", data)
    assert [Path(photo.path).name if photo.path else None for photo in found.photos] == [
        "100.jpg",
        None,
        "102.jpg",
        None,
    ]
    told = " ".join(found.notes)
    assert "'01.zip' is truncated or not a zip file" in told and "2 rows are not in the folder" in told
    assert "have no row" not in told


def test_zips_beside_other_benchmarks_are_left_alone(tmp_path):
    folder = write(tmp_path / "b", [row("a.jpg", 1, 2)])
    with zipfile.ZipFile(folder / "images" / "backup.zip", "w") as archive:
        archive.write(folder / "images" / "a.jpg", "a.jpg")
    assert load_benchmark("folder", folder).notes == ()


def test_a_sample_is_seeded_and_shards_share_it_out(photos, tmp_path):
    loaded = load_benchmark("folder", benchmark_folder(photos, tmp_path / "b"))
    sample = choose_photos(loaded, limit=10, seed=7)
    assert sample == choose_photos(loaded, limit=10, seed=7) != choose_photos(loaded, limit=10, seed=8)
    shards = [choose_photos(loaded, limit=10, seed=7, shard=(number, 3)) for number in (1, 2, 3)]
    assert sorted(photo.image for shard in shards for photo in shard) == sorted(photo.image for photo in sample)


def test_the_selection_digest_is_of_names_and_places_whatever_their_order():
    one, other = BenchmarkPhoto("a", 1.0, 2.0), BenchmarkPhoto("b", 1.0, 2.0)
    assert hash_selection((one, other)) == hash_selection((other, one))
    assert hash_selection((one,)) != hash_selection((BenchmarkPhoto("a", 1.0, 2.5),))


@needs_shared_data
def test_the_development_half_of_im2gps3k_fits():
    found = load_benchmark("im2gps3k", SHARED / "im2gps3k-dev")
    assert len(found.photos) == 1374 and found.manifest["authors"] == 91 and found.manifest["photos_missing"] == 0
    assert {photo.scene for photo in found.photos} == {"indoor", "natural", "urban"}
