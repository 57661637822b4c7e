"""Invalid usage counts: the answer stands, its tokens are estimated, and the run can be kept."""

import http.server
import json
import threading

import pytest

from sextant.agent.llm.client import complete
from sextant.agent.llm.completion import MOST_TOKENS, read_count
from sextant.agent.llm.model import load_model

ODD = [
    "9223372036854775808",
    "1" + "0" * 60,
    "-1",
    "1.5",
    '"12x"',
    '"²"',
    "NaN",
    "Infinity",
    "1e400",
    "null",
    "[]",
    "{}",
    '"-3"',
]


def serve(body: bytes):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(params=["openai", "ollama"])
def body(request):
    def made(count: str) -> str:
        if request.param == "openai":
            message = '{"role": "assistant", "content": "Lisbon"}'
            choices = f'[{{"index": 0, "message": {message}, "finish_reason": "stop"}}]'
            usage = f'{{"prompt_tokens": {count}, "completion_tokens": {count}, "total_tokens": {count}}}'
            head = '"id": "1", "object": "chat.completion", "created": 0, "model": "m"'
            return f'{{{head}, "choices": {choices}, "usage": {usage}}}'
        counts = f'"prompt_eval_count": {count}, "eval_count": {count}, "total_duration": {count}'
        return f'{{"model": "m", "message": {{"role": "assistant", "content": "Lisbon"}}, "done": true, {counts}}}\n'

    return request.param, made


@pytest.mark.parametrize("count", ODD)
def test_an_answer_with_an_odd_count_stands(body, count, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    protocol, made = body
    server = serve(made(count).encode())
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}" + ("/v1" if protocol == "openai" else "")
        model = load_model(f"{protocol}:m", base_url=address, timeout_s=10, max_retries=0)
        said = complete(model, [{"role": "user", "content": "where?"}])
    finally:
        server.shutdown()
        server.server_close()
    assert said.text == "Lisbon"
    assert said.usage.estimated
    assert 0 < said.usage.input_tokens <= MOST_TOKENS and 0 < said.usage.output_tokens <= MOST_TOKENS
    json.dumps(said.usage.__dict__, allow_nan=False)


def test_sound_counts_are_kept(body, monkeypatch):
    assert [read_count(value) for value in (12, "12", 12.0, 0)] == [12, 12, 12, 0]
