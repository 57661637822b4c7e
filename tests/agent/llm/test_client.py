"""Asking a model over real HTTP, in all protocols."""

import base64
import io
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.tools import tool
from PIL import Image

from sextant.agent.llm.client import check_model, complete
from sextant.agent.llm.completion import Usage
from sextant.agent.llm.errors import ModelError
from sextant.agent.llm.model import load_model
from tests.agent.conftest import Serve
from tests.support.model_faults import GOOD
from tests.support.model_script import Asked, Fault, Protocol, Reply, always, in_turn
from tests.support.model_server import ModelServer

QUESTION = [{"role": "user", "content": "Where is this?"}]


@tool
def distance(a: float, b: float) -> str:
    """How far apart."""
    return str(abs(a - b))


def picture() -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (640, 480)).save(out, "JPEG")
    return {"type": "image", "sha256": "…", "mime": "image/jpeg", "data": base64.b64encode(out.getvalue()).decode()}


def test_an_answer_comes_with_what_it_used(serve: Serve) -> None:
    _, model = serve(always(Reply(text="Lisbon", usage=(321, 7))))
    completion = complete(model, QUESTION)
    assert (completion.text, completion.finish, completion.model) == ("Lisbon", "stop", "scripted")
    assert completion.usage == Usage(321, 7, estimated=False)
    assert completion.attempts == 1


def test_a_conversation_reaches_the_server_whole(protocol: Protocol, serve: Serve) -> None:
    server, model = serve(always(Reply(text="done")))
    messages = [
        {"role": "system", "content": "You are an expert."},
        {"role": "user", "content": [{"type": "text", "text": "Where?"}, picture()]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "call00000", "name": "distance", "args": {"a": 1.5, "b": 2}}],
        },
        {"role": "tool", "content": "0.5", "tool_call_id": "call00000", "name": "distance"},
    ]
    complete(model, messages, [distance], temperature=0.7, max_tokens=99)
    (asked,) = server.asked
    assert [message.role for message in asked.messages] == ["system", "user", "assistant", "tool"]
    assert [message.text.strip() for message in asked.messages] == ["You are an expert.", "Where?", "", "0.5"]
    assert [message.images for message in asked.messages] == [0, 1, 0, 0]
    assert asked.messages[2].tool_calls == (("distance", {"a": 1.5, "b": 2}),)
    assert asked.last.answers == ("distance" if protocol in ("ollama", "google_genai") else "call00000")
    assert (asked.tools, asked.temperature, asked.max_tokens) == (("distance",), 0.7, 99)


def test_tool_calls_get_ids_unique_in_the_conversation(serve: Serve) -> None:
    calls = [("distance", {"a": 1, "b": 2}), ("distance", {"a": 3, "b": 4})]
    _, model = serve(always(Reply(tool_calls=calls, tool_ids=["x", "x"])))
    earlier = {"id": "call00000", "name": "distance", "args": {"a": 1, "b": 2}}
    messages = [
        *QUESTION,
        {"role": "assistant", "content": "", "tool_calls": [earlier]},
        {"role": "tool", "content": "1", "tool_call_id": "call00000", "name": "distance"},
    ]
    completion = complete(model, messages, [distance])
    assert [call.id for call in completion.tool_calls] == ["call00001", "call00002"]
    assert [call.args for call in completion.tool_calls] == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    assert [call.error for call in completion.tool_calls] == [None, None]


def test_function_schemas_serve_as_tools_too(serve: Serve) -> None:
    parameters = {"type": "object", "properties": {"box": {"type": "string"}}, "required": ["box"]}
    schema = {"type": "function", "function": {"name": "zoom", "description": "Look closer.", "parameters": parameters}}
    server, model = serve(always(Reply(tool_calls=[("zoom", {})])))
    completion = complete(model, QUESTION, [schema])
    assert server.asked[0].tools == ("zoom",)
    assert completion.tool_calls[0].error == "missing arguments: box"


def test_the_last_turn_has_no_tool_calls_even_when_the_model_makes_some(protocol: Protocol, serve: Serve) -> None:
    server, model = serve(always(Reply(text="Lisbon", tool_calls=[("distance", {"a": 1, "b": 2})])))
    completion = complete(model, QUESTION, [distance], final=True)
    assert (completion.text, completion.tool_calls, completion.finish) == ("Lisbon", (), "stop")
    assert server.asked[0].tools == () if protocol == "ollama" else server.asked[0].tool_choice == "none"


