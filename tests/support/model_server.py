"""A real HTTP server on loopback that speaks a provider's chat protocol from a script.

    with ModelServer(always(Reply(text="Lisbon")), protocol="openai", latency_s=0.3) as server:
        model = load_model("openai:scripted", base_url=server.base_url)

The script is a function of what was asked, so concurrent branches get their own answers in any order.
"""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.support.model_faults import play
from tests.support.model_protocols import (
    anthropic_body,
    gemini_body,
    mistral_body,
    read_anthropic,
    read_gemini,
    read_mistral,
)
from tests.support.model_replies import ollama_body, ollama_lines, openai_body, openai_events
from tests.support.model_script import Asked, Fault, Protocol, Reply, Script, read_ollama, read_openai

CHAT_PATHS: Mapping[Protocol, str] = {
    "openai": r"(/openai)?/v1/chat/completions",  # Groq's has the longer path
    "ollama": r"/api/chat",
    "anthropic": r"/v1/messages",
    "google_genai": r"/v1beta/models/[\w.-]+:generateContent",
    "mistralai": r"/v1/chat/completions",
}
READERS = {"openai": read_openai, "ollama": read_ollama, "anthropic": read_anthropic, "mistralai": read_mistral}
BODIES = {
    "openai": openai_body,
    "ollama": ollama_body,
    "anthropic": anthropic_body,
    "google_genai": gemini_body,
    "mistralai": mistral_body,
}


def closed_port() -> int:
    """A loopback port on which nothing listens: connecting to it is refused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    owner: "ModelServer"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the play, not noise for the test's output."""


class ModelServer:
    """Context manager around the server thread.

    `requests` holds the parsed body of every chat request, `asked` the same normalised, in order of arrival.
    `most_at_once` is the largest number of chat requests that were being answered at the same time. A benchmark's
    server does not `remember`: thousands of requests with pictures are a gigabyte.
    """

    def __init__(
        self, script: Script, protocol: Protocol = "openai", latency_s: float = 0.0, remember: bool = True
    ) -> None:
        self.script = script
        self.protocol = protocol
        self.latency_s = latency_s
        self.remember = remember
        self.requests: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        self.arrived_s: list[float] = []
        self.most_at_once = 0
        self._running = 0
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def count(self) -> int:
        return len(self.requests)

    @property
    def base_url(self) -> str:
        root = f"http://127.0.0.1:{self._server.server_address[1]}"
        return f"{root}/v1" if self.protocol in ("openai", "mistralai") else root

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, asked: Asked) -> Reply | Fault:
        """Note the request, take the time a model takes, and let the script decide."""
        with self._lock:
            if self.remember:
                self.requests.append({**asked.body, "headers": dict(asked.headers)})
                self.asked.append(asked)
                self.arrived_s.append(time.monotonic())
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        try:
            self.closing.wait(self.latency_s)
            return self.script(asked)
        finally:
            with self._lock:
                self._running -= 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # small writes would wait 40 ms for the peer's delayed acknowledgement
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self.send_json(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
        elif self.path == "/api/tags":
            self.send_json(200, {"models": [{"name": "scripted", "model": "scripted"}]})
        else:
            self.send_json(404, {"error": f"no such path: {self.path}"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        protocol = self.server.owner.protocol
        if not re.fullmatch(CHAT_PATHS[protocol], self.path):
            self.send_json(404, {"error": f"no such path: {self.path}"})
            return
        headers = dict(self.headers)
        read = READERS.get(protocol)
        asked = read(body, headers) if read else read_gemini(body, headers, self.path)
        answer = self.server.owner.answer(asked)
        with suppress(ConnectionError):
            if isinstance(answer, Fault):
                play(answer, asked, self, self.server.owner.closing)
            else:
                self.send_reply(answer, asked)

    def send_reply(self, reply: Reply, asked: Asked) -> None:
        if asked.stream and asked.protocol == "openai":
            self.send_chunks("text/event-stream", openai_events(reply, asked))
        elif asked.stream:
            self.send_chunks("application/x-ndjson", ollama_lines(reply, asked))
        else:
            self.send_json(200, BODIES[asked.protocol](reply, asked))

    def send_json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        self.send_bytes(status, json.dumps(body).encode(), "application/json", headers)

    def send_bytes(self, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_chunks(self, content_type: str, chunks: Iterator[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Tests read the recorded requests instead."""
