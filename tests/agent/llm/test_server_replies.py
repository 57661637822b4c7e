"""What servers of both protocols send in forms of their own: each row of the table in docs/models.md."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from langchain_core.tools import tool

from sextant.agent.answers import parse_answer
from sextant.agent.llm.client import complete
from sextant.agent.llm.completion import Completion, read_finish
from sextant.agent.llm.errors import ModelError
from sextant.agent.llm.model import load_model

# Moderation as it is worded by Azure, OpenAI, Anthropic, xAI, Gemini, Bedrock, Zhipu, and by gateways before them.
MODERATED: list[tuple[int, dict[str, Any]]] = [
    (400, {"message": "Blocked.", "code": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}),
    (400, {"message": "Your request was rejected as a result of our safety system.", "type": "user_error"}),
    (400, {"message": "Output blocked by content filtering policy", "type": "invalid_request_error"}),
    (403, {"message": "Content violates usage guidelines. Team: t, API key: k", "code": "permission-denied"}),
    (400, {"message": "Provider returned error", "code": 400, "metadata": {"raw": '{"code": "content_filter"}'}}),
    (400, {"message": "litellm.ContentPolicyViolationError: AzureException - Blocked", "code": "400"}),
    (400, {"message": "{'error': 'Violated guardrail policy'}", "code": "400"}),
    (422, {"message": "litellm.BadRequestError: VertexAIException - PROHIBITED_CONTENT", "code": "422"}),
    (400, {"message": "The prompt contains words that violate Google's Responsible AI practices"}),
    (400, {"message": "ValidationException: The provided prompt is blocked by our content filters"}),
    (400, {"message": "系统检测到输入内容可能包含不安全或敏感内容", "code": "1301"}),
    (200, {"message": "This prompt was flagged by moderation", "code": 403}),
]
QUESTION = [{"role": "user", "content": "Where is this?"}]
ANSWER = '{"latitude": 48.85, "longitude": 2.35}'


@tool
def reverse_geocode(latitude: float, longitude: float) -> str:
    """What lies there."""
    return f"{latitude}, {longitude}"


@contextmanager
def server(status: int, *bodies: Any) -> Iterator[tuple[str, list[bytes]]]:
    """A server that sends these bodies in turn, the last one for ever."""
    asked: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(bodies[min(len(asked), len(bodies)) - 1]).encode() + b"\n"
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_address[1]}", asked
    finally:
        listening.shutdown()
        listening.server_close()


def ask(status: int, *bodies: Any, protocol: str = "openai") -> Completion:
    with server(status, *bodies) as (address, _):
        url = f"{address}/v1" if protocol == "openai" else address
        model = load_model(f"{protocol}:m", base_url=url, timeout_s=5.0, retry_base_s=0.001)
        return complete(model, QUESTION, [reverse_geocode])


def chat(message: dict[str, Any], finish: str | None = "stop", **choice: Any) -> dict[str, Any]:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    choices = [{"index": 0, "message": message, "finish_reason": finish, **choice}]
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": usage}


def call(arguments: Any) -> dict[str, Any]:
    function = {"name": "reverse_geocode", "arguments": arguments}
    calls = [{"id": "a", "type": "function", "function": function}]
    return chat({"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls")


@pytest.mark.parametrize(
    "arguments",
    [
        {"latitude": 1.5, "longitude": 2.5},
        '{"latitude": 1.5, "longitude": 2.5}',
        json.dumps('{"latitude": 1.5, "longitude": 2.5}'),
    ],
    ids=["an object", "a string", "a string encoded twice"],
)
def test_tool_arguments_are_taken_in_every_form(arguments):
    (found,) = ask(200, call(arguments)).tool_calls
    assert found.args == {"latitude": 1.5, "longitude": 2.5} and found.error is None


@pytest.mark.parametrize("arguments", ["[1.5, 2.5]", [1.5, 2.5], "1.5", "{broken", '"words"'])
def test_other_arguments_are_an_error_for_the_model(arguments):
    (found,) = ask(200, call(arguments)).tool_calls
    assert found.args == {} and "not valid JSON" in (found.error or "")


@pytest.mark.parametrize(
    "choice",
    [
        {"finish": "error", "error": {"message": "upstream lost", "code": 502}},
        {"finish": "error"},
        {"finish": "abort"},
        {"finish": "stop", "error": {"message": "upstream lost", "code": 502}},
    ],
)
def test_a_failure_inside_a_200_is_asked_again(choice):
    broken = chat({"role": "assistant", "content": "It may be near 10.1234, 20.1234 but"}, **choice)
    good = chat({"role": "assistant", "content": ANSWER})
    completion = ask(200, broken, good)
    assert (completion.text, completion.attempts) == (ANSWER, 2)
    with pytest.raises(ModelError) as caught:
        ask(200, broken)
    assert caught.value.kind == "server" and caught.value.retry


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", "stop"),
        (None, "stop"),
        ("eos", "stop"),
        ("end_turn", "stop"),
        ("STOP", "stop"),
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("model_length", "length"),
        ("model_context_window_exceeded", "length"),
        ("content_filter", "filtered"),
        ("SAFETY", "filtered"),
        ("PROHIBITED_CONTENT", "filtered"),
        ("guardrail_intervened", "filtered"),
        ("content_filtered", "filtered"),
        ("IMAGE_SAFETY", "filtered"),
        ("SPII", "filtered"),
        ("tool_use", "stop"),
        ("max-tokens", "length"),
        ("refusal", "refused"),
        ("something new", "unknown"),
    ],
)
def test_finish_reasons_of_all_servers_are_known(reason, finish):
    assert read_finish(reason) == finish
    assert ask(200, chat({"role": "assistant", "content": ANSWER}, reason)).finish == finish


@pytest.mark.parametrize("role", [{}, {"role": "model"}, {"role": None}])
def test_the_role_may_be_left_out_or_another(role):
    outcome = parse_answer(ask(200, chat({**role, "content": ANSWER})).text)
    assert (outcome.latitude, outcome.longitude) == (48.85, 2.35)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, {"message": "Your input was flagged", "code": 403, "metadata": {"reasons": ["violence"]}}),
        (403, {"message": "Input blocked", "code": 403, "metadata": {"flagged_input": "…"}}),
        (400, {"message": "The response was filtered", "code": "content_filter"}),
        (400, {"message": "Input data may contain inappropriate content.", "code": "data_inspection_failed"}),
        (451, {"message": "blocked by the moderation endpoint"}),
        *MODERATED,
    ],
)
def test_moderation_is_an_outcome_of_the_photo(status, error):
    with pytest.raises(ModelError) as caught:
        ask(status, {"error": error})
    assert caught.value.kind == "filtered" and not caught.value.retry


def test_a_prompt_that_gemini_blocks_is_an_outcome_of_the_photo():
    with pytest.raises(ModelError) as caught:
        ask(200, {"id": "x", "model": "m", "choices": [], "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    assert caught.value.kind == "filtered"


@pytest.mark.parametrize(
    "words",
    [
        "Your organization's policy does not allow this key to be used from here.",
        "This project violates nothing but has no access to the model.",
        "The model's usage guide is at the address below.",
    ],
)
def test_other_words_of_a_refusal_are_no_moderation(words):
    with pytest.raises(ModelError) as caught:
        ask(403, {"error": {"message": words}})
    assert caught.value.kind == "bad_key"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_still_a_refused_key(status):
    with pytest.raises(ModelError) as caught:
        ask(status, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}})
    assert caught.value.kind == "bad_key"


def ollama(content: str, reason: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {"model": "m", "created_at": "2024-01-01T00:00:00Z", "message": message, "done": True, "done_reason": reason}


def test_ollama_that_only_loaded_the_model_is_asked_again():
    completion = ask(200, ollama("", "load"), ollama(ANSWER, "stop"), protocol="ollama")
    assert (completion.text, completion.attempts) == (ANSWER, 2)
