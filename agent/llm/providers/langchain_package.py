"""OpenAI's chat completions through a provider's own LangChain package: those of `services.SERVICES` that name one."""

import importlib
import json
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from sextant.agent.llm.completion import read_chat_usage
from sextant.agent.llm.server_replies import REASONING_FIELDS, mend_reply
from sextant.agent.llm.services import SERVICES
from sextant.agent.llm.spec import Endpoint
from sextant.agent.llm.transport import current_exchange, make_transport

NO_TOOL_CALLS = "none"


class MendedReplies(httpx.BaseTransport):
    """Mends each reply before the package's SDK reads it, and turns an error that came with status 200 into its status.

    The classes of the packages share no method that reads a reply; all of them read what this transport hands on.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        if response.status_code != 200:
            return response
        status, body = mend_body(response.read())
        exchange = current_exchange.get()
        if status != 200 and exchange is not None:
            exchange.status, exchange.body = status, body.decode()
        return httpx.Response(status, content=body, headers={"Content-Type": "application/json"}, request=request)

    def close(self) -> None:
        self._inner.close()


def mend_body(body: bytes) -> tuple[int, bytes]:
    """Mend the body of a reply that came with status 200; return the status that it deserves, and the body."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        return 200, body
    if not isinstance(reply, dict):
        return 200, body
    try:
        if isinstance(error := reply.get("error"), dict):
            raise ValueError(error)
        mended = mend_reply({**reply, "usage": read_chat_usage(reply.get("usage"))})
        for choice in mended.get("choices") or ():
            _keep_fields(choice)
    except ValueError as failure:
        error = failure.args[0]
        code = error.get("code")
        status = code if isinstance(code, int) and 300 <= code < 600 else 500
        return status, json.dumps({"error": error}).encode()
    return 200, json.dumps(mended).encode()


def _keep_fields(choice: Any) -> None:
    """Keep a refusal and thoughts where every class reads them: in the finish reason and the text, thoughts in tags."""
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        return
    if isinstance(refusal := message.get("refusal"), str):
        choice["finish_reason"], message["content"] = "refusal", refusal
    thoughts = [message.pop(field, None) for field in REASONING_FIELDS]
    content = message.get("content") or ""
    if isinstance(content, str) and (thought := next((one for one in thoughts if isinstance(one, str) and one), None)):
        message["content"] = f"<think>{thought}</think>{content}"


def make_client(endpoint: Endpoint, num_ctx: int | None) -> BaseChatModel:
    """Make a client for one model of one server. It does not retry and follows no redirects."""
    del num_ctx  # the server's own setting in this protocol
    service = SERVICES[endpoint.provider]
    chat_class = getattr(importlib.import_module(service.module), service.package.rpartition(".")[2])
    client: BaseChatModel = chat_class(
        model=endpoint.name,
        base_url=endpoint.url,
        api_key=SecretStr(endpoint.key),
        http_client=httpx.Client(transport=MendedReplies(make_transport(endpoint.url, endpoint.basic_auth))),
        max_retries=0,
    )
    return client


def make_call_options(temperature: float | None, seed: int | None, max_tokens: int | None) -> dict[str, Any]:
    given = {"temperature": temperature, "seed": seed, "max_tokens": max_tokens}
    return {name: value for name, value in given.items() if value is not None}
