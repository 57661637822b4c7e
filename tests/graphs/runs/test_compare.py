import shutil

import pytest

from sextant.graphs.runs.compare import compare_runs
from sextant.graphs.runs.folder import RunFolder, find_run, write_json
from sextant.graphs.runs.fork import fork
from tests.support.redrawn import redraw_run


@pytest.fixture
def other(recorded_run, tmp_path):
    return RunFolder(shutil.copytree(recorded_run.path, tmp_path / recorded_run.name))


def test_the_answer_moves_by_the_great_circle(recorded_run):
    home = str(recorded_run.path.parents[1])
    run = find_run(fork(recorded_run, "13", ["max_rounds=1"], home=home).name, home)
    found = compare_runs(recorded_run, run)
    assert found["moved_km"] == pytest.approx(6462, abs=20)  # Lisbon to Nairobi
    assert [item["id"] for item in found["candidates"]["lost"]] == ["2.contrast.0", "2.choose.0", "2.contrast.1"]
    assert not found["candidates"]["gained"]
    assert found["candidates"]["reweighted"]
    assert [spent["calls"] for spent in found["spent"]] == [15, 8]


def test_candidates_gained_lost_and_weighed_otherwise(recorded_run, other):
    answer = other.answer()
    first, second, *rest = answer["candidates"]
    moved = {**first, "latitude": first["latitude"] + 1.0}
    write_json(other.path / "answer.json", {**answer, "candidates": [moved, {**second, "score": 0.001}, *rest]})
    found = compare_runs(recorded_run, other)["candidates"]
    assert [item["latitude"] for item in found["gained"]] == [moved["latitude"]]
    assert [item["latitude"] for item in found["lost"]] == [first["latitude"]]
    assert [item["score"] for item in found["reweighted"]] == [[second["score"], 0.001]]


def test_an_answer_that_differs_after_equal_steps_is_the_last_steps_difference(recorded_run, other):
    write_json(other.path / "answer.json", {**other.answer(), "metadata": "conflicts"})
    found = compare_runs(recorded_run, other)["first_step"]
    assert (found["step"], found["node"], found["where"]) == (26, "answer", "answer.metadata")


def test_outlines_drawn_from_another_corner_are_no_difference(recorded_run, other):
    redraw_run(other)
    assert compare_runs(recorded_run, other)["first_step"] is None
    redraw_run(other, move=0.001)
    assert "geojson" in compare_runs(recorded_run, other)["first_step"]["where"]


def test_the_clock_and_the_name_are_no_difference(recorded_run, other):
    answer = other.answer()
    write_json(other.path / "answer.json", {**answer, "run": "x", "spent": {**answer["spent"], "seconds": 99.0}})
    assert compare_runs(recorded_run, other)["first_step"] is None


def test_a_run_without_an_answer_compares(recorded_run, other):
    (other.path / "answer.json").unlink()
    found = compare_runs(recorded_run, other)
    assert found["moved_km"] is None
    assert found["spent"][1] is None
