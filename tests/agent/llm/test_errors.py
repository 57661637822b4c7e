"""Each way a model server can fail, over real HTTP, in all protocols."""

import json
import logging
import traceback
from collections.abc import Mapping

import pytest
from langchain_core.tools import tool

from sextant.agent.llm.address import Address
from sextant.agent.llm.client import complete
from sextant.agent.llm.completion import Completion
from sextant.agent.llm.errors import ModelError, classify_error
from sextant.agent.llm.model import load_model
from sextant.agent.llm.services import SERVICES
from sextant.agent.llm.transport import Exchange
from tests.agent.conftest import KEY, Serve
from tests.support.model_faults import FAULT_MATRIX
from tests.support.model_script import Fault, Protocol, always
from tests.support.model_server import closed_port

QUESTION = [{"role": "user", "content": "Where is this?"}]

# Kind of the error and requests sent; of an answer, how it finished.
ERRORS: Mapping[str, tuple[str, int]] = {
    "429 for ever": ("rate_limited", 4),
    "500 for ever": ("server", 4),
    "502 HTML page": ("server", 4),
    "reset in mid-body": ("unreachable", 4),
    "hang past the timeout": ("timeout", 4),
    "dribbling body": ("timeout", 4),
    "dribbling headers": ("timeout", 4),
    "200 with invalid JSON": ("bad_response", 4),
    "200 with HTML": ("bad_response", 1),
    "200 with an error": ("server", 4),
    "wrong types": ("bad_response", 1),
    "30 MB answer": ("bad_response", 1),
    "gzip bomb": ("bad_response", 1),
    "wrong key": ("bad_key", 1),
    "unknown model": ("unknown_model", 1),
    "context overflow": ("context_overflow", 1),
    "tools unsupported": ("tools_unsupported", 1),
    "redirect": ("bad_request", 1),
    "request too large": ("too_large", 1),
}
ANSWERS: Mapping[str, str] = {
    "429 with Retry-After, then good": "stop",
    "429 without Retry-After, then good": "stop",
    "500 three times, then good": "stop",
    "reset once, then good": "stop",
    "cut off once, then good": "stop",
    "unknown tool name": "tools",
    "invalid arguments": "tools",
    "50 tool calls at once": "tools",
    "endless tool calls": "tools",
    "duplicate tool ids": "tools",
    "content_filter": "filtered",
    "length": "length",
    "usage missing": "stop",
}
# A protocol may know a thing that others cannot say: OpenAI's arguments are text, Ollama's are JSON.
BY_PROTOCOL: Mapping[tuple[str, Protocol], tuple[str, int] | str] = {
    ("cut short", "openai"): ("bad_response", 4),
    ("empty choices", "openai"): ("bad_response", 4),
    ("empty choices", "ollama"): ("bad_response", 1),
    ("cut short", "ollama"): ("unreachable", 4),
    ("null content", "openai"): "stop",
    ("null content", "ollama"): ("bad_response", 1),
    ("invalid UTF-8", "openai"): ("bad_response", 4),
    ("invalid UTF-8", "ollama"): "stop",
    ("arguments that are not JSON", "openai"): "tools",
    ("arguments that are not JSON", "ollama"): ("bad_response", 1),
    ("refusal field", "openai"): "refused",
    ("refusal field", "ollama"): "stop",
    ("cut short", "anthropic"): ("bad_response", 4),
    ("empty choices", "anthropic"): ("bad_response", 1),
    ("null content", "anthropic"): "stop",
    ("wrong types", "anthropic"): "stop",
    ("invalid UTF-8", "anthropic"): ("bad_response", 4),
    ("arguments that are not JSON", "anthropic"): "tools",
    ("refusal field", "anthropic"): "refused",
    ("content_filter", "anthropic"): "refused",
    ("200 with an error", "google_genai"): ("bad_response", 4),
    ("cut short", "google_genai"): ("bad_response", 4),
    ("empty choices", "google_genai"): ("bad_response", 4),
    ("null content", "google_genai"): "stop",
    ("invalid UTF-8", "google_genai"): "stop",
    ("arguments that are not JSON", "google_genai"): ("server", 4),
    ("refusal field", "google_genai"): ("filtered", 1),
    ("cut short", "mistralai"): ("bad_response", 4),
    ("empty choices", "mistralai"): ("bad_response", 4),
    ("null content", "mistralai"): "stop",
    ("invalid UTF-8", "mistralai"): ("bad_response", 4),
    ("arguments that are not JSON", "mistralai"): "tools",
    ("refusal field", "mistralai"): "stop",
}


