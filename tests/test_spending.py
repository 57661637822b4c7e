"""Limits on money and tokens: never passed, and at least four fifths of what fits is used."""

import json

import pytest

from sextant.agent.settings import Settings
from sextant.agent.warning_codes import Code
from sextant.eval.benchmarks import choose_photos, load_benchmark
from sextant.eval.running.runner import EvalTask, run
from sextant.graphs.runs.run import locate
from sextant.prompts.presets import load_preset
from tests.support.evaluations import benchmark_folder
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

INPUT, OUTPUT = 3_500, 60  # more than the prompts would count as
PRICE = (2.5, 10.0)
ANSWERS = [(38.7, -9.1), (-1.3, 36.8), (59.9, 10.7), (35.7, 139.8), (-33.9, 18.4)]


def answer(number):
    latitude, longitude = ANSWERS[number % len(ANSWERS)]
    return json.dumps({"latitude": latitude, "longitude": longitude, "confidence": 0.3})


def located(query, gallery, home, counted=INPUT, **more):
    def script(asked):
        count = asked.body.get("n", 1)
        first = len(server.requests)
        texts = [answer(first + number) for number in range(count)]
        return Reply(text=texts[0], more=texts[1:], usage=(counted, OUTPUT * count))

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


def count_what_fits(name, limit):
    """The most answers of a preset's first round that the limit pays: g3's share a prompt by tens."""
    if name == "g3":
        requests = min(4, int(limit / usd(1, 10)))
        rest = limit - requests * usd(1, 10) - usd(1, 0)
        return 10 * requests + (max(0, min(10, int(rest / usd(0, 1)))) if requests < 4 else 0)
    return min({"default": 4}.get(name, load_preset(name).max_calls), int(limit / usd(1, 1)))


@pytest.mark.parametrize("limit", [0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("name", ["default", "g3", "img2loc", "street-rag"])
def test_money_is_never_overspent_and_four_fifths_of_what_fits_is_used(name, limit, query, gallery, tmp_path, keys):
    answered, server = located(query, gallery, tmp_path, preset=name, tools=(), verify="density", max_usd=limit)
    paid = usd(server.count, sum(body.get("n", 1) for body in server.requests))
    assert paid == pytest.approx(answered["spent"]["usd"])
    assert paid <= limit + 1e-9
    fits = count_what_fits(name, limit)
    if name == "g3" and fits % 10 < 5:
        fits -= fits % 10  # a request of fewer samples than the recipe keeps is not worth its picture
    assert answered["spent"]["calls"] >= 0.8 * fits


@pytest.mark.parametrize("limit", [{"max_usd": 0.02}, {"max_tokens": 12_000}])
def test_a_server_that_counts_beyond_any_model_is_asked_once_and_the_answer_warns(
    limit, query, gallery, tmp_path, keys
):
    answered, server = located(query, gallery, tmp_path, counted=60_000, tools=(), verify="density", **limit)
    assert server.count == 1
    (warning,) = [warning["text"] for warning in answered["warnings"] if warning["code"] == Code.OVERSPENT]
    assert ("$0.1506 of --max-usd 0.02" if "max_usd" in limit else "60,060 tokens of --max-tokens 12,000") in warning


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


@pytest.mark.parametrize("limit", [0.015, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.4])
def test_with_tools_the_limit_holds_and_four_fifths_of_what_fits_is_used(limit, query, gallery, tmp_path, keys):
    paid = []

    def script(asked):
        """Two tool turns wherever tools may be called; each makes the prompt longer, by a token a character."""
        prompt = INPUT + sum(len(message.text) for message in asked.messages[2:])
        turn = asked.tools and asked.body.get("tool_choice") != "none" and len(asked.tool_results) < 2
        paid.append((prompt * PRICE[0] + (30 if turn else OUTPUT) * PRICE[1]) / 1e6)
        if turn:
            return Reply(tool_calls=[("nearest_photos", {"count": 5})], usage=(prompt, 30))
        return Reply(text=answer(len(paid)), usage=(prompt, OUTPUT))

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
    assert sum(paid) == pytest.approx(spent["usd"])
    assert sum(paid) <= limit
    # Calls without a tool turn are the cheapest, and the plan has ten of them.
    assert spent["calls"] >= 0.8 * min(10, int(limit / usd(1, 1)))
    if limit >= 0.15:
        assert any(asked.tool_results for asked in server.asked)


@pytest.mark.parametrize("limit", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("name", ["default", "g3", "img2loc"])
def test_photos_evaluated_at_once_share_the_money(name, limit, photos, gallery, tmp_path, keys):
    paid = []

    def script(asked):
        count = asked.body.get("n", 1)
        paid.append(usd(1, count))
        texts = [answer(len(paid) + number) for number in range(count)]
        return Reply(text=texts[0], more=texts[1:], usage=(INPUT, OUTPUT * count))

    benchmark = load_benchmark("folder", benchmark_folder(photos, tmp_path / "data"))
    with ModelServer(script) as server:
        settings = Settings(
            model="openai:scripted",
            base_url=server.base_url,
            gallery=str(gallery),
            home=str(tmp_path / "home"),
            preset=name,
            price="2.5/10",
            retries=0,
            tools=(),
            max_output_tokens=200,
        )
        chosen = choose_photos(benchmark, None, 0)
        ended = run(EvalTask(benchmark, chosen, {}, settings, tmp_path / "run", max_usd=limit))
    assert sum(paid) <= limit
    # What is left is less than one more request can take: the prompt and the longest answers.
    most = usd(1, 0) + 0.0015 + (10 if name == "g3" else 1) * 300 * PRICE[1] / 1e6
    assert ended.why == "done" or sum(paid) >= limit - most
