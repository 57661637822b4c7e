"""What a scripted model server is asked and what it may answer, in one shape for all protocols."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Protocol = Literal["openai", "ollama", "anthropic", "google_genai", "mistralai"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

FaultKind = Literal[
    "rate_limited",  # 429, with Retry-After when `retry_after` is set
    "server_error",  # 500 with the protocol's error body
    "bad_gateway_html",  # 502 with an HTML page
    "reset",  # the connection is reset in the middle of the body
    "cut_short",  # a clean end of the stream before the protocol's last word
    "hang",  # nothing is answered for `seconds`
    "dribble",  # one byte of the body at a time, never ending
    "dribble_headers",  # one byte of the headers at a time, never ending
    "invalid_json",  # 200 with a body that is not JSON
    "html",  # 200 with an HTML page
    "empty_choices",  # 200 without any answer in it
    "null_content",
    "wrong_types",
    "huge",  # an answer of 30 MB
    "gzip_bomb",  # a small compressed body that unpacks to 64 MB
    "invalid_utf8",
    "error_in_200",  # 200 whose JSON is an error
    "bad_key",  # 401, echoing the key as some servers do
    "unknown_model",  # 404
    "context_overflow",  # 400
    "tools_unsupported",  # 400
    "temperature_unsupported",  # 400
    "redirect",  # 301 to another host
    "too_large",  # 413
    "moderated",  # 403 of a router's moderation, about this prompt alone
]


@dataclass(frozen=True)
class Fault:
    """A way to fail. `seconds` is how long `hang` and the dribbles last at most."""

    kind: FaultKind
    retry_after: str | None = None
    seconds: float = 30.0


@dataclass(frozen=True)
class Reply:
    """A good answer, or a strange one the protocol allows.

    `tool_calls` are (name, arguments); arguments given as a string are sent verbatim, valid JSON or not.
    `tool_ids` replaces the server's own ids. `usage` is (input tokens, output tokens) or None to leave it out.
    `more` are the texts of further choices, for requests with `n`.
    """

    text: str | None = ""
    tool_calls: Sequence[tuple[str, Mapping[str, Any] | str]] = ()
    tool_ids: Sequence[str] | None = None
    usage: tuple[int, int] | None = (100, 20)
    finish_reason: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    more: Sequence[str] = ()

    @property
    def finish(self) -> str:
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")


@dataclass(frozen=True)
class AskedMessage:
    """One message of the request: its text with image blocks counted, and the tool calls it carries."""

    role: str
    text: str
    images: int = 0
    tool_calls: tuple[tuple[str, Any], ...] = ()
    tool_call_ids: tuple[str, ...] = ()
    answers: str | None = None
    """Of a tool's result, what it is matched by: the call's id, or the tool's name (Ollama, Gemini)."""


@dataclass(frozen=True)
class Asked:
    """A request, normalised. `text` joins all messages, so a script can look for what the prompt says."""

    protocol: Protocol
    model: str
    messages: tuple[AskedMessage, ...]
    tools: tuple[str, ...]
    tool_choice: Any
    temperature: float | None
    seed: int | None
    max_tokens: int | None
    stream: bool
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self.messages)

    @property
    def last(self) -> AskedMessage:
        return self.messages[-1]

    @property
    def images(self) -> int:
        return sum(message.images for message in self.messages)

    @property
    def tool_results(self) -> tuple[str, ...]:
        return tuple(message.text for message in self.messages if message.role == "tool")


Script = Callable[[Asked], Reply | Fault]


def always(answer: Reply | Fault) -> Script:
    return lambda asked: answer


def in_turn(*answers: Reply | Fault) -> Script:
    """Answer request after request from the list, the last one for ever; safe under concurrent requests."""
    lock = threading.Lock()
    left = list(answers)

    def script(asked: Asked) -> Reply | Fault:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return script


def read_openai(body: Mapping[str, Any], headers: Mapping[str, str]) -> Asked:
    return Asked(
        protocol="openai",
        model=body["model"],
        messages=tuple(_openai_message(message) for message in body["messages"]),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        tool_choice=body.get("tool_choice"),
        temperature=body.get("temperature"),
        seed=body.get("seed"),
        max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
        stream=bool(body.get("stream")),
        body=body,
        headers=headers,
    )


def read_ollama(body: Mapping[str, Any], headers: Mapping[str, str]) -> Asked:
    options = body.get("options") or {}
    return Asked(
        protocol="ollama",
        model=body["model"],
        messages=tuple(_ollama_message(message) for message in body["messages"]),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        tool_choice=None,
        temperature=options.get("temperature"),
        seed=options.get("seed"),
        max_tokens=options.get("num_predict"),
        stream=bool(body.get("stream", True)),
        body=body,
        headers=headers,
    )


def _openai_message(message: Mapping[str, Any]) -> AskedMessage:
    content = message.get("content")
    blocks = [{"type": "text", "text": content or ""}] if not isinstance(content, list) else content
    calls = message.get("tool_calls") or ()
    return AskedMessage(
        role=message["role"],
        text="".join(block["text"] for block in blocks if block["type"] == "text"),
        images=sum(block["type"] == "image_url" for block in blocks),
        tool_calls=tuple((call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls),
        tool_call_ids=tuple(call["id"] for call in calls),
        answers=message.get("tool_call_id"),
    )


def _ollama_message(message: Mapping[str, Any]) -> AskedMessage:
    calls = message.get("tool_calls") or ()
    return AskedMessage(
        role=message["role"],
        text=message.get("content") or "",
        images=len(message.get("images") or ()),
        tool_calls=tuple((call["function"]["name"], call["function"]["arguments"]) for call in calls),
        tool_call_ids=tuple(call.get("id", "") for call in calls),
        answers=message.get("tool_name"),
    )