@tool
def reverse_geocode(latitude: float, longitude: float) -> str:
    """Name the place of a position."""
    return f"{latitude}, {longitude}"


@pytest.mark.parametrize("name", FAULT_MATRIX)
def test_every_fault_has_a_typed_outcome(
    name: str, protocol: Protocol, serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for variable in (service.key for service in SERVICES.values()):
        monkeypatch.setenv(variable, KEY)
    caplog.set_level(logging.DEBUG)
    # Short where the time is meant to run out, ample where a busy machine must not change the outcome.
    timeout_s = 0.15 if ERRORS.get(name, ("",))[0] == "timeout" else 10.0
    server, model = serve(FAULT_MATRIX[name](), max_retries=3, timeout_s=timeout_s)

    outcome: Completion | ModelError
    try:
        outcome = complete(model, QUESTION, [reverse_geocode])
    except ModelError as error:
        outcome = error
        said = "".join(traceback.format_exception(error))
    else:
        said = repr(outcome)

    expected = BY_PROTOCOL.get((name, protocol)) or ERRORS.get(name) or ANSWERS[name]
    if isinstance(outcome, ModelError):
        assert (outcome.kind, server.count) == expected
        assert "\n" not in str(outcome) and server.base_url in str(outcome)
    else:
        assert outcome.finish == expected
    assert outcome.attempts == server.count
    assert KEY in str(server.requests[0]["headers"])
    assert KEY not in said + caplog.text + repr(model) + repr(model.endpoint)


def test_connection_refused_is_unreachable_at_once(protocol: Protocol) -> None:
    address = f"http://127.0.0.1:{closed_port()}"
    model = load_model(f"{protocol}:scripted", base_url=address)
    with pytest.raises(ModelError, match=address) as caught:
        complete(model, QUESTION)
    assert caught.value.kind == "unreachable"
    assert "(Connection refused)" in str(caught.value)
    assert caught.value.attempts == 1


def test_the_clients_own_error_is_not_carried_along(serve: Serve) -> None:
    _, model = serve(always(Fault("bad_key")))
    with pytest.raises(ModelError) as caught:
        complete(model, QUESTION)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("No endpoints found that support tool use. Try disabling tools.", "tools_unsupported"),
        ("tools param requires --jinja flag", "tools_unsupported"),
        ("'tools' is not supported with this model.", "tools_unsupported"),
        ("This model does not support function calling", "tools_unsupported"),
        ("the request exceeds the available context size, try increasing it", "context_overflow"),
        ("Your input exceeds the context window of this model", "context_overflow"),
        ("The response was filtered due to the prompt triggering Azure's content management policy", "filtered"),
        ("The model `gpt-9` does not exist or you do not have access to it.", "unknown_model"),
        ("Invalid image", "bad_request"),
        ("No endpoints found that support image input", "bad_request"),
        ("The account has no credit left (insufficient_quota)", "no_credit"),
        ("Your credit balance is too low to access the Anthropic API.", "no_credit"),
        ("prompt is too long: 205000 tokens > 200000 maximum", "context_overflow"),
        ("messages.0.content.1.image.source.base64: image exceeds 5 MB maximum", "too_large"),
        ("API key not valid. Please pass a valid API key.", "bad_key"),
        ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "context_overflow"),
        ("Function calling is not enabled for models/gemma-3-4b-it", "tools_unsupported"),
        ("Prompt contains 40000 tokens, too large for model with 32768 maximum context length", "context_overflow"),
    ],
)
def test_the_words_of_known_servers_are_understood(words: str, kind: str) -> None:
    exchange = Exchange(deadline=0.0, status=400, body=words)
    address = Address("openai:m", "http://127.0.0.1:1/v1", (), "OPENAI_API_KEY")
    assert classify_error(ValueError(), exchange, address, tools=True, timeout_s=1.0).kind == kind


def test_the_wait_that_gemini_states_in_the_body_is_kept() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]
    body = {"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED", "details": details}}
    exchange = Exchange(deadline=0.0, status=429, body=json.dumps(body))
    address = Address("google_genai:m", "http://127.0.0.1:1", (), "GOOGLE_API_KEY")
    error = classify_error(ValueError(), exchange, address, tools=False, timeout_s=1.0)
    assert (error.kind, error.retry_after_s) == ("rate_limited", 34.0)


def test_words_of_a_server_are_made_fit_for_one_line() -> None:
    address = Address("openai:m", "http://127.0.0.1:1/v1", (KEY,), "OPENAI_API_KEY")
    cleaned = address.redact(f"bad\r\n\x1b[31m key {KEY}" + "!" * 500)
    assert cleaned.startswith("bad [31m key [key]!")
    assert len(cleaned) == 200
