"""How the scripted model server fails, and the list of all its failures for a test matrix."""

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.support.model_protocols import error_body, strange_body, whole_body
from tests.support.model_script import Asked, Fault, Reply, Script, always, in_turn

if TYPE_CHECKING:
    from tests.support.model_server import _Handler

HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
HUGE_BYTES = 30_000_000

GOOD = Reply(text='{"latitude": 38.71, "longitude": -9.14, "confidence": 0.8}')

OVERFLOWS = {
    "ollama": "prompt too long; exceeded max context length by 808 tokens",
    "anthropic": "prompt is too long: 205000 tokens > 200000 maximum",
    "google_genai": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
}

STATUS: Mapping[str, int] = {
    "rate_limited": 429,
    "server_error": 500,
    "error_in_200": 200,
    "bad_key": 401,
    "unknown_model": 404,
    "context_overflow": 400,
    "tools_unsupported": 400,
    "temperature_unsupported": 400,
    "too_large": 413,
    "moderated": 403,
}


def play(fault: Fault, asked: Asked, handler: "_Handler", closing: threading.Event) -> None:
    """Fail in the given way over this connection."""
    if fault.kind in STATUS:
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        handler.send_json(STATUS[fault.kind], _error_body(fault, asked), headers)
    elif fault.kind == "bad_gateway_html":
        handler.send_bytes(502, HTML, "text/html")
    elif fault.kind == "redirect":
        handler.send_bytes(301, b"", "text/html", {"Location": "http://localhost:9/elsewhere"})
    elif fault.kind == "gzip_bomb":
        handler.send_bytes(200, _gzip_bomb(), "application/json", {"Content-Encoding": "gzip"})
    elif fault.kind == "hang":
        closing.wait(fault.seconds)
        handler.close_connection = True
    elif fault.kind in ("reset", "cut_short", "dribble", "dribble_headers"):
        _break_off(fault, asked, handler, closing)
    else:
        body, content_type = _strange_body(fault.kind, asked)
        handler.send_bytes(200, body, content_type)


def _break_off(fault: Fault, asked: Asked, handler: "_Handler", closing: threading.Event) -> None:
    """Begin an answer and never finish it properly."""
    handler.close_connection = True
    if fault.kind == "dribble_headers":
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Filler: ")
    else:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        if fault.kind == "cut_short":
            handler.send_header("Connection", "close")
        else:
            handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.wfile.write(_first_line(asked) if asked.protocol == "ollama" else b'{"id": "chatcmpl-1", ')
    handler.wfile.flush()
    if fault.kind == "reset":
        # Closing with a linger of zero sends RST in place of FIN.
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
    elif fault.kind.startswith("dribble"):
        for _ in range(int(fault.seconds / 0.02)):
            if closing.wait(0.02):
                break
            handler.wfile.write(b" ")
            handler.wfile.flush()


@cache
def _gzip_bomb() -> bytes:
    return gzip.compress(b" " * 64_000_000, compresslevel=1)


def _first_line(asked: Asked) -> bytes:
    message = {"role": "assistant", "content": "The ph"}
    return json.dumps({"model": asked.model, "message": message, "done": False}).encode() + b"\n"


def _error_body(fault: Fault, asked: Asked) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in asked.headers.items()}
    key = headers.get("authorization", "").removeprefix("Bearer ")
    key = key or headers.get("x-api-key") or headers.get("x-goog-api-key", "")
    words, code = {
        "rate_limited": ("Rate limit reached for requests", "rate_limit_exceeded"),
        "server_error": ("The server had an error while processing your request", "server_error"),
        "error_in_200": ("Provider returned error", None),
        "bad_key": (f"Incorrect API key provided: {key}", "invalid_api_key"),
        "unknown_model": (f"model '{asked.model}' not found", "model_not_found"),
        "context_overflow": (
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
            if asked.protocol in ("openai", "mistralai")
            else OVERFLOWS[asked.protocol],
            "context_length_exceeded",
        ),
        "tools_unsupported": (
            '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
            if asked.protocol == "openai"
            else f"Function calling is not enabled for models/{asked.model}"
            if asked.protocol == "google_genai"
            else f"registry.ollama.ai/library/{asked.model} does not support tools",
            None,
        ),
        "temperature_unsupported": (
            "Unsupported value: 'temperature' does not support 0.2 with this model.",
            "unsupported_value",
        ),
        "too_large": ("Request Entity Too Large", None),
        "moderated": ("Your chosen model requires moderation and your input was flagged", None),
    }[fault.kind]
    if asked.protocol == "ollama":
        return {"error": words}
    if asked.protocol != "openai" and fault.kind != "error_in_200":
        return error_body(asked.protocol, STATUS[fault.kind], words)
    param = "temperature" if fault.kind == "temperature_unsupported" else None
    if fault.kind == "error_in_200":
        return {"error": {"message": words, "code": 502}}
    return {"error": {"message": words, "type": "invalid_request_error", "param": param, "code": code}}


