import pytest

from sextant.app.render.report_html import write_report
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.eval.reporting.published import find_published
from sextant.eval.reporting.summary import compute_figures
from sextant.geo.sphere import find_destination
from tests.support.evaluations import failed_line, made_evaluation, made_line

HOSTILE = "<img src=x onerror=alert(1)>|](http://evil).jpg"


def photo(name, author="ana", scene="urban"):
    return BenchmarkPhoto(name, 48.8566, 2.3522, author=author, scene=scene)


def off(name, km, **more):
    place = find_destination(photo(name).truth, 90.0, km)
    return made_line(photo(name, author=f"author {name}"), (float(place[0]), float(place[1])), **more)


@pytest.fixture
def run(tmp_path):
    lines = [
        off("a", 0.5, probability=0.9, region_km=1.0, calls=2),
        off("b", 10.0, probability=0.8, region_km=1.0),
        off("c", 3000.0, probability=0.1, region_km=5000.0),
        made_line(photo(HOSTILE), None, "refused"),
        failed_line(photo("e", scene="indoor")),
    ]
    return made_evaluation(tmp_path / "run", lines, benchmark="im2gps3k")


def test_every_photo_is_in_the_denominator(run):
    found = compute_figures(run)
    assert {name: cell["share"] for name, cell in found["accuracy"].items()} == {
        "1": 0.2,
        "25": 0.4,
        "200": 0.4,
        "750": 0.4,
        "2500": 0.4,
    }
    assert found["outcomes"] == {"answered": 3, "refused": 1, "unparsable": 0, "filtered": 0, "failed": 1}
    assert found["errors"] == {"unreadable": 1}


def test_nearer_than_is_strict(tmp_path):
    line = {**off("a", 10.0), "distance_km": 25.0}
    assert compute_figures(made_evaluation(tmp_path / "edge", [line]))["accuracy"]["25"]["share"] == 0.0


def test_coverage_and_calibration_are_of_the_photos_that_state_them(run):
    found = compute_figures(run)
    assert found["coverage"]["90"]["photos"] == 3 and found["coverage"]["90"]["share"] == pytest.approx(2 / 3)
    assert found["calibration"]["25"]["photos"] == 3
    assert found["calibration"]["25"]["error"] == pytest.approx((0.1 + 0.2 + 0.1) / 3)


def test_cost_is_a_mean_over_all_photos(run):
    found = compute_figures(run)["per_photo"]
    assert found["calls"] == pytest.approx(5 / 5) and found["usd"] == pytest.approx(0.001)


def test_breakdowns_hold_every_photo_with_the_property(run):
    by = compute_figures(run)["by"]
    assert by["scene"] == [
        {**by["scene"][0], "name": "urban", "photos": 4},
        {**by["scene"][1], "name": "indoor", "photos": 1},
    ]
    assert [row["name"] for row in by["country"]] == ["France"]
    assert {row["name"]: row["photos"] for row in by["stop reason"]} == {"exhausted": 4, "error": 1}


def test_published_rows_stand_beside_with_their_sources_and_empty_cells_stay_empty(run, tmp_path):
    text = write_report([run.path], tmp_path / "out").markdown.read_text()
    assert "| GeoCLIP | 14.11 | 34.47 | 50.65 | 69.7 | 83.8 |  | L |" in text
    street = next(row for row in find_published("im2gps") if row.system.startswith("Street-level"))
    assert street.percent == {"1": "23.2", "25": "", "200": "", "750": "", "2500": ""}


def test_what_differs_from_the_published_protocol_is_said_first(run, tmp_path):
    text = write_report([run.path], tmp_path / "out").markdown.read_text()
    head = text.split("## Accuracy")[0]
    assert "5 photos, but the published benchmark has 2,997" in head
    assert "the whole gallery was searched" in head
    assert "Photos that failed and count as misses: 1 (1 unreadable)." in head


def test_an_unfinished_run_says_so(tmp_path):
    made_evaluation(tmp_path / "half", [off("a", 1.0)], photos=9)
    assert "unfinished: 1 of 9 photos" in write_report([tmp_path / "half"], tmp_path / "out").markdown.read_text()


def test_hostile_names_stay_text_in_both_files(run, tmp_path):
    written = write_report([run.path], tmp_path / "out")
    assert "<img src=x" not in written.html.read_text() and "&lt;img src=x" in written.html.read_text()
    assert "<b>place</b>" not in written.html.read_text()
    assert "\\<b\\>place\\</b\\>" in written.markdown.read_text()


def test_two_protocols_stand_in_one_report(run, tmp_path):
    other = made_evaluation(tmp_path / "other", list(run.lines), benchmark="im2gps3k")
    text = write_report([run.path, other.path], tmp_path / "out").markdown.read_text()
    assert "run (made, whole gallery)" in text and "other (made, whole gallery)" in text


def test_the_same_run_gives_the_same_bytes(run, tmp_path):
    first, second = write_report([run.path], tmp_path / "1"), write_report([run.path], tmp_path / "2")
    assert first.html.read_bytes() == second.html.read_bytes()
    assert first.markdown.read_bytes() == second.markdown.read_bytes()
