"""The OpenAI chat-completions protocol: OpenAI itself, vLLM, LM Studio, llama.cpp, OpenRouter and others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from sextant.agent.llm.completion import read_chat_usage
from sextant.agent.llm.server_replies import REASONING_FIELDS, mend_reply, raise_failure
from sextant.agent.llm.services import SERVICES
from sextant.agent.llm.spec import Endpoint
from sextant.agent.llm.transport import make_transport

NO_TOOL_CALLS = "none"  # the tool choice that forbids calls
LONG = ("messages", "tools")


class CompatibleChat(ChatOpenAI):
    """ChatOpenAI for any server of the protocol: it keeps the reasoning field, which ChatOpenAI drops, and says
    `max_tokens` to servers other than OpenAI, of which some do not know the newer name."""

    def _get_request_payload(self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        messages = self._convert_input(input_).to_messages()
        payload: dict[str, Any] = super()._get_request_payload(
            [_strip_blocks(m) for m in messages], stop=stop, **kwargs
        )
        for sent, message in zip(payload["messages"], messages, strict=True):
            if _has_blocks(message):
                sent["content"] = message.content
        if self.openai_api_base != SERVICES["openai"].address and "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        # The SDK walks every field of messages and tools for names to translate, a fifth of a call's own time; ours are
        # in the protocol's words already, and what stands in the extra body is sent as it is.
        rest = {name: value for name, value in payload.items() if name not in LONG}
        long = {name: payload[name] for name in LONG if name in payload}
        return {**rest, "messages": [], "extra_body": {**long, **(payload.get("extra_body") or {})}}

    def _create_chat_result(
        self, response: dict[str, Any] | openai.BaseModel, generation_info: dict[str, Any] | None = None
    ) -> ChatResult:
        whole = response if isinstance(response, dict) else response.model_dump(warnings=False)
        whole = mend_reply({**whole, "usage": read_chat_usage(whole.get("usage"))})
        result = super()._create_chat_result(whole, generation_info)
        for generation, choice in zip(result.generations, whole["choices"], strict=True):
            _keep_reasoning(generation.message.additional_kwargs, choice["message"])
            if isinstance(choice["message"].get("refusal"), str):
                generation.message.additional_kwargs["refusal"] = choice["message"]["refusal"]
        messages = [generation.message for generation in result.generations]
        if len(messages) > 1 and isinstance(messages[0], AIMessage):
            messages[0].response_metadata["other_choices"] = messages[1:]  # invoke() hands on the first alone
        return result

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        if chunk.get("usage"):
            chunk = {**chunk, "usage": read_chat_usage(chunk["usage"])}
        for choice in chunk.get("choices") or ():
            raise_failure(choice)
        result = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        if result is not None and chunk.get("choices"):
            delta = chunk["choices"][0].get("delta") or {}
            _keep_reasoning(result.message.additional_kwargs, delta)
            if isinstance(delta.get("refusal"), str):
                result.message.additional_kwargs["refusal"] = delta["refusal"]
        return result


@dataclass(frozen=True)
class RawReply:
    """A reply of status 200: what ChatOpenAI asks of the SDK's own raw response."""

    http_response: httpx.Response

    @property
    def headers(self) -> httpx.Headers:
        return self.http_response.headers

    def parse(self) -> Any:
        """Return the reply's JSON; its text where neither the body nor the content type is JSON, as the SDK does.

        Raises:
            ValueError: the body is not JSON although the server says so.
        """
        try:
            return self.http_response.json()
        except ValueError:
            kind = self.http_response.headers.get("content-type", "*").partition(";")[0]
            if kind.endswith("json"):
                raise
            return self.http_response.text


class PlainCompletions:
    """The SDK's chat completions, without its models of request and reply: both are in the protocol's words already,
    and building the models takes a quarter of a call's processor time.
    """

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client

    @property
    def with_raw_response(self) -> "PlainCompletions":
        return self

    def create(self, *, extra_body: Mapping[str, Any] | None = None, stream: bool = False, **payload: Any) -> Any:
        """Make one call; a stream goes the SDK's own way.

        Raises:
            openai.APIError: as the SDK.
        """
        if stream:
            return self._client.chat.completions.create(extra_body=extra_body, stream=True, **payload)
        body = {**payload, "stream": False, **(extra_body or {})}
        return RawReply(self._client.post("/chat/completions", body=body, cast_to=httpx.Response))


def make_client(endpoint: Endpoint, num_ctx: int | None) -> BaseChatModel:
    """Make a client for one model of one server. It does not retry and follows no redirects."""
    del num_ctx  # the server's own setting in this protocol
    chat = CompatibleChat(
        model=endpoint.name,
        base_url=endpoint.url,
        api_key=SecretStr(endpoint.key),
        http_client=httpx.Client(transport=make_transport(endpoint.url, endpoint.basic_auth)),
        max_retries=0,
        stream_usage=True,
        use_responses_api=False,
    )
    chat.client = PlainCompletions(chat.root_client)
    return chat


def make_call_options(temperature: float | None, seed: int | None, max_tokens: int | None) -> dict[str, Any]:
    given = {"temperature": temperature, "seed": seed, "max_tokens": max_tokens}
    return {name: value for name, value in given.items() if value is not None}


def _has_blocks(message: BaseMessage) -> bool:
    """Return whether a message holds text and pictures in blocks: those are in the protocol's form already."""
    return isinstance(message, HumanMessage) and isinstance(message.content, list)


def _strip_blocks(message: BaseMessage) -> BaseMessage:
    """Return a message without its blocks, whose conversion takes an eighth of a call's processor time."""
    return HumanMessage("") if _has_blocks(message) else message


def _keep_reasoning(kept: dict[str, Any], message: Mapping[str, Any]) -> None:
    for field in REASONING_FIELDS:
        if isinstance(message.get(field), str):
            kept["reasoning_content"] = message[field]
            return