def _strange_body(kind: str, asked: Asked) -> tuple[bytes, str]:
    """A 200 whose body is not what the protocol promises."""
    if kind == "invalid_json":
        return b'{"id": "chatcmpl-1", "choices": [{"message": {"content": "Lis', "application/json"
    if kind == "html":
        return b"<html><body>Please log in to the network.</body></html>", "text/html"
    if kind == "invalid_utf8":
        return _whole(asked, "@@").replace(b"@@", b"Lisbon \xff\xfe\xc3\x28"), "application/json"
    if kind == "huge":
        return _whole(asked, "a" * HUGE_BYTES), "application/json"
    if asked.protocol in ("anthropic", "google_genai", "mistralai"):
        return json.dumps(strange_body(kind, asked)).encode(), "application/json"
    if asked.protocol == "ollama":
        message: Any = {"empty_choices": {}, "null_content": {"role": "assistant", "content": None}}.get(kind, 7)
        return json.dumps({"model": asked.model, "message": message, "done": True}).encode(), "application/json"
    choices: Any = {
        "empty_choices": [],
        "null_content": [{"index": 0, "message": {"role": "assistant", "content": None}, "finish_reason": "stop"}],
    }.get(kind, [{"index": "zero", "message": {"role": "assistant", "content": 7, "tool_calls": "no"}}])
    usage = {"prompt_tokens": 100, "completion_tokens": 0, "total_tokens": 100}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "model": asked.model, "choices": choices, "usage": usage}
    return json.dumps(body).encode(), "application/json"


def _whole(asked: Asked, text: str) -> bytes:
    if asked.protocol in ("anthropic", "google_genai", "mistralai"):
        return json.dumps(whole_body(text, asked)).encode()
    message = {"role": "assistant", "content": text}
    if asked.protocol == "ollama":
        end = {"done": True, "done_reason": "stop"}
        return json.dumps({"model": asked.model, "message": message, **end}).encode()
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return json.dumps({"id": "chatcmpl-1", "model": asked.model, "choices": choices}).encode()


FAULT_MATRIX: Mapping[str, Callable[[], Script]] = {
    "429 with Retry-After, then good": lambda: in_turn(Fault("rate_limited", retry_after="0.01"), GOOD),
    "429 without Retry-After, then good": lambda: in_turn(Fault("rate_limited"), GOOD),
    "429 for ever": lambda: always(Fault("rate_limited")),
    "500 three times, then good": lambda: in_turn(*[Fault("server_error")] * 3, GOOD),
    "500 for ever": lambda: always(Fault("server_error")),
    "502 HTML page": lambda: always(Fault("bad_gateway_html")),
    "reset in mid-body": lambda: always(Fault("reset")),
    "reset once, then good": lambda: in_turn(Fault("reset"), GOOD),
    "cut off once, then good": lambda: in_turn(Fault("invalid_json"), GOOD),
    "cut short": lambda: always(Fault("cut_short")),
    "hang past the timeout": lambda: always(Fault("hang")),
    "dribbling body": lambda: always(Fault("dribble")),
    "dribbling headers": lambda: always(Fault("dribble_headers")),
    "200 with invalid JSON": lambda: always(Fault("invalid_json")),
    "200 with HTML": lambda: always(Fault("html")),
    "200 with an error": lambda: always(Fault("error_in_200")),
    "empty choices": lambda: always(Fault("empty_choices")),
    "null content": lambda: always(Fault("null_content")),
    "wrong types": lambda: always(Fault("wrong_types")),
    "30 MB answer": lambda: always(Fault("huge")),
    "gzip bomb": lambda: always(Fault("gzip_bomb")),
    "invalid UTF-8": lambda: always(Fault("invalid_utf8")),
    "unknown tool name": lambda: always(Reply(text="", tool_calls=[("open_the_pod_bay_doors", {})])),
    "invalid arguments": lambda: always(Reply(text="", tool_calls=[("reverse_geocode", {"latitude": "north"})])),
    "arguments that are not JSON": lambda: always(Reply(text="", tool_calls=[("reverse_geocode", '{"latitude": ')])),
    "50 tool calls at once": lambda: always(
        Reply(text="", tool_calls=[("reverse_geocode", {"latitude": n, "longitude": n}) for n in range(50)])
    ),
    "endless tool calls": lambda: always(
        Reply(text="", tool_calls=[("reverse_geocode", {"latitude": 1.0, "longitude": 2.0})])
    ),
    "duplicate tool ids": lambda: always(
        Reply(
            text="",
            tool_calls=[("reverse_geocode", {"latitude": n, "longitude": n}) for n in range(3)],
            tool_ids=["same", "same", ""],
        )
    ),
    "refusal field": lambda: always(Reply(text=None, refusal="I can't help with locating photos.")),
    "content_filter": lambda: always(Reply(text="", finish_reason="content_filter")),
    "length": lambda: always(Reply(text='{"latitude": 38.7, "longit', finish_reason="length")),
    "usage missing": lambda: always(Reply(text=GOOD.text, usage=None)),
    "wrong key": lambda: always(Fault("bad_key")),
    "unknown model": lambda: always(Fault("unknown_model")),
    "context overflow": lambda: always(Fault("context_overflow")),
    "tools unsupported": lambda: always(Fault("tools_unsupported")),
    "redirect": lambda: always(Fault("redirect")),
    "request too large": lambda: always(Fault("too_large")),
}
