"""The conversation graph without a face: what each kind of message does to a session."""

from dataclasses import replace

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from sextant.agent.chat.constraints import reject
from sextant.agent.privacy.precision import Policy
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings
from sextant.graphs.chat import ChatContext
from sextant.graphs.sessions.store import SessionBusy, Sessions, view_session
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.small_gallery import PLACES, picture


class Session:
    """One session, talked to."""

    def __init__(self, home, context):
        self.sessions = Sessions(str(home))
        self.context = context
        self.blobs = BlobStore(home / "blobs")
        self.id = self.sessions.create()
        self.count = 0

    def send(self, text, *photos, steer=(), photo=None, again=False):
        self.count += not again
        kept = [{"sha256": self.blobs.put(path.read_bytes()), "file": path.name} for path in photos]
        message = {"id": f"m{self.count}", "text": text, "photos": kept, "steer": list(steer), "photo": photo}
        state = self.sessions.send_message(self.id, message, self.context)
        return view_session(self.id, state, self.context.policy)


@pytest.fixture
def session(gallery, tmp_path):
    home = tmp_path / "home"
    return Session(home, ChatContext(Settings(gallery=str(gallery), home=str(home), verify="density")))


@pytest.fixture
def oslo(tmp_path):
    file = tmp_path / "oslo.jpg"
    picture(PLACES["oslo"][0], seed=99).save(file, quality=90)
    return file


def best(view, number=0):
    found = view["photos"][number]["answer"]["best"]
    return found and found["country_code"]


def test_steering_moves_the_answer_and_undo_brings_it_back(session, query):
    view = session.send("where?", query)
    assert best(view) == "PT"
    calls = view["spent"]["calls"]
    assert best(session.send("not Portugal")) != "PT"
    assert best(session.send("only in Norway")) == "NO"
    assert best(session.send("undo all")) == "PT"
    view = session.send("", steer=[reject(38.72, -9.14)])
    assert view["photos"][0]["constraints"] == ["not near Lisbon, Portugal"]
    assert view["spent"]["calls"] == calls


def test_nothing_left_is_said_and_asks_for_another_look(session, query):
    session.send("where?", query)
    view = session.send("only in Japan")
    assert best(view) is None
    assert "look again" in view["turns"][-1]["text"]


def test_looking_again_keeps_what_was_said_and_doubles_the_budget(session, query):
    session.send("where?", query)
    session.send("not Portugal")
    view = session.send("look again with more effort")
    assert best(view) != "PT"
    state = session.sessions.read_state(session.id)
    assert state["photos"]["1"]["effort"] == 1


def test_photos_of_one_message_are_located_each_and_together(session, query, oslo):
    view = session.send("same trip?", query, oslo)
    assert [best(view, 0), best(view, 1)] == ["PT", "NO"]
    assert "Taken as one trip: photo 1 at Lisbon" in view["turns"][-1]["text"]
    assert "From photo 1 to photo 2" in view["turns"][-1]["text"]


def test_a_broken_photo_is_reported_and_the_others_stand(session, query, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo at all")
    view = session.send("where?", broken, query)
    assert [photo["status"] for photo in view["photos"]] == ["failed", "located"]
    assert "is not a photo" in view["turns"][-1]["text"]


def test_the_same_message_sent_twice_is_answered_once(session, query):
    session.send("where?", query)
    view = session.send("where?", query, again=True)
    assert len(view["turns"]) == 2
    assert len(view["photos"]) == 1


def test_a_session_without_a_photo_asks_for_one(session):
    assert "Send a photo first" in session.send("why?")["turns"][-1]["text"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("why?", "similar gallery photos lie within 200 km"),
        ("what else could it be?", "of 21 candidates"),
        ("how sure are you?", "within 25 km"),
        ("show nearest", "similarity 0.9"),
        ("show the farthest photos", "dissimilar"),
        ("how far from Porto?", "274 km from Porto"),
        ("what would change your mind?", "rival"),
        ("what does the EXIF say?", "has no position"),
        ("sing a song", "The record alone cannot answer that"),
    ],
)
def test_without_a_model_the_record_answers(session, query, question, answer):
    session.send("where?", query)
    assert answer in session.send(question)["turns"][-1]["text"]


