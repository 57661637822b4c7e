import json

import pytest

from sextant.app.commands.doctor import list_checks, run_check
from tests.support.cli import sextant
from tests.support.model_faults import GOOD
from tests.support.model_server import ModelServer, closed_port


def test_a_healthy_machine_is_all_ok(gallery, tmp_path):
    ran = sextant("doctor", "--gallery", gallery, "--json", home=tmp_path / "home")
    assert ran.code == 0
    assert [one["check"] for one in ran.json] == ["python", "packages", "extras", "home", "gallery", "model"]
    assert all(one["ok"] for one in ran.json)


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
