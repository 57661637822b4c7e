import hashlib
from dataclasses import replace

import pytest
from langgraph.graph import END, START, StateGraph

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.recording.cassette import Cassette
from sextant.agent.settings import Settings
from sextant.agent.state import State
from sextant.base.errors import WrongUse
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.folder import find_run, list_runs
from sextant.graphs.runs.pruning import prune
from sextant.graphs.runs.run import locate
from sextant.graphs.sessions.checkpoints import DATABASE, open_sqlite_checkpoints
from sextant.graphs.sessions.store import Sessions


@pytest.fixture
def home(gallery, query, photos, tmp_path):
    """Three runs of the offline model: two of one photo, one of another."""
    settings = Settings(gallery=str(gallery), home=str(tmp_path), verify="density")
    for name, photo in (("a", query), ("b", photos / "oslo-1.jpg"), ("c", query)):
        locate(str(photo), replace(settings, run=name))
    return tmp_path


def names(home):
    return [folder.name for folder in list_runs(str(home))]


def kept(home, run):
    photo = find_run(run, str(home)).answer()["photo"]["sha256"]
    return BlobStore(home / "blobs").path(photo).exists()


def test_a_blob_goes_with_the_last_run_that_names_it(home):
    other = find_run("b", str(home)).answer()["photo"]["sha256"]
    done = prune(str(home), keep=1)
    assert done["runs"] == ["a", "b"]
    assert done["blobs"] > 0 and done["bytes"] > 0
    assert names(home) == ["c"]
    assert kept(home, "c")
    assert not BlobStore(home / "blobs").path(other).exists()


def test_a_dry_run_deletes_nothing(home):
    before = sorted(home.rglob("*"))
    assert prune(str(home), keep=0, dry=True)["runs"] == ["a", "b", "c"]
    assert sorted(home.rglob("*")) == before


def test_age_counts_from_the_start(home):
    find_run("b", str(home)).update(started="2020-01-01T00:00:00Z")
    assert prune(str(home), older_days=30)["runs"] == ["b"]
    assert names(home) == ["a", "c"]


@pytest.mark.parametrize("file", ["checkpoints.sqlite", "sessions.sqlite"])
def test_pictures_of_a_conversation_stay(home, file):
    photo = find_run("b", str(home)).answer()["photo"]["sha256"]
    graph = StateGraph(State)
    graph.add_node("keep", lambda state: {"path": photo})
    graph.add_edge(START, "keep")
    graph.add_edge("keep", END)
    with open_sqlite_checkpoints(home / file) as saver:
        graph.compile(checkpointer=saver).invoke({"path": ""}, {"configurable": {"thread_id": "chat-1"}})
    prune(str(home), keep=0)
    assert names(home) == []
    assert BlobStore(home / "blobs").path(photo).exists()


def conversation(home, photos):
    """A session about one photo, answered; what a killed process accepted and never answered, beside it."""
    sessions = Sessions(str(home))
    settings = Settings(
        home=str(home), verify="density", gallery=find_run("a", str(home)).record()["settings"]["gallery"]
    )
    kept = {"sha256": BlobStore(home / "blobs").put(photos[0].read_bytes()), "file": "a.jpg"}
    message = {"id": "m", "text": "where?", "photos": [kept], "steer": [], "photo": None}
    session = sessions.create()
    sessions.send_message(session, message, ChatContext(settings))
    later = {"sha256": BlobStore(home / "blobs").put(photos[1].read_bytes()), "file": "b.jpg"}
    sessions.accept(sessions.create(), {**message, "photos": [later]})
    return session, sessions


def test_a_session_loses_no_picture_when_its_runs_go(home, query, photos):
    session, sessions = conversation(home, (query, photos / "oslo-1.jpg"))
    prune(str(home), keep=0)
    assert names(home) == []
    store = BlobStore(home / "blobs")
    told = sessions.read_state(session)["photos"]["1"]
    assert store.get(told["sha256"]) and store.get(told["shown"])
    assert store.get(hashlib.sha256((photos / "oslo-1.jpg").read_bytes()).hexdigest())


def test_pictures_of_sessions_in_a_database_stay_and_without_it_nothing_goes(
    home, query, photos, postgres, monkeypatch
):
    monkeypatch.setenv(DATABASE, postgres)
    session, sessions = conversation(home, (query, photos / "oslo-1.jpg"))
    told = sessions.read_state(session)["photos"]["1"]
    monkeypatch.delenv(DATABASE)
    before = names(home)
    with pytest.raises(
        WrongUse, match=r"are stored in PostgreSQL at '127\.0\.0\.1:\d+/postgres'; pass --database"
    ) as refused:
        prune(str(home), keep=0)
    assert "sextant@" not in str(refused.value)
    assert names(home) == before
    prune(str(home), keep=0, databases=[postgres])
    assert names(home) == []
    assert BlobStore(home / "blobs").get(told["shown"])
    assert BlobStore(home / "blobs").get(hashlib.sha256((photos / "oslo-1.jpg").read_bytes()).hexdigest())


@pytest.mark.parametrize("how", [{}, {"keep": 1, "older_days": 1.0}, {"keep": -1}, {"older_days": -0.5}])
def test_unclear_wishes_delete_nothing(home, how):
    with pytest.raises(WrongUse):
        prune(str(home), **how)
    assert names(home) == ["a", "b", "c"]


def test_a_run_at_work_is_left_alone(home):
    tape = Cassette.record(find_run("a", str(home)).cassette)
    assert prune(str(home), keep=0)["runs"] == ["b", "c"]
    tape.close()
    assert prune(str(home), keep=0)["runs"] == ["a"]
