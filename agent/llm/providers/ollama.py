"""Ollama's own chat protocol."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, ToolMessage
from langchain_ollama import ChatOllama

from sextant.agent.llm.completion import MOST_INTEGER, MOST_TOKENS, read_count
from sextant.agent.llm.errors import ModelOnlyLoaded
from sextant.agent.llm.spec import Endpoint
from sextant.agent.llm.transport import make_transport

NO_TOOL_CALLS = None  # the protocol has no tool choice


class PlainOllama(ChatOllama):
    """ChatOllama that keeps the thinking field without requesting it, and names the tool of each result.

    ChatOllama reads `thinking` only with `reasoning=True`, and then also requests it, which models that do not think
    refuse; a model that thinks by default would lose an answer it left there. It marks tool results by id alone,
    which Ollama's client drops: several results in one turn could not be told apart.
    """

    def _chat_params(self, messages: list[BaseMessage], stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        params: dict[str, Any] = super()._chat_params(messages, stop, **kwargs)
        params["think"] = None
        # Options reach the wire as given here: ChatOllama takes them whole or not at all.
        params["options"] = {"num_ctx": self.num_ctx, **params["options"]} if self.num_ctx else params["options"]
        return params

    def _create_chat_stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, **kwargs: Any
    ) -> Iterator[Mapping[str, Any] | str]:
        """Stream the reply; one that only reports the loading of the model is a failure to be retried.

        Raises:
            ModelOnlyLoaded: the reply holds nothing but the report.
        """
        for part in super()._create_chat_stream(messages, stop, **kwargs):
            chunk: Any = part
            if not isinstance(part, str) and chunk.get("done_reason") == "load" and not chunk["message"].get("content"):
                raise ModelOnlyLoaded
            yield part

    def _convert_messages_to_ollama_messages(self, messages: list[BaseMessage]) -> Sequence[Any]:
        converted = super()._convert_messages_to_ollama_messages(messages)
        for message, plain in zip(messages, converted, strict=True):
            if isinstance(message, ToolMessage) and message.name:
                plain["tool_name"] = message.name
        return converted


class SoundCounts(httpx.BaseTransport):
    """Drops invalid counts and durations from an answer: the client would reject the whole answer."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        if response.status_code == 200 and isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _SoundLines(response.stream)
            response.headers.pop("content-length", None)
        return response

    def close(self) -> None:
        self._inner.close()


class _SoundLines(httpx.SyncByteStream):
    """The complete lines of an answer, with their counts checked."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        rest: list[bytes] = []
        for chunk in self._stream:
            head, newline, tail = chunk.rpartition(b"\n")
            if not newline:
                rest.append(chunk)
                continue
            yield b"".join(_drop_invalid_counts(line) + b"\n" for line in b"".join([*rest, head]).split(b"\n"))
            rest = [tail] if tail else []
        if rest:
            yield _drop_invalid_counts(b"".join(rest))

    def close(self) -> None:
        self._stream.close()


def _drop_invalid_counts(line: bytes) -> bytes:
    """Return a line without invalid counts and durations; any other line unchanged."""
    if b"_count" not in line and b"_duration" not in line:
        return line
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(said, dict):
        return line
    for name in [name for name in said if name.endswith(("_count", "_duration"))]:
        most = MOST_TOKENS if name.endswith("_count") else MOST_INTEGER
        count = read_count(said[name]) if name.endswith("_count") else said[name]
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= most:
            del said[name]
        else:
            said[name] = count
    return json.dumps(said).encode()


def make_client(endpoint: Endpoint, num_ctx: int | None) -> BaseChatModel:
    """Make a client for one model of one server. It does not retry and follows no redirects."""
    headers: Mapping[str, str] = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    return PlainOllama(
        model=endpoint.name,
        base_url=endpoint.url,
        num_ctx=num_ctx,
        reasoning=True,
        client_kwargs={"headers": headers, "follow_redirects": False},
        sync_client_kwargs={"transport": SoundCounts(make_transport(endpoint.url, endpoint.basic_auth))},
    )


def make_call_options(temperature: float | None, seed: int | None, max_tokens: int | None) -> dict[str, Any]:
    given = {"temperature": temperature, "seed": seed, "num_predict": max_tokens}
    return {"options": {name: value for name, value in given.items() if value is not None}}