def test_samples_of_one_prompt_have_seeds_of_their_own(serve: Serve) -> None:
    server, model = serve(always(GOOD), seed=40)
    for sample in range(3):
        complete(model, QUESTION, sample=sample)
    seeds = [None] * 3 if model.provider == "anthropic" else [40, 41, 42]  # Anthropic's protocol has no seed
    assert [asked.seed for asked in server.asked] == seeds


@pytest.mark.parametrize("detail", ["low", "high"])
def test_vision_detail_and_context_length_reach_the_server(protocol: Protocol, serve: Serve, detail: Any) -> None:
    server, model = serve(always(GOOD), num_ctx=4096)
    complete(
        model,
        [{"role": "user", "content": [{"type": "text", "text": "Where?"}, picture()]}],
        max_tokens=5,
        detail=detail,
    )
    body = server.requests[0]
    assert server.asked[0].max_tokens == 5
    if protocol in ("openai", "mistralai"):
        assert body["messages"][0]["content"][1]["image_url"]["detail"] == detail
    if protocol == "ollama":
        assert body["options"] == {"num_ctx": 4096, "num_predict": 5}


def test_several_pictures_are_marked_in_the_text_where_the_protocol_loses_their_place(
    protocol: Protocol, serve: Serve
) -> None:
    server, model = serve(always(GOOD))
    content = [{"type": "text", "text": "The photo:"}, picture(), {"type": "text", "text": "Its corner:"}, picture()]
    complete(model, [{"role": "user", "content": content}])
    (message,) = server.asked[0].messages
    assert message.images == 2
    if protocol == "ollama":
        assert message.text.strip().splitlines() == [
            "The photo:",
            "(picture 1 of 2)",
            "Its corner:",
            "(picture 2 of 2)",
        ]


@pytest.mark.parametrize(
    ("reply", "text", "reasoning"),
    [
        (Reply(text="", reasoning='Sunny. {"latitude": 1}'), 'Sunny. {"latitude": 1}', 'Sunny. {"latitude": 1}'),
        (Reply(text="Lisbon", reasoning="Trams."), "Lisbon", "Trams."),
        (Reply(text="<think>Trams.</think>\nLisbon"), "Lisbon", "Trams."),
        (Reply(text="Trams.</think>Lisbon"), "Lisbon", "Trams."),
    ],
)
def test_a_reasoning_models_answer_is_found(serve: Serve, reply: Reply, text: str, reasoning: str) -> None:
    _, model = serve(always(reply))
    completion = complete(model, QUESTION)
    assert (completion.text, completion.reasoning) == (text, reasoning)


@pytest.mark.parametrize("usage", [None, (0, 0)])
def test_missing_usage_is_estimated_and_never_zero(serve: Serve, usage: tuple[int, int] | None) -> None:
    _, model = serve(always(Reply(text="x" * 400, usage=usage)))
    content = [{"type": "text", "text": "y" * 4000}, picture()]
    used = complete(model, [{"role": "user", "content": content}]).usage
    assert used.estimated
    assert used.output_tokens == 100
    assert used.input_tokens == 4 + 1000 + 85 + 2 * 170  # two tiles of 512 px


def test_a_setting_the_model_refuses_is_left_out_from_then_on(serve: Serve) -> None:
    server, model = serve(
        lambda asked: Fault("temperature_unsupported") if asked.temperature is not None else GOOD, max_retries=0
    )
    if model.provider == "ollama":
        server.script = always(GOOD)  # Ollama takes every setting
    for _ in range(2):
        complete(model, QUESTION, temperature=0.2)
    assert server.count == (2 if model.provider == "ollama" else 3)


def test_retry_after_is_waited_for_by_everyone(serve: Serve) -> None:
    server, model = serve(in_turn(Fault("rate_limited", retry_after="0.3"), GOOD))
    complete(model, QUESTION)
    assert server.arrived_s[1] - server.arrived_s[0] >= 0.3


