"""Stop ends whatever a run waits for within a second, the gallery's first load included."""

import threading
import time
from dataclasses import replace

import pytest

from sextant.agent.settings import Settings
from sextant.agent.world.cancellation import POLL_S, CancellablePort, RunCancelled
from sextant.agent.world.retrieval import Retrieval
from sextant.graphs.chat import ChatContext
from sextant.graphs.sessions.store import Sessions, view_session


def slow_world(released):
    def ask(kind, request):
        released.wait(30)
        return {"kind": kind}

    return ask


@pytest.mark.parametrize("kind", ["references", "coverage", "model", "tool"])
def test_a_slow_call_is_given_up_with_empty_hands(kind):
    stop, released = threading.Event(), threading.Event()
    threading.Timer(2 * POLL_S, stop.set).start()
    reply = CancellablePort(slow_world(released), stop)(kind, {})
    released.set()
    assert reply != {"kind": kind}
    assert not reply.get("nearest")


def test_without_a_photo_there_is_no_run():
    stop, released = threading.Event(), threading.Event()
    stop.set()
    with pytest.raises(RunCancelled, match="send it again"):
        CancellablePort(slow_world(released), stop)("photo", {})
    released.set()


def test_a_quick_local_call_is_still_made_after_the_stop_and_a_model_is_not():
    stop = threading.Event()
    stop.set()
    ask = CancellablePort(lambda kind, request: {"at": kind}, stop)
    assert ask("references", {}) == {"at": "references"}
    assert ask("model", {})["failure"]["kind"] == "stopped"


def test_what_comes_in_time_is_handed_on_errors_included():
    def broken(kind, request):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        CancellablePort(broken, threading.Event())("model", {})
    assert CancellablePort(lambda kind, request: {"at": kind}, threading.Event())("clock", {}) == {"at": "clock"}


def test_a_session_stopped_during_the_first_load_says_so_and_the_next_message_finds_the_gallery(
    gallery, query, tmp_path, monkeypatch
):
    loading, released, stop = threading.Event(), threading.Event(), threading.Event()
    really = Retrieval.gallery

    def first_load(self):
        loading.set()
        released.wait(30)
        return really(self)

    monkeypatch.setattr(Retrieval, "gallery", first_load)
    home = str(tmp_path)
    context = ChatContext(Settings(gallery=str(gallery), home=home, verify="density"), stop=stop)
    sessions = Sessions(home)
    session = sessions.create()
    photo = {"sha256": put(home, query), "file": "photo.jpg"}
    message = {"id": "m1", "text": "where?", "photos": [photo], "steer": [], "photo": None}
    answered = []
    working = threading.Thread(target=lambda: answered.append(sessions.send_message(session, message, context)))
    working.start()
    assert loading.wait(30)
    began = time.monotonic()
    stop.set()
    working.join(20)
    print(f"stopped after {time.monotonic() - began:.2f} s")
    view = view_session(session, answered[0], context.policy)
    assert view["photos"][0]["answer"]["best"] is None
    assert "No place has been proposed yet" in view["turns"][-1]["text"]
    released.set()
    again = {"id": "m2", "text": "look again", "photos": [], "steer": [], "photo": None}
    view = view_session(session, sessions.send_message(session, again, replace(context, stop=None)), context.policy)
    assert view["photos"][0]["answer"]["best"]["country"] == "Portugal"


def put(home, photo):
    from sextant.agent.recording.blobs import BlobStore
    from sextant.base.home import Home

    return BlobStore(Home.at(home).blobs).put(photo.read_bytes())
