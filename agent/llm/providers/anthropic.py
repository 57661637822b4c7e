"""Anthropic's Messages protocol."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import anthropic
import httpx2
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import SecretStr

from sextant.agent.llm.completion import read_count
from sextant.agent.llm.providers.httpx2_bridge import BridgedTransport
from sextant.agent.llm.server_replies import decode_arguments
from sextant.agent.llm.spec import NO_KEY, Endpoint
from sextant.agent.llm.transport import make_transport

NO_TOOL_CALLS = {"type": "none"}
HIGHEST_TEMPERATURE = 1.0  # of the protocol
INPUT_COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class PlainAnthropic(ChatAnthropic):
    """ChatAnthropic over our transport, which reads any reply: text, thinking and tool calls, whatever their types."""

    http_client: Any

    @cached_property
    def _client(self) -> anthropic.Client:
        return anthropic.Client(**self._client_params, http_client=self.http_client)

    def _format_output(self, data: Any, *, generation_info: dict[str, Any] | None = None, **kwargs: Any) -> ChatResult:
        """Read a reply.

        Raises:
            ValueError: the reply says that the server failed; its argument is the error as ``{"message", "code"}``.
            TypeError: it is not a message.
        """
        del generation_info, kwargs
        reply = data if isinstance(data, dict) else data.model_dump(warnings=False)
        if isinstance(error := reply.get("error"), dict):
            raise ValueError({"code": 500, **error})
        return ChatResult(generations=[ChatGeneration(message=read_message(reply))])


def read_message(reply: Mapping[str, Any]) -> AIMessage:
    """Read a message of the protocol.

    Raises:
        TypeError: it has no content.
    """
    if not isinstance(reply.get("content"), list):
        raise TypeError("the reply has no content")
    blocks = [block for block in reply["content"] if isinstance(block, dict)]
    calls, broken = _read_calls(blocks)
    metadata = {"model_name": reply.get("model"), "finish_reason": reply.get("stop_reason")}
    message = AIMessage(
        content="".join(_list_texts(blocks, "text")),
        tool_calls=calls,
        invalid_tool_calls=broken,
        response_metadata=metadata,
        additional_kwargs={"reasoning_content": "".join(_list_texts(blocks, "thinking"))},
    )
    message.usage_metadata = _read_usage(reply.get("usage"))
    return message


def _list_texts(blocks: list[dict[str, Any]], kind: str) -> list[str]:
    """List the texts of the blocks of one kind; they stand in the field of the same name."""
    return [text for block in blocks if block.get("type") == kind and isinstance(text := block.get(kind), str)]


def _read_calls(blocks: list[dict[str, Any]]) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """Read the tool calls: those with an object as input, and the others."""
    calls: list[ToolCall] = []
    broken: list[InvalidToolCall] = []
    for block in blocks:
        if block.get("type") != "tool_use":
            continue
        name, args = str(block.get("name") or ""), decode_arguments(block.get("input"))
        if isinstance(args, dict):
            calls.append(ToolCall(name=name, args=args, id=str(block.get("id"))))
        else:
            broken.append(
                InvalidToolCall(
                    type="invalid_tool_call", name=name, args=json.dumps(args), id=None, error="not a JSON object"
                )
            )
    return calls, broken


def _read_usage(usage: Any) -> Any:
    """Read the counts of a usage block; None when they are invalid, so that they are estimated.

    Tokens read from or written to a cache are input too: the protocol counts them apart.
    """
    if not isinstance(usage, Mapping):
        return None
    counts = [read_count(usage.get(name) or 0) for name in INPUT_COUNTS]
    given, made = None if None in counts else sum(filter(None, counts)), read_count(usage.get("output_tokens"))
    if given is None or made is None:
        return None
    return {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}


def make_client(endpoint: Endpoint, num_ctx: int | None) -> BaseChatModel:
    """Make a client for one model of one server. It does not retry and follows no redirects."""
    del num_ctx  # the server's own setting in this protocol
    return PlainAnthropic(
        model_name=endpoint.name,
        base_url=endpoint.url,
        # A login takes the key's place; this protocol would otherwise send both.
        api_key=SecretStr(NO_KEY if endpoint.login else endpoint.key),
        http_client=httpx2.Client(transport=BridgedTransport(make_transport(endpoint.url, endpoint.basic_auth))),
        max_retries=0,
        timeout=None,
        stop=None,
    )


def make_call_options(temperature: float | None, seed: int | None, max_tokens: int | None) -> dict[str, Any]:
    """Make the options of one call. The protocol has no seed."""
    del seed
    warmth = None if temperature is None else min(temperature, HIGHEST_TEMPERATURE)
    given = {"temperature": warmth, "max_tokens": max_tokens}
    return {name: value for name, value in given.items() if value is not None}
