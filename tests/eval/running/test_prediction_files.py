"""Result files of the published shapes give the figures that were made into them."""

import re

import pytest

from sextant.base.errors import SextantError
from sextant.eval.reporting.summary import format_summary, summarise
from sextant.eval.running.importers import KINDS, import_results
from sextant.eval.running.prediction_files import PredictionError, read_predictions

# Nine photos at the equator: errors of 0.5, 10, 10, 100, 100, 500, 2000, 5000 km along it, and one not answered.
ERRORS_KM = (0.5, 10, 10, 100, 100, 500, 2000, 5000)
PER_DEGREE_KM = 111.19508
EXPECTED = {"1": 1 / 9, "25": 3 / 9, "200": 5 / 9, "750": 6 / 9, "2500": 7 / 9}


def rows(latitude=0.0, longitude=100.0):
    lines = [f"{n}.jpg,{latitude},{longitude},0,{longitude + km / PER_DEGREE_KM:.6f}" for n, km in enumerate(ERRORS_KM)]
    return [*lines, f"8.jpg,{latitude},{longitude},,"]


def write(path, header, lines):
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def figures(file, tmp_path):
    notes = import_results("predictions", file, tmp_path / "run")
    return summarise(tmp_path / "run"), notes


def test_accuracy_counts_every_photo_the_unanswered_as_a_miss(tmp_path):
    file = write(tmp_path / "p.csv", "image,latitude,longitude,predicted_latitude,predicted_longitude", rows())
    found, _ = figures(file, tmp_path)
    assert {name: cell["share"] for name, cell in found["accuracy"].items()} == pytest.approx(EXPECTED)
    assert found["outcomes"] == {"answered": 8, "refused": 0, "unparsable": 1, "failed": 0, "filtered": 0}


def test_two_footer_lines_are_left_out_and_said(tmp_path):
    footer = ["1km,25km,200km,750km,2500km", "0.11,0.33,0.56,0.67,0.78"]
    file = write(tmp_path / "p.csv", "IMG_ID,LAT,LON,pred_lat,pred_lng", [*rows(), *footer])
    found, notes = figures(file, tmp_path)
    assert found["done"] == 9 and found["accuracy"]["25"]["share"] == pytest.approx(3 / 9)
    assert notes == ["2 lines at the end skipped that cannot be read as rows"]


def test_swapped_headers_are_read_the_other_way_round(tmp_path):
    swapped = [line.replace(",0.0,100.0,", ",100.0,0.0,") for line in rows()]
    found, notes = figures(write(tmp_path / "p.csv", "IMG_ID,LAT,LON,pred_lat,pred_lng", swapped), tmp_path)
    assert {name: cell["share"] for name, cell in found["accuracy"].items()} == pytest.approx(EXPECTED)
    assert "swapped" in notes[0]


def test_the_median_counts_the_unanswered_as_far_and_the_mean_leaves_them_out(tmp_path):
    file = write(tmp_path / "p.csv", "image,latitude,longitude,predicted_latitude,predicted_longitude", rows())
    found, _ = figures(file, tmp_path)
    assert found["median_km"] == pytest.approx(100, abs=0.1)
    assert found["mean_km"] == pytest.approx(sum(ERRORS_KM) / 8, rel=1e-3)


def test_a_broken_line_before_the_end_is_an_error_that_names_it(tmp_path):
    file = write(tmp_path / "p.csv", "IMG_ID,LAT,LON,pred_lat,pred_lng", ["a.jpg,x,2,3,4", *rows()])
    with pytest.raises(PredictionError, match="line 2 has no true position"):
        read_predictions(file)


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(PredictionError, match="no column for predicted_latitude, predicted_longitude"):
        read_predictions(write(tmp_path / "p.csv", "IMG_ID,LAT,LON", ["a.jpg,1,2"]))


def test_g3_files_become_runs_and_their_failed_answers_stay_misses(tmp_path):
    header = "IMG_ID,AUTHOR,LAT,LON,zs_0_latitude,zs_0_longitude"
    file = write(
        tmp_path / "g3_prediction.csv", header, ["a.jpg,ana,38.7,-9.1,38.71,-9.1", "b.jpg,ana,38.7,-9.1,0.0,0.0"]
    )
    import_results("g3", file, tmp_path / "run")
    found = summarise(tmp_path / "run")
    assert found["outcomes"] == {"answered": 1, "refused": 0, "unparsable": 1, "failed": 0, "filtered": 0}
    assert found["accuracy"]["25"]["share"] == 0.5 and found["photographers"] == 1


def test_photographers_come_from_the_file_from_flickr_names_or_from_the_benchmark(tmp_path):
    header = "IMG_ID,LAT,LON,pred_lat,pred_lng"
    named = [f"100{n}_ab_1_78841376@N0{n % 2}.jpg,1,2,3,4" for n in range(6)]
    import_results("predictions", write(tmp_path / "flickr.csv", header, named), tmp_path / "flickr")
    assert summarise(tmp_path / "flickr")["photographers"] == 2

    owners = ["a.jpg,1,2,3,4,ana", "b.jpg,1,2,3,4,ana", "c.jpg,1,2,3,4,bo"]
    import_results("predictions", write(tmp_path / "o.csv", f"{header},OwnerNSID", owners), tmp_path / "owners")
    assert summarise(tmp_path / "owners")["photographers"] == 2

    plain = write(tmp_path / "plain.csv", header, ["a.jpg,1,2,3,4", "b.jpg,1,2,3,4"])
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "data" / "metadata.csv").write_text("image,latitude,longitude,author\na.jpg,1,2,ana\nb.jpg,1,2,ana\n")
    import_results("predictions", plain, tmp_path / "joined", benchmark="folder", data=tmp_path / "data")
    assert "2 photos of 1 photographer" in format_summary(summarise(tmp_path / "joined"))
    import_results("predictions", plain, tmp_path / "unknown")
    assert "2 photos of unknown photographers" in format_summary(summarise(tmp_path / "unknown"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("gone.csv", None, "No such file or directory"),
        ("gone.parquet", None, "No such file or directory"),
        ("gone.eval", None, "No such file or directory"),
        ("folder.csv", "folder", "Is a directory"),
        ("noise.csv", b"\xc5\xdf\x00" * 99, "not text in UTF-8|does not end in .eval"),
        ("noise.parquet", b"\xc5\xdf\x00" * 99, "not a Parquet file|not text in UTF-8|does not end in .eval"),
        ("noise.jsonl.gz", b"\xc5\xdf\x00" * 99, "Not a gzipped file|not text in UTF-8|does not end in .eval"),
        ("noise.eval", b"\xc5\xdf\x00" * 99, "not text in UTF-8|not a zip"),
        ("empty.csv", b"", "no column for|has no record|does not end in .eval"),
        ("words.jsonl", b"hello\n", "no column for|line 1|does not end in .eval"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_with_the_way_out(kind, name, content, reason, tmp_path):
    file = tmp_path / name
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    with pytest.raises(SextantError, match=reason) as error:
        import_results(kind, file, tmp_path / "run")
    message = str(error.value)
    assert message.count(name) == 1 and "Errno" not in message and "\n" not in message
    assert re.search(r"; (give|name|correct|the guide)", message), message
    assert not (tmp_path / "run").exists()
