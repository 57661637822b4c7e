"""Sessions that outlive their process, and sessions that several processes share."""

import json
import time

import pytest

from app.web.server import VENDOR
from tests.support.cli import sextant
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.serving import Server

pytestmark = pytest.mark.skipif(not (VENDOR / "leaflet.js").exists(), reason="the page is not built; run: make web")
LISBON = json.dumps({"latitude": 38.71, "longitude": -9.14, "confidence": 0.9, "clues": []})
KEY = {"OPENAI_API_KEY": "sk-test"}


def test_a_killed_server_finds_its_sessions_again_and_goes_on_with_the_run(gallery, query, tmp_path):
    home = tmp_path / "home"
    with ModelServer(always(Reply(text=LISBON)), latency_s=0.2) as model:
        args = ["--gallery", gallery, "--verify", "density", "--model", "openai:s", "--base-url", model.base_url]
        with Server(*args, home=home, env=KEY) as first:
            done = first.session()
            first.say(done, "where?", query)
            first.settled(done)
            cut = first.session()
            before = model.count
            model.latency_s = 30
            first.say(cut, "where?", query)
            while model.count < before + 4:
                time.sleep(0.05)
            first.kill()
        model.latency_s = 0.0
        with Server(*args, home=home, env=KEY) as second:
            listed = {one["id"] for one in second.http.get("/api/sessions").json()}
            assert {done, cut} <= listed
            assert (
                second.http.get(f"/api/sessions/{done}").json()["photos"][0]["answer"]["best"]["country"] == "Portugal"
            )
            # The killed server holds the session for some seconds more.
            view = second.settled(cut)
            assert view["interrupted"]
            assert second.http.post(f"/api/sessions/{cut}/resume").status_code == 202
            view = second.settled(cut)
            assert not view["interrupted"]
            assert view["photos"][0]["answer"]["best"]["country"] == "Portugal"
            assert len(view["turns"]) == 2


def test_two_servers_share_one_postgresql(gallery, query, tmp_path, postgres):
    args = ["--gallery", gallery, "--verify", "density", "--database", postgres]
    with Server(*args, home=tmp_path) as one, Server(*args, home=tmp_path) as two:
        session = one.session()
        one.say(session, "where?", query)
        one.settled(session)
        said = two.say(session, "not Portugal")
        assert said.status_code == 202, said.text
        view = two.settled(session)
        assert [turn["by"] for turn in view["turns"]] == ["you", "sextant"] * 2
        assert "The answer moved" in view["turns"][-1]["text"]
        one.say(session, "undo")
        assert "to Lisbon" in one.settled(session)["turns"][-1]["text"]
        assert [entry["id"] for entry in two.http.get("/api/sessions").json()] == [session]
    assert not list(tmp_path.glob("*.sqlite"))


def test_two_servers_take_turns_on_a_session(gallery, query, tmp_path, postgres):
    with ModelServer(always(Reply(text=LISBON)), latency_s=60) as slow:
        args = ["--gallery", gallery, "--verify", "density", "--database", postgres]
        args += ["--model", "openai:s", "--base-url", slow.base_url]
        with Server(*args, home=tmp_path, env=KEY) as one, Server(*args, home=tmp_path, env=KEY) as two:
            session = one.session()
            one.say(session, "where?", query)
            while not slow.count:
                time.sleep(0.05)
            refused = two.say(session, "why?")
            assert (refused.status_code, "another server" in refused.json()["detail"]) == (409, True)
            one.http.post(f"/api/sessions/{session}/stop")
            assert one.settled(session)["photos"][0]["answer"]["best"]


def test_a_database_that_does_not_answer_is_one_line(gallery, tmp_path):
    ran = sextant("serve", "--gallery", gallery, "--database", "postgresql://me:secret@127.0.0.1:9/x", home=tmp_path)
    assert ran.code == 1
    assert "PostgreSQL at '127.0.0.1:9/x' does not answer" in ran.error
    assert "secret" not in ran.err
