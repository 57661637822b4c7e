"""What a client can do to the server before its token is asked, and with event streams."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace

import h11
import httpx
import pytest

from sextant.app.web import connections
from sextant.app.web.connections import BoundedProtocol, make_room
from sextant.app.web.events import KEPT_CHARACTERS, EventLog
from sextant.app.web.limits import RequestRefused, Streams
from sextant.app.web.security import _name
from tests.support.serving import Server

TOKEN = "correct-horse-battery"


@pytest.fixture(scope="module")
def server(gallery, tmp_path_factory):
    home = tmp_path_factory.mktemp("door")
    with Server("--gallery", gallery, "--verify", "density", "--token", TOKEN, home=home) as running:
        running.http.headers["Authorization"] = f"Bearer {TOKEN}"
        yield running


def raw(server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_half_open_requests_do_not_keep_others_waiting(server):
    with ExitStack() as stack:
        for number in range(900):
            half = stack.enter_context(raw(server))
            half.sendall(b"POST /api/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * (number % 50))
        assert server.http.get("/api/about").status_code == 200


@pytest.mark.parametrize("head", [b"X: " + b"x" * 2**21, b"X: y\r\n" * 2**18, b"GET /" + b"a" * 2**21])
def test_a_head_without_an_end_is_refused_as_it_comes(server, head):
    with raw(server) as client:
        start = b"" if head.startswith(b"GET") else b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        try:
            client.sendall(start + head)
            answer = client.recv(64)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
    assert not answer or b" 400 " in answer
    assert server.http.get("/api/about").status_code == 200


@pytest.mark.slow
def test_the_right_token_does_not_wait_for_wrong_ones(server):
    with ThreadPoolExecutor(80) as pool:
        wrong = [
            pool.submit(httpx.get, f"{server.url}/api/about", headers={"Authorization": f"Bearer no-{n}"}, timeout=60)
            for n in range(160)
        ]
        assert server.http.get("/api/about").status_code == 200
        assert {one.result().status_code for one in wrong} == {401, 429}
    assert httpx.get(f"{server.url}/api/about").status_code == 401


@pytest.mark.parametrize(
    "host", ["[::1].evil.com", "[::1]evil.com", "[127.0.0.1].evil.com:80", "127.0.0.1:80:80", "[::1", "a@127.0.0.1"]
)
def test_a_host_that_only_begins_like_ours_is_refused(server, host):
    assert server.http.get("/api/about", headers={"Host": host}).status_code in (400, 421)


def test_two_hosts_are_none(server):
    with raw(server) as client:
        client.sendall(b"GET /api/about HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n")
        assert client.recv(64).split()[1] in (b"400", b"421")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("[::1]:80", "::1"),
        ("LOCALHOST:1", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1].evil.com", ""),
        ("", ""),
        ("a b", ""),
    ],
)
def test_the_name_of_a_host(host, name):
    assert _name(host) == name


def connection(state, **known) -> BoundedProtocol:
    """A connection as the server sees it after it has had its last byte a hundred seconds ago."""
    made = BoundedProtocol.__new__(BoundedProtocol)
    made.conn = SimpleNamespace(their_state=state)
    made.flow = SimpleNamespace(read_paused=False)
    made.transport = SimpleNamespace(get_write_buffer_size=lambda: known.pop("unsent", 0), abort=lambda: None)
    defaults = {"waiting_since": 0.0, "last_data": 0.0, "last_taken": 0.0, "head_began": None, "body_began": None}
    for name, value in {**defaults, "body_bytes": 0, "unsent": 0, **known}.items():
        setattr(made, name, value)
    return made


def test_every_wait_ends():
    assert connection(h11.IDLE, head_began=0.0).expired(connections.HEAD_S + 1)
    assert not connection(h11.IDLE, head_began=0.0).expired(connections.HEAD_S - 1)
    assert connection(h11.IDLE).expired(connections.IDLE_S + 1)
    assert connection(h11.SEND_BODY, body_began=0.0).expired(connections.SILENT_S + 1)
    drip = {"body_began": 0.0, "body_bytes": 100, "last_data": 99.0}
    assert connection(h11.SEND_BODY, **drip).expired(100.0)
    assert not connection(h11.SEND_BODY, **{**drip, "body_bytes": 10**6}).expired(100.0)
    assert not connection(h11.DONE).expired(10**6)
    stalled = connection(h11.DONE)
    stalled.transport.get_write_buffer_size = lambda: 5000
    assert not stalled.expired(0.0)
    assert stalled.expired(connections.STALLED_S + 1)


def test_the_one_that_waits_longest_makes_room():
    old, new, busy = (
        connection(h11.IDLE, waiting_since=1.0),
        connection(h11.IDLE, waiting_since=2.0),
        connection(h11.DONE),
    )
    every = {old, new, busy}
    make_room(every)
    assert every == {new, busy}


def test_a_client_has_so_many_streams_and_no_more():
    streams = Streams(most_of_client=2, most=3)
    with streams.open("a"), streams.open("a"):
        with pytest.raises(RequestRefused, match="your address"):
            streams.check("a")
        with streams.open("b"), pytest.raises(RequestRefused, match="try again"):
            streams.check("c")
    streams.check("a")


def test_the_events_of_a_session_are_bounded_in_memory():
    log = EventLog()
    for _ in range(50):
        log.add("session", {"text": "x" * (KEPT_CHARACTERS // 10)})
    assert sum(len(event.data) for _, event in log.after(0)) <= KEPT_CHARACTERS
    assert log.after(0)[-1][0] == 50


def test_a_short_token_is_refused(tmp_path):
    from tests.support.cli import sextant

    for token in ("short", "x" * 15, "with spaces in it and long", "ümläut-ümläut-ümläut"):
        refused = sextant("serve", "--model", "ollama:x", "--token", token, home=tmp_path)
        assert refused.code == 2 and "16" in refused.error