def test_a_model_answers_with_tools_and_its_phantom_check_is_struck(session, query, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")

    def script(asked):
        if "The person asks" not in asked.text:
            return Reply(text='{"latitude": 38.71, "longitude": -9.14, "clues": []}')
        if not asked.tool_results:
            return Reply(tool_calls=[("reverse_geocode", {"latitude": 38.71, "longitude": -9.14})])
        return Reply(text="I looked the coordinates up: Portugal. I verified it on Google Street View.")

    with ModelServer(script) as server:
        model = replace(session.context.settings, model="openai:s", base_url=server.base_url, retries=0)
        session.context = replace(session.context, settings=model)
        session.send("where?", query)
        view = session.send("why there?")
        asked = server.asked[-1]
    entries = view["turns"][-1]["entries"]
    assert [entry["struck"] is None for entry in entries] == [True, False]
    assert entries[0]["call"] == "chat#1"
    assert asked.images == 1
    assert '<quoted from="the record">' in asked.text


class Killed(BaseException):
    """What stands for the end of the process."""


def test_an_answer_whose_last_checkpoint_is_lost_is_finished(session, query, monkeypatch):
    session.send("where?", query)
    put = SqliteSaver.put

    def lose_last(saver, config, checkpoint, *rest):
        if checkpoint["channel_values"].get("turns", [{}])[-1].get("id") == "m2-reply":
            raise Killed
        return put(saver, config, checkpoint, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(SqliteSaver, "put", lose_last)
        with pytest.raises(Killed):
            session.send("why there?")
    assert [turn["by"] for turn in session.sessions.read_state(session.id)["turns"]] == ["you", "sextant", "you"]
    assert session.sessions.is_interrupted(session.id)
    state = session.sessions.finish_interrupted(session.id, session.context)
    assert [turn["by"] for turn in state["turns"]] == ["you", "sextant"] * 2
    assert not session.sessions.is_interrupted(session.id)


def test_a_follow_up_that_was_interrupted_is_finished_without_paying_twice(session, query, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")

    def script(asked):
        if "The person asks" not in asked.text:
            return Reply(text='{"latitude": 38.71, "longitude": -9.14}')
        if not asked.tool_results:
            return Reply(tool_calls=[("reverse_geocode", {"latitude": 38.71, "longitude": -9.14})])
        return Reply(text="The coordinates lie in Portugal.")

    with ModelServer(script) as server:
        model = replace(session.context.settings, model="openai:s", base_url=server.base_url, retries=0)
        session.context = replace(session.context, settings=model)
        before = session.send("where?", query)["spent"]["calls"]
        with monkeypatch.context() as patch:
            patch.setattr("sextant.graphs.chat.make_reply_ledger", raise_killed)
            with pytest.raises(Killed):
                session.send("why there?")
        paid = server.count
        state = session.sessions.finish_interrupted(session.id, session.context)
        assert server.count == paid == before + 2
        assert state["turns"][-1]["text"] == "The coordinates lie in Portugal."
        assert state["spent"]["calls"] == paid
        # The same question once more is a question of its own.
        session.send("why there?")
        assert server.count == paid + 2
    (run,) = (session.blobs.folder.parent / "runs").iterdir()
    assert len(list((run / "follow-ups").glob("*.jsonl"))) == 2


def raise_killed(*args):
    raise Killed


def test_the_budget_of_a_session_ends_it_in_words(session, query, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with ModelServer(always(Reply(text='{"latitude": 38.71, "longitude": -9.14}'))) as server:
        model = replace(session.context.settings, model="openai:s", base_url=server.base_url, retries=0)
        session.context = replace(session.context, settings=model, max_calls=3)
        view = session.send("where?", query)
        assert view["spent"]["calls"] == 3
        assert "calls are used up" in session.send("why?")["turns"][-1]["text"]
        assert "model calls are used up" in session.send("and this?", query)["turns"][-1]["text"]
        assert server.count == 3


def test_two_do_not_work_on_one_session_at_once(session, query):
    session.send("where?", query)
    other = Sessions(session.sessions.home)
    with other.hold_session(session.id), pytest.raises(SessionBusy, match="is answering a message"):
        session.send("why?")


def test_a_turn_is_not_repeated_under_a_coarser_cap(session, query):
    session.send("where?", query)
    view = view_session(session.id, session.sessions.read_state(session.id), Policy("country"))
    assert "Lisbon" not in str(view)
    assert "finer precision cap" in view["turns"][1]["text"]
