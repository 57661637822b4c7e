"""Limits on money and tokens: never passed, and at least four fifths of what fits is used."""

import json

import pytest

from sextant.agent.settings import Settings
from sextant.agent.warning_codes import Code
from sextant.graphs.runs.run import locate
from sextant.prompts.presets import load_preset
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

INPUT, OUTPUT = 3_500, 60  # more than the prompts would count as
PRICE = (2.5, 10.0)
ANSWERS = [(38.7, -9.1), (-1.3, 36.8), (59.9, 10.7), (35.7, 139.8), (-33.9, 18.4)]


def answer(number):
    latitude, longitude = ANSWERS[number % len(ANSWERS)]
    return json.dumps({"latitude": latitude, "longitude": longitude, "confidence": 0.3})


def located(query, gallery, home, **more):
    def script(asked):
        count = asked.body.get("n", 1)
        first = len(server.requests)
        texts = [answer(first + number) for number in range(count)]
        return Reply(text=texts[0], more=texts[1:], usage=(INPUT, OUTPUT * count))

    with ModelServer(script) as server:
        settings = Settings(
            model="openai:scripted",
            base_url=server.base_url,
            gallery=str(gallery),
            home=str(home),
            price="/".join(map(str, PRICE)),
            retries=0,
            **more,
        )
        return locate(str(query), settings).answer, server


def usd(prompts, answers):
    return (prompts * INPUT * PRICE[0] + answers * OUTPUT * PRICE[1]) / 1e6


@pytest.mark.parametrize("limit", [0.03, 0.05, 0.1])
@pytest.mark.parametrize("name", ["default", "g3", "img2loc", "street-rag"])
def test_money_is_never_overspent_and_four_fifths_of_what_fits_is_used(name, limit, query, gallery, tmp_path, keys):
    spent, server = located(query, gallery, tmp_path, preset=name, tools=(), verify="density", max_usd=limit)
    spent = spent["spent"]
    assert 0 < spent["usd"] <= limit
    if name == "g3":
        fits = min(4, int(limit / usd(1, 10)))
        assert server.count >= 0.8 * fits
    else:
        fits = min({"default": 4}.get(name, load_preset(name).max_calls), int(limit / usd(1, 1)))
        assert spent["calls"] >= 0.8 * fits


@pytest.mark.parametrize("limit", [6_000, 12_000, 30_000])
def test_tokens_are_never_overspent_and_four_fifths_of_what_fits_is_used(limit, query, gallery, tmp_path, keys):
    answered, _ = located(query, gallery, tmp_path, tools=(), verify="density", max_tokens=limit)
    spent = answered["spent"]
    assert 0 < spent["tokens"] <= limit
    assert spent["calls"] >= 0.8 * min(4, limit // (INPUT + OUTPUT))


def test_a_limit_below_the_first_call_makes_none_and_says_the_estimate(query, gallery, tmp_path, keys):
    answered, server = located(query, gallery, tmp_path, max_tokens=500)
    assert server.count == 0
    (said,) = [warning for warning in answered["warnings"] if warning["code"] == Code.BUDGET_SPENT]
    assert "--max-tokens" in said["text"] and "estimated" in said["text"]


def test_tools_stay_within_the_limit(query, gallery, tmp_path, keys):
    def script(asked):
        if asked.tools and asked.body.get("tool_choice") != "none" and len(asked.tool_results) < 2:
            return Reply(tool_calls=[("nearest_photos", {"count": 5})], usage=(INPUT + 800 * len(asked.messages), 30))
        return Reply(text=answer(len(asked.messages)), usage=(INPUT + 800 * len(asked.messages), OUTPUT))

    for limit in (0.02, 0.05, 0.15):
        with ModelServer(script) as server:
            settings = Settings(
                model="openai:scripted",
                base_url=server.base_url,
                gallery=str(gallery),
                home=str(tmp_path),
                price="2.5/10",
                retries=0,
                verify="density",
                max_usd=limit,
            )
            spent = locate(str(query), settings).answer["spent"]
        assert 0 < spent["usd"] <= limit
