import json
import tomllib

import pytest

from sextant.app.commands.doctor import (
    EXTRAS,
    check_probabilities,
    find_evaluations,
    has_package,
    list_checks,
    run_check,
)
from tests.eval.test_drift import evaluation
from tests.support.cli import ROOT, sextant
from tests.support.model_faults import GOOD
from tests.support.model_server import ModelServer, closed_port


def test_a_healthy_machine_is_all_ok(gallery, tmp_path):
    ran = sextant("doctor", "--gallery", gallery, "--json", home=tmp_path / "home")
    assert ran.code == 0
    assert [one["check"] for one in ran.json] == ["python", "packages", "extras", "home", "gallery", "model", "trust"]
    assert all(one["ok"] and not one["warning"] for one in ran.json)
    assert "no evaluation in the current folder or its runs" in ran.json[-1]["found"]


def test_every_extra_is_looked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert EXTRAS.keys() == project["optional-dependencies"].keys() - {"all", "dev"}
    assert has_package("json.decoder") and not has_package("json.none") and not has_package("none.such")


def test_a_dead_model_is_named_with_the_way_out(tmp_path):
    address = f"http://127.0.0.1:{closed_port()}/v1"
    ran = sextant(
        "doctor", "--model", "openai:x", "--base-url", address, home=tmp_path / "home", env={"OPENAI_API_KEY": "sk-t"}
    )
    assert ran.code == 1
    assert "BAD  model" in ran.out and address in ran.out and "--base-url" in ran.out


def test_a_model_that_answers_is_said_to(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with ModelServer(lambda asked: GOOD) as server:
        named = dict(list_checks("openai:x", server.base_url, None, str(tmp_path)))
        finding = run_check("model", named["model"])
    assert finding["ok"] and "answered" in finding["found"]
    assert server.count == 1


@pytest.mark.parametrize("what", ["a file", "nothing"])
def test_what_is_no_gallery_is_a_finding_and_no_crash(what, tmp_path):
    place = tmp_path / "gallery"
    if what == "a file":
        place.write_text(json.dumps({}))
    named = dict(list_checks(None, None, str(place), str(tmp_path)))
    finding = run_check("gallery", named["gallery"])
    assert not finding["ok"] and str(place) in finding["found"]


def test_probabilities_that_do_not_hold_are_a_warning_with_the_way_out(tmp_path):
    run = evaluation(tmp_path / "bold", stated=0.8, right=0.4)
    ran = sextant("doctor", "--run", run.path, home=tmp_path / "home")
    assert ran.code == 0
    assert f"WARN trust     {run.path}: its probabilities do not hold: within 1 km 80% was stated and 40%" in ran.out
    assert f"sextant calibrate {run.path} --out MODEL.json" in ran.out
    missing = sextant("doctor", "--run", tmp_path / "nothing", "--json", home=tmp_path / "home")
    assert missing.code == 1 and "has no evaluation" in missing.json[-1]["found"]


def test_evaluations_that_lie_here_are_named_each_with_what_was_found(tmp_path, monkeypatch):
    evaluation(tmp_path / "runs" / "good", stated=0.4, right=0.4)
    evaluation(tmp_path / "few", stated=0.8, right=0.4, authors=1, places=1)
    assert {str(path) for path in find_evaluations(tmp_path)} == {"runs/good", "few"}
    monkeypatch.chdir(tmp_path)
    found = run_check("trust", lambda: check_probabilities([]))
    assert found["ok"] and not found["warning"]
    assert "runs/good: on 100 photos, what was stated and what happened agree" in found["found"]
    assert "few: too few photographers or places to tell (1; 10 are needed)" in found["found"]
