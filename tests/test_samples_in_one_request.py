"""G3's ten samples of a prompt in one request: paid once, recorded one by one, asked singly where a server cannot."""

import json

import pytest

from sextant.agent.settings import Settings
from sextant.agent.warning_codes import Code, has_code
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.replay import replay
from sextant.graphs.runs.run import locate
from tests.support.model_script import Fault, Reply
from tests.support.model_server import ModelServer


def place(number):
    return json.dumps({"latitude": 38.0 + number / 100, "longitude": -9.0})


def ten(asked):
    """Serve a server that gives `n` answers and counts the prompt once."""
    count = asked.body.get("n", 1)
    return Reply(text=place(0), more=[place(n) for n in range(1, count)], usage=(1000, 20 * count))


def one(asked):
    """Serve a server that reads no `n`."""
    return Reply(text=place(7), usage=(1000, 20))


def refusing(asked):
    """Serve a server that refuses `n`."""
    return Fault("temperature_unsupported") if asked.body.get("n", 1) > 1 else one(asked)


def located(script, query, gallery, home, **more):
    with ModelServer(script) as server:
        settings = Settings(
            model="openai:scripted",
            base_url=server.base_url,
            gallery=str(gallery),
            home=str(home),
            preset="g3",
            price="2/8",
            retries=0,
            **more,
        )
        run = locate(str(query), settings)
    return run, server


def test_forty_answers_take_four_requests_and_pay_four_pictures(gallery, query, tmp_path, keys):
    run, server = located(ten, query, gallery, tmp_path)
    assert [body["n"] for body in server.requests] == [10] * 4
    spent = run.answer["spent"]
    assert (spent["calls"], spent["tokens"]) == (40, 4 * 1000 + 40 * 20)
    assert spent["usd"] == pytest.approx((4 * 1000 * 2 + 40 * 20 * 8) / 1e6)
    assert run.answer["outcomes"]["answered"] == 40
    replay(find_run(run.name, str(tmp_path)))  # raises where a sample's answer is not its own


@pytest.mark.parametrize("script", [one, refusing])
def test_a_server_that_gives_one_answer_a_request_is_asked_forty_times(script, gallery, query, tmp_path, keys):
    run, server = located(script, query, gallery, tmp_path)
    assert run.answer["outcomes"]["answered"] == 40 == run.answer["spent"]["calls"]
    singles = [body for body in server.requests if "n" not in body]
    assert 36 <= len(singles) <= 40 and len({body["seed"] for body in singles}) >= 9
    assert has_code(run.answer["warnings"], Code.ONE_ANSWER_A_REQUEST)
    replay(find_run(run.name, str(tmp_path)))


def test_a_recorded_sample_is_found_by_its_own_number(gallery, query, tmp_path, keys):
    run, _ = located(ten, query, gallery, tmp_path)
    lines = [json.loads(line) for line in find_run(run.name, str(tmp_path)).cassette.read_text().splitlines()]
    calls = [line for line in lines if line.get("kind") == "model"]
    assert len({line["call"] for line in calls}) == 40
    assert sorted({line["request"]["sample"] for line in calls}) == list(range(10))
