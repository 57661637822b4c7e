"""Ollama's own chat protocol."""

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_ollama import ChatOllama

from agent.transport import transport_to

FORBIDS_TOOLS = False  # the protocol has no word for it


class ThinkingOllama(ChatOllama):
    """ChatOllama that keeps the thinking field without asking for it.

    ChatOllama reads `thinking` only with `reasoning=True`, and then also requests it, which models that do not think
    refuse. A model that thinks by default would lose an answer it left there.
    """

    def _chat_params(self, messages: list[BaseMessage], stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        params: dict[str, Any] = super()._chat_params(messages, stop, **kwargs)
        params["think"] = None
        # Options reach the wire as given here: ChatOllama takes them whole or not at all.
        params["options"] = {"num_ctx": self.num_ctx, **params["options"]} if self.num_ctx else params["options"]
        return params


def chat(name: str, base_url: str, key: str, num_ctx: int | None) -> BaseChatModel:
    """A client for one model of one server. It does not retry and follows no redirects."""
    headers: Mapping[str, str] = {"Authorization": f"Bearer {key}"} if key else {}
    return ThinkingOllama(
        model=name,
        base_url=base_url,
        num_ctx=num_ctx,
        reasoning=True,
        client_kwargs={"headers": headers, "follow_redirects": False},
        sync_client_kwargs={"transport": transport_to(base_url)},
    )


def call_options(temperature: float | None, seed: int | None, max_tokens: int | None) -> dict[str, Any]:
    given = {"temperature": temperature, "seed": seed, "num_predict": max_tokens}
    return {"options": {name: value for name, value in given.items() if value is not None}}
