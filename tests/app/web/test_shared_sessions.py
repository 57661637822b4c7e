"""Sessions that outlive their process, and sessions that several processes share."""

import json
import time

import pytest

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings
from sextant.graphs.chat import ChatContext
from sextant.graphs.sessions.store import Sessions
from tests.support.cli import sextant
from tests.support.killed_server import kill_in_the_middle
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.serving import Server
from tests.support.small_gallery import PLACES, picture

LISBON = json.dumps({"latitude": 38.71, "longitude": -9.14, "confidence": 0.9, "clues": []})
KEY = {"OPENAI_API_KEY": "sk-test"}


@pytest.mark.slow
@pytest.mark.kill
def test_a_killed_server_finds_its_sessions_again_and_no_recorded_call_is_paid_twice(gallery, tmp_path):
    photos = [tmp_path / f"{seed}.jpg" for seed in range(5)]
    for seed, photo in enumerate(photos):
        picture(PLACES["lisbon"][0], seed=seed).save(photo, quality=90)
    with ModelServer(always(Reply(text=LISBON)), latency_s=0.5) as model:
        args = ["--gallery", gallery, "--verify", "density", "--model", "openai:s", "--base-url", model.base_url]
        # Four calls at once: when some are recorded, others are in flight and the rest are not asked yet.
        found = kill_in_the_middle([*args, "--concurrency", 4], tmp_path / "home", KEY, model, photos, after_recorded=4)
    assert found.there == found.sessions == 5
    assert found.answered_before >= 1
    assert found.cut >= 1
    assert found.answered_before + found.resumed == 5
    assert found.paid_twice == 0


def test_a_message_that_was_accepted_outlives_a_crash_before_its_first_step(gallery, query, tmp_path):
    home = str(tmp_path)
    context = ChatContext(Settings(gallery=str(gallery), home=home, verify="density"))
    sessions = Sessions(home)
    session = sessions.create()
    photo = {"sha256": BlobStore(tmp_path / "blobs").put(query.read_bytes()), "file": "a.jpg"}
    sessions.accept(session, {"id": "m", "text": "where?", "photos": [photo], "steer": [], "photo": None})
    later = Sessions(home)  # of another process
    assert later.is_interrupted(session)
    state = later.finish_interrupted(session, context)
    assert [turn["by"] for turn in state["turns"]] == ["you", "sextant"]
    assert not later.is_interrupted(session)
    assert later.finish_interrupted(session, context)["turns"] == state["turns"]


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
        assert session in {entry["id"] for entry in two.http.get("/api/sessions").json()}
    assert not list(tmp_path.glob("*.sqlite"))


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_database_that_does_not_answer_is_one_line(gallery, tmp_path):
    ran = sextant("serve", "--gallery", gallery, "--database", "postgresql://me:secret@127.0.0.1:9/x", home=tmp_path)
    assert ran.code == 1
    assert "PostgreSQL at '127.0.0.1:9/x' does not answer" in ran.error
    assert "secret" not in ran.err
