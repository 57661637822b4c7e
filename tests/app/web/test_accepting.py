"""Accepting messages: what is refused leaves nothing, what is accepted is lost to nobody."""

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from sextant.agent.recording.blobs import BlobStore
from sextant.base.home import Home
from sextant.graphs.runs.pruning import prune, sweep
from sextant.graphs.sessions.store import SessionBusy, Sessions
from sextant.graphs.sessions.uploads import ALIVE, UploadJournal, get_uploads_folder
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.serving import Server

KEYS = {"OPENAI_API_KEY": "sk-" + "k" * 40}


def photo_bytes(number: int, side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 90 + number).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def blobs(home):
    return [path for path in Home.at(str(home)).blobs.rglob("*") if path.is_file()]


def message(name, *photos):
    return {"id": name, "text": "where?", "photos": list(photos), "steer": [], "photo": None}


def test_refused_messages_leave_nothing_on_disk(gallery, query, tmp_path):
    """At work (409), no photo at all (422), too many (413): nothing of them is stored."""
    with ModelServer(always(Reply(text='{"latitude": 1, "longitude": 2}'))) as model:
        model.latency_s = 20
        args = ["--gallery", gallery, "--model", "openai:s", "--base-url", model.base_url, "--verify", "density"]
        with Server(*args, home=tmp_path, env=KEYS) as server:
            session, idle = server.session(), server.session()
            server.say(session, "where?", query).raise_for_status()
            while not model.count:
                threading.Event().wait(0.05)
            before = len(blobs(tmp_path))

            def send(number):
                name = session if number % 3 == 0 else idle
                files = [("files", (f"{n}.jpg", photo_bytes(100 * number + n, 300))) for n in range(3)]
                if number % 3 == 1:
                    files = [("files", ("x.jpg", b"no photo"))]
                if number % 3 == 2:
                    files *= 7
                return server.http.post(f"/api/sessions/{name}/messages", files=files).status_code

            with ThreadPoolExecutor(6) as pool:
                statuses = list(pool.map(send, range(12)))
            assert sorted(set(statuses)) == [409, 413, 422]
            assert len(blobs(tmp_path)) == before
            assert not [
                path for path in get_uploads_folder(str(tmp_path)).rglob("*") if path.is_file() and path.name != ALIVE
            ]
            server.http.post(f"/api/sessions/{session}/stop")


@pytest.mark.slow
def test_two_servers_on_one_home_accept_one_message_at_a_time(gallery, query, tmp_path):
    """Of two messages at the same moment one is accepted and answered, the other is refused; never both, never none."""
    args = ["--gallery", gallery, "--verify", "density"]
    with Server(*args, home=tmp_path) as one, Server(*args, home=tmp_path) as two, ThreadPoolExecutor(2) as pool:
        first = one.session()
        one.say(first, "where?", query).raise_for_status()
        one.settled(first)
        for number in range(12):
            both = [
                pool.submit(
                    server.http.post,
                    f"/api/sessions/{first}/messages",
                    files=[("text", (None, text)), ("id", (None, name))],
                )
                for server, text, name in (
                    (one, f"why {number}?", f"a{number}"),
                    (two, f"how sure {number}?", f"b{number}"),
                )
            ]
            codes = [reply.result().status_code for reply in both]
            assert set(codes) <= {202, 409} and 202 in codes
            turns = {turn["id"] for turn in one.settled(first)["turns"]}
            for code, name in zip(codes, (f"a{number}", f"b{number}"), strict=True):
                assert (name in turns) == (code == 202), (codes, name)


def test_a_waiting_message_is_never_replaced(tmp_path):
    sessions, other = Sessions(str(tmp_path)), Sessions(str(tmp_path))
    session = sessions.create()
    with sessions.acquire_hold(session):
        sessions.accept(session, message("first"))
        with pytest.raises(SessionBusy, match="is answering a message"):
            other.acquire_hold(session)
    with other.acquire_hold(session), pytest.raises(SessionBusy, match="interrupted"):
        other.accept(session, message("second"))
    with other.acquire_hold(session):
        other.accept(session, message("first"))
    assert sessions.is_interrupted(session)


def test_one_of_many_gets_the_hold(tmp_path):
    session = Sessions(str(tmp_path)).create()
    got = []

    def take():
        try:
            got.append(Sessions(str(tmp_path)).acquire_hold(session))
        except SessionBusy:
            got.append(None)

    threads = [threading.Thread(target=take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (held,) = [one for one in got if one]
    held.release()
    with Sessions(str(tmp_path)).acquire_hold(session):
        pass


@pytest.mark.parametrize("shift", [-86_400.0, 86_400.0])
def test_a_clock_that_is_set_changes_no_hold(tmp_path, monkeypatch, shift):
    import time

    sessions, other = Sessions(str(tmp_path)), Sessions(str(tmp_path))
    session = sessions.create()
    real = time.time
    with sessions.acquire_hold(session):
        monkeypatch.setattr(time, "time", lambda: real() + shift)
        assert other.is_busy(session)
        with pytest.raises(SessionBusy):
            other.acquire_hold(session)
    assert not other.is_busy(session)
    with other.acquire_hold(session):
        assert sessions.is_busy(session)


def test_a_hold_from_before_a_restart_of_the_machine_counts_for_nothing(tmp_path):
    sessions = Sessions(str(tmp_path))
    session = sessions.create()
    sessions._table.execute("UPDATE sessions SET holder = 'x', held_until = 1e9 WHERE id = ?", (session,))
    assert not sessions.is_busy(session)
    with sessions.acquire_hold(session):
        assert sessions.is_busy(session)


def test_prune_spares_a_photo_that_is_being_accepted_and_sweeps_what_was_not(tmp_path):
    home = str(tmp_path)
    store, journal, sessions = BlobStore(Home.at(home).blobs), UploadJournal(home), Sessions(home)
    wanted, refused = b"wanted", b"refused"
    session = sessions.create()
    with pytest.raises(RuntimeError), journal.protect([store.put(refused)]):
        raise RuntimeError
    sha256 = store.put(wanted)
    for path in blobs(tmp_path):
        path.touch()
        import os

        os.utime(path, (1, 1))
    with journal.protect([sha256]):
        assert prune(home, keep=0)["blobs"] == 1
        assert store.get(sha256) == wanted
        with sessions.acquire_hold(session):
            sessions.accept(session, message("m", {"sha256": sha256, "file": "x.jpg"}))
    sweep(home)
    assert prune(home, keep=0)["blobs"] == 0
    assert [path.name for path in blobs(tmp_path)] == [sha256]
    json.dumps(sessions.read_state(session))


def test_what_a_dead_server_stored_and_never_accepted_is_swept(tmp_path):
    import os

    home = str(tmp_path)
    store, journal = BlobStore(Home.at(home).blobs), UploadJournal(home)
    sha256 = store.put(b"orphan")
    os.utime(store.path(sha256), (1, 1))
    folder = get_uploads_folder(home) / "99-dead"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(json.dumps([sha256]))
    (folder / "torn.json").write_text('["')
    (folder / ALIVE).write_text("pid 99\n")
    with journal.protect([]):
        sweep(home)
    assert blobs(tmp_path) == [] and not folder.exists()
