"""Mistral's chat-completions protocol."""

from collections.abc import Mapping
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult
from langchain_mistralai import ChatMistralAI
from pydantic import SecretStr

from sextant.agent.llm.completion import read_chat_usage
from sextant.agent.llm.server_replies import mend_reply
from sextant.agent.llm.spec import Endpoint
from sextant.agent.llm.transport import make_transport

NO_TOOL_CALLS = "none"


class PlainMistral(ChatMistralAI):
    """ChatMistralAI that sends no settings of its own, keeps the thoughts apart and reports failed replies."""

    @property
    def _default_params(self) -> dict[str, Any]:
        return {"model": self.model}

    def _create_chat_result(self, response: dict[str, Any]) -> ChatResult:
        """Read a reply.

        Raises:
            ValueError: the reply says that the server failed; its argument is the error as ``{"message", "code"}``.
            IndexError: it holds no choice.
        """
        if isinstance(error := response.get("error"), dict):
            raise ValueError(error)
        whole = mend_reply({**response, "usage": read_chat_usage(response.get("usage"))})
        if not whole["choices"]:
            raise IndexError
        result = super()._create_chat_result(whole)
        for generation, choice in zip(result.generations, whole["choices"], strict=True):
            if isinstance(generation.message, AIMessage):
                _split_content(generation.message, choice["message"].get("content"))
        (result.llm_output or {})["model_name"] = response.get("model")
        return result


def _split_content(message: AIMessage, content: Any) -> None:
    """Keep the thoughts of a reply, blocks as ``{"type": "thinking", "thinking": [{"text"}]}``, apart from its text."""
    if not isinstance(content, list):
        return
    blocks = [block for block in content if isinstance(block, Mapping) and block.get("type") == "thinking"]
    message.additional_kwargs["reasoning_content"] = "".join(_join_thoughts(block.get("thinking")) for block in blocks)
    message.content = message.text


def _join_thoughts(thoughts: Any) -> str:
    if not isinstance(thoughts, list):
        return str(thoughts or "")
    return "".join(str(part.get("text") or "") for part in thoughts if isinstance(part, Mapping))


def make_client(endpoint: Endpoint, num_ctx: int | None) -> BaseChatModel:
    """Make a client for one model of one server. It does not retry and follows no redirects."""
    del num_ctx  # the server's own setting in this protocol
    over = httpx.Client(
        base_url=endpoint.url,
        headers={"Authorization": f"Bearer {endpoint.key}"},
        transport=make_transport(endpoint.url, endpoint.basic_auth),
    )
    return PlainMistral(
        model_name=endpoint.name, base_url=endpoint.url, api_key=SecretStr(endpoint.key), client=over, max_retries=1
    )


def make_call_options(temperature: float | None, seed: int | None, max_tokens: int | None) -> dict[str, Any]:
    given = {"temperature": temperature, "random_seed": seed, "max_tokens": max_tokens}
    return {name: value for name, value in given.items() if value is not None}