def test_a_server_that_wants_an_hour_is_not_waited_for(serve: Serve) -> None:
    server, model = serve(always(Fault("rate_limited", retry_after="3600")))
    with pytest.raises(ModelError) as caught:
        complete(model, QUESTION)
    assert (caught.value.kind, caught.value.retry_after_s, server.count) == ("rate_limited", 3600.0, 1)


def test_the_time_of_a_call_holds_over_all_its_attempts(serve: Serve) -> None:
    server, model = serve(always(Fault("server_error")), max_retries=1000, retry_base_s=0.05)
    began = time.monotonic()
    with pytest.raises(ModelError, match="failed"):
        complete(model, QUESTION, timeout_s=1.0)
    assert time.monotonic() - began < 2.0
    assert 2 <= server.count < 20


def test_the_time_of_a_call_holds_while_it_waits_for_its_turn(serve: Serve) -> None:
    server, model = serve(always(GOOD), latency_s=0.5, concurrency=1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(complete, model, QUESTION)
        while not server.count:
            time.sleep(0.01)
        with pytest.raises(ModelError, match="the time ran out while"):
            complete(model, QUESTION, timeout_s=0.05)
        assert first.result().text == GOOD.text
    assert server.count == 1


def test_no_more_calls_at_once_than_allowed(serve: Serve) -> None:
    server, model = serve(always(GOOD), latency_s=0.05, concurrency=3)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: complete(model, QUESTION), range(12)))
    assert server.most_at_once == 3


def test_a_call_left_hanging_gives_its_slot_back(serve: Serve) -> None:
    _, model = serve(in_turn(Fault("dribble_headers"), GOOD), concurrency=1, max_retries=0, timeout_s=0.2)
    with pytest.raises(ModelError, match="did not finish"):
        complete(model, QUESTION)
    assert complete(model, QUESTION).text == GOOD.text


def test_requests_per_minute_space_the_starts(serve: Serve) -> None:
    server, model = serve(always(GOOD), requests_per_minute=60 / 0.1)
    complete(model, QUESTION)  # connects, so that no later request takes longer on its way
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: complete(model, QUESTION), range(6)))
    starts = sorted(server.arrived_s)[1:]
    assert starts[-1] - starts[0] > 0.42  # of five gaps, 0.5 s


def test_equal_calls_give_equal_completions_but_for_time(serve: Serve) -> None:
    _, model = serve(always(Reply(tool_calls=[("distance", {"a": 1, "b": 2})])))
    first, second = (complete(model, QUESTION, [distance]) for _ in range(2))
    assert first.tool_calls == second.tool_calls


@pytest.mark.parametrize("protocol", ["openai", "ollama"])
def test_streaming_readers_get_the_same_answer_and_usage(serve: Serve) -> None:
    _, model = serve(always(Reply(text="Lisbon", reasoning="Trams.", usage=(321, 7))))
    chunks = list(model.client.stream("Where?"))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.content == "Lisbon"
    assert whole.additional_kwargs["reasoning_content"] == "Trams."
    assert whole.usage_metadata is not None and whole.usage_metadata["input_tokens"] == 321


def test_offline_is_asked_like_any_other_and_uses_nothing() -> None:
    model = load_model("offline")
    completion = complete(model, [{"role": "system", "content": "…"}, *QUESTION])
    assert completion.text
    assert completion.usage == Usage(0, 0, estimated=False)


def test_the_check_says_what_answered(serve: Serve) -> None:
    server, model = serve(always(Reply(text="ready", usage=(12, 1))))
    said = check_model(model)
    assert server.base_url in said and "13 tokens" in said
    assert server.asked[0].max_tokens == 16


def test_the_check_does_not_retry(serve: Serve) -> None:
    server, model = serve(always(Fault("server_error")))
    with pytest.raises(ModelError):
        check_model(model)
    assert server.count == 1


def test_a_login_in_the_address_becomes_a_header(protocol: Protocol) -> None:
    def script(asked: Asked) -> Reply:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        return Reply(text=base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode())

    with ModelServer(script, protocol) as server:
        model = load_model(f"{protocol}:m", base_url=server.base_url.replace("http://", "http://me:hush@"))
        assert complete(model, QUESTION).text == "me:hush"
