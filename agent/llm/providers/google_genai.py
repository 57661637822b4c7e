"""Google's generateContent protocol: the Gemini API."""

import ssl
from functools import cache
from typing import Any

import httpx
from google import genai
from google.genai.types import HttpOptions
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_google_genai import ChatGoogleGenerativeAI
from pydantic import SecretStr

from sextant.agent.llm.server_replies import FAILED_REASONS
from sextant.agent.llm.spec import NO_KEY, Endpoint
from sextant.agent.llm.transport import make_transport

NO_TOOL_CALLS = "none"
MALFORMED = (
    "malformed"  # MALFORMED_FUNCTION_CALL, MALFORMED_RESPONSE: the model wrote a call that the server cannot read
)


class PlainGemini(ChatGoogleGenerativeAI):
    """ChatGoogleGenerativeAI that keeps the thoughts apart, and reports blocked prompts and failed replies."""

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Ask the model.

        Raises:
            ValueError: the prompt was blocked, or the reply says that the server failed; its argument is the error as
                ``{"message", "code"}``.
            IndexError: the reply holds no candidate.
        """
        result = super()._generate(messages, stop, run_manager, **kwargs)
        _raise_blocked(result.llm_output or {})
        for generation in result.generations:
            _raise_failed(generation.generation_info)
            if isinstance(generation.message, AIMessage):
                _keep_thoughts(generation.message)
        return result


def _raise_blocked(reply: dict[str, Any]) -> None:
    """Raise the reason why the prompt was blocked.

    Raises:
        ValueError: it was.
    """
    reason = (reply.get("prompt_feedback") or {}).get("block_reason")
    if reason:
        raise ValueError({"code": 400, "message": f"the content filter blocked the prompt: {str(reason)[:80]}"})


def _raise_failed(info: dict[str, Any] | None) -> None:
    """Raise the failure that a candidate reports.

    Raises:
        IndexError: the reply holds no candidate; LangChain would make an empty one that says nothing.
        ValueError: the server failed in the middle of the answer.
    """
    if not info:
        raise IndexError
    reason = str(info.get("finish_reason") or "").lower()
    if MALFORMED in reason or any(word in reason for word in FAILED_REASONS):
        raise ValueError({"code": 500, "message": f"finish reason {reason!r}"})


def _keep_thoughts(message: AIMessage) -> None:
    """Keep the thoughts of a reply apart from its text."""
    if not isinstance(message.content, list):
        return
    blocks = [block for block in message.content if isinstance(block, dict) and block.get("type") == "thinking"]
    message.additional_kwargs["reasoning_content"] = "".join(str(block.get("thinking") or "") for block in blocks)


def make_client(endpoint: Endpoint, num_ctx: int | None) -> BaseChatModel:
    """Make a client for one model of one server. It does not retry and follows no redirects."""
    del num_ctx  # the server's own setting in this protocol
    key = NO_KEY if endpoint.login else endpoint.key  # a login takes the key's place
    shared = {"verify": _make_ssl_context()}
    client = PlainGemini(
        model=endpoint.name,
        client_options=endpoint.url,
        api_key=SecretStr(key),
        temperature=None,
        retries=1,  # the first attempt is counted
        client_args=shared,
    )
    # LangChain hands no HTTP client on, so its Google client is replaced by one that uses our transport.
    over = httpx.Client(transport=make_transport(endpoint.url, endpoint.basic_auth))
    options = HttpOptions(base_url=endpoint.url, httpx_client=over, client_args=shared, async_client_args=shared)
    client.client = genai.Client(api_key=key, http_options=options)
    return client


@cache
def _make_ssl_context() -> ssl.SSLContext:
    """Make the one context of the clients that Google's package makes besides ours; it would load six."""
    return httpx.create_ssl_context()


def make_call_options(temperature: float | None, seed: int | None, max_tokens: int | None) -> dict[str, Any]:
    given = {"temperature": temperature, "seed": seed, "max_output_tokens": max_tokens}
    return {name: value for name, value in given.items() if value is not None}
