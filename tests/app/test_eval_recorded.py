import json

import pytest

from tests.support.cli import sextant

ROWS = [
    {
        "image": f"{number}.jpg",
        "author": f"author-{number % 3}",
        "latitude": 38.7,
        "longitude": -9.1,
        "nearest": [[38.7, -9.1], [38.71, -9.1], [40.7, -74.0]],
        "farthest": [[35.7, 139.7]],
        "answers": [{"model": "gpt-4o", "latitude": 38.72, "longitude": -9.14}, {"model": "m", "outcome": "refused"}],
    }
    for number in range(6)
]


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "recorded.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return path


def test_recorded_prints_figures_with_their_denominator(recorded, tmp_path):
    ran = sextant("eval", "recorded", recorded, home=tmp_path)
    assert ran.code == 0
    assert "6 photos of 3 photographers" in ran.out and "oracle %" in ran.out and "90 % region" in ran.out


def test_recorded_json_is_one_document(recorded, tmp_path):
    (found,) = sextant("eval", "recorded", recorded, "--verify", "density", "--json", home=tmp_path).json.values()
    assert found["photos"] == 6 and found["outcomes"] == {"answered": 6, "refused": 6}
    assert found["accuracy"][1] == 1.0 and found["calibration_error"] is None


def test_fewer_answers_are_fewer_calls(recorded, tmp_path):
    run = ("eval", "recorded", recorded, "--json", "--max-answers")
    assert [next(iter(sextant(*run, most, home=tmp_path).json.values()))["calls"] for most in (0, 1)] == [0.0, 1.0]


def test_a_curve_has_calls_accuracy_and_calibration_at_every_price(recorded, tmp_path):
    (found,) = sextant("eval", "recorded", recorded, "--curve", "--json", home=tmp_path).json.values()
    first, last = found["curve"][0], found["curve"][-1]
    assert first["calls"] == 1.0 <= last["calls"] and last["accuracy"] == found["accuracy"]
    assert last["calibration_error"] == pytest.approx(found["calibration_error"])
    assert "error at" in sextant("eval", "recorded", recorded, "--curve", home=tmp_path).out


def test_a_fit_writes_a_model_that_recorded_uses(recorded, tmp_path):
    out = tmp_path / "model.json"
    fit = sextant("eval", "fit", recorded, "--out", out, "--folds", 3, "--members", 1, home=tmp_path)
    assert fit.code == 0 and "held out" in fit.out and "fold 3 of 3" in fit.err
    assert json.loads(out.read_text())["provenance"]["data"][0]["photos"] == 6
    assert "sha256" in sextant("eval", "recorded", recorded, "--fitted", out, "--explain", home=tmp_path).out


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("none.jsonl",), 1, "cannot read 'none.jsonl'"),
        (("RECORDED", "--verify", "best"), 2, "unknown verification strategy 'best'"),
        (("RECORDED", "--optimise", "town"), 2, "unknown objective 'town'"),
        (("RECORDED", "--crossfit", "author"), 2, "3 photographers cannot be split into 5 folds"),
        (("RECORDED", "--crossfit", "author", "--verify", "density"), 2, "leave out --verify"),
        (("RECORDED", "--as-unknown"), 2, "--crossfit author"),
        (("RECORDED", "--without", "far"), 2, "--crossfit author"),
        (("RECORDED", "--fitted", "none.json"), 2, "cannot read the verification model"),
        (("RECORDED", "--models", "nobody", "--max-answers", "-1"), 2, "-1"),
    ],
)
def test_a_wrong_request_is_one_line(recorded, tmp_path, args, code, message):
    ran = sextant("eval", "recorded", *(recorded if arg == "RECORDED" else arg for arg in args), home=tmp_path)
    assert ran.code == code and message in ran.error
