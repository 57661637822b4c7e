"""Ollama's own chat protocol."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, ToolMessage
from langchain_ollama import ChatOllama

from sextant.agent.llm.errors import ModelOnlyLoaded
from sextant.agent.llm.spec import Endpoint
from sextant.agent.llm.transport import make_transport

FORBIDS_TOOLS = False  # the protocol cannot express it


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
            told: Any = part
            if not isinstance(part, str) and told.get("done_reason") == "load" and not told["message"].get("content"):
                raise ModelOnlyLoaded
            yield part

    def _convert_messages_to_ollama_messages(self, messages: list[BaseMessage]) -> Sequence[Any]:
        converted = super()._convert_messages_to_ollama_messages(messages)
        for message, plain in zip(messages, converted, strict=True):
            if isinstance(message, ToolMessage) and message.name:
                plain["tool_name"] = message.name
        return converted


def make_client(endpoint: Endpoint, num_ctx: int | None) -> BaseChatModel:
    """Make a client for one model of one server. It does not retry and follows no redirects."""
    headers: Mapping[str, str] = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    return PlainOllama(
        model=endpoint.name,
        base_url=endpoint.url,
        num_ctx=num_ctx,
        reasoning=True,
        client_kwargs={"headers": headers, "follow_redirects": False},
        sync_client_kwargs={"transport": make_transport(endpoint.url, endpoint.basic_auth)},
    )


def make_call_options(temperature: float | None, seed: int | None, max_tokens: int | None) -> dict[str, Any]:
    given = {"temperature": temperature, "seed": seed, "num_predict": max_tokens}
    return {"options": {name: value for name, value in given.items() if value is not None}}
