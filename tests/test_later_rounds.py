"""No call is paid twice for the same thing: later rounds ask with other seeds, other words, or not at all."""

import json

import pytest

from sextant.agent.settings import Settings
from sextant.graphs.runs.run import locate
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

PLACES = [(38.71, -9.14), (-1.28, 36.82), (59.91, 10.75), (35.68, 139.76)]


@pytest.mark.parametrize("temperature", [None, 0.0])
def test_no_request_of_a_run_is_made_twice(gallery, query, tmp_path, keys, temperature):
    def script(asked):
        number = len(server.requests) % len(PLACES)
        return Reply(text=json.dumps({"latitude": PLACES[number][0], "longitude": PLACES[number][1]}))

    with ModelServer(script) as server:
        settings = Settings(
            model="openai:scripted",
            base_url=server.base_url,
            gallery=str(gallery),
            home=str(tmp_path),
            verify="density",
            tools=(),
            max_rounds=3,
            temperature=temperature,
            retries=0,
        )
        run = locate(str(query), settings)
    bodies = [json.dumps({k: v for k, v in body.items() if k != "headers"}) for body in server.requests]
    assert len(bodies) == len(set(bodies)) == run.answer["spent"]["calls"]
    assert len(bodies) > 4
    choose = [body for body in bodies if "multiple choice" in body]
    assert len(choose) == (2 if temperature is None else 1)


def test_a_later_round_that_has_nothing_to_ask_ends_the_run(query, tmp_path, keys):
    with ModelServer(lambda asked: Reply(text='{"latitude": 38.71, "longitude": -9.14, "confidence": 0.2}')) as server:
        settings = Settings(
            model="openai:scripted",
            base_url=server.base_url,
            home=str(tmp_path),
            verify="top1",
            tools=(),
            later=("choose",),
            retries=0,
        )
        run = locate(str(query), settings)
    assert run.answer["stop"] == "exhausted"
    assert server.count == 2 and not any("listed positions" in asked.text for asked in server.asked)
