"""The real graph against a real HTTP server on loopback that speaks a model's protocol, scripted by prompt content."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sextant.agent.settings import Settings
from sextant.base.home import Home
from sextant.graphs.runs.run import locate
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

LISBON, NAIROBI = (38.71, -9.14), (-1.28, 36.82)
PROTOCOLS = ["openai", "ollama"]


def answer(position, **more):
    return Reply(
        text=json.dumps({"latitude": position[0], "longitude": position[1], "confidence": 0.9, "clues": [], **more})
    )


@pytest.fixture
def settings(gallery, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
    return Settings(gallery=str(gallery), home=str(tmp_path / "home"), verify="density", retries=0)


def with_server(settings, server):
    return replace(settings, model=f"{server.protocol}:scripted", base_url=server.base_url)


@pytest.fixture(params=PROTOCOLS)
def protocol(request):
    return request.param


@pytest.fixture
def one_variant(tmp_path):
    """A preset of one variant that may call tools."""
    preset = tmp_path / "one.yaml"
    preset.write_text(
        "id: one\nversion: 1\nabout: one variant with tools\nvariants: [clues-first]\nlater: []\nverify: density\n"
        "max_rounds: 1\nmax_calls: 10\nmax_tool_turns: 4\ntools: [nearest_photos, reverse_geocode]\n"
    )
    return str(preset)


def test_a_variant_calls_two_tools_one_after_the_other_and_answers(settings, query, protocol, one_variant):
    def script(asked):
        if not asked.tool_results:
            return Reply(tool_calls=[("nearest_photos", {"count": 5})])
        if len(asked.tool_results) == 1:
            return Reply(tool_calls=[("reverse_geocode", {"latitude": LISBON[0], "longitude": LISBON[1]})])
        return answer(LISBON, place="Lisbon")

    with ModelServer(script, protocol) as server:
        found = locate(str(query), replace(with_server(settings, server), preset=one_variant)).answer
    assert server.count == 3 == found["spent"]["calls"]
    nearest, described = server.asked[-1].tool_results
    assert "38.7" in nearest
    assert "Portugal" in described
    assert found["best"]["country_code"] == "PT"
    assert found["outcomes"] == {"answered": 1, "refused": 0, "unparsable": 0, "filtered": 0, "failed": 0}, found[
        "warnings"
    ]
    assert all(asked.images == 1 for asked in server.asked)


def test_disagreement_leads_to_a_second_round_that_names_both_camps(settings, query, protocol):
    def script(asked):
        if "Earlier looks" in asked.text or "multiple choice" in asked.text:
            return answer(LISBON)
        return answer(
            NAIROBI if asked.text.count("look most alike") else LISBON, clues=[{"text": "red", "source": "seen"}]
        )

    with ModelServer(script, protocol) as server:
        found = locate(str(query), replace(with_server(settings, server), gallery=None)).answer
        split = replace(with_server(settings, server), max_rounds=2, run="second")
        asked_before = server.count
        found = locate(str(query), split).answer
    second = [asked.text for asked in server.asked[asked_before:] if "Earlier looks" in asked.text]
    assert second, "no contrast prompt was asked"
    assert "Portugal" in second[0] and "Kenya" in second[0]
    assert found["best"]["country_code"] == "PT"
    assert found["stop"] == "agreement"


def test_a_budget_of_three_calls_is_three_requests_and_the_best_answer_so_far(settings, query, protocol):
    places = [LISBON, NAIROBI, (59.9, 10.7)]

    def script(asked):
        return answer(places[server.count % 3])

    with ModelServer(script, protocol) as server:
        found = locate(str(query), replace(with_server(settings, server), max_calls=3)).answer
    assert server.count == 3
    assert found["spent"]["calls"] == 3
    assert found["stop"] == "budget"
    assert found["best"] is not None


def test_no_branch_overshoots_a_token_budget(settings, query, protocol):
    with ModelServer(lambda asked: replace(answer(LISBON), usage=(5_000, 60)), protocol) as server:
        found = locate(str(query), replace(with_server(settings, server), max_tokens=12_000)).answer
    assert found["spent"]["tokens"] <= 12_000
    assert 1 <= server.count < 4


def test_a_dead_server_ends_in_the_answer_of_the_gallery(settings, query, protocol):
    with ModelServer(lambda asked: answer(LISBON), protocol) as server:
        gone = with_server(settings, server)
    found = locate(str(query), gone).answer
    assert found["outcomes"]["failed"] == 4
    assert found["best"]["country_code"] == "PT"
    assert any("at the model server cannot be reached" in warning["text"] for warning in found["warnings"])
    for file in (Path(gone.home) / "runs" / found["run"]).iterdir():
        assert file.name == "run.json" or gone.base_url not in file.read_text(), file.name


def test_the_answer_is_the_same_whichever_branch_returns_first(settings, query):
    def script(asked):
        return answer(LISBON if "two steps" in asked.text else NAIROBI)

    found = []
    for latency in (0.0, 0.05):
        with ModelServer(script, "openai", latency_s=latency) as server:
            answered = locate(
                str(query), replace(with_server(settings, server), run=f"run-{latency}", max_rounds=1)
            ).answer
        found.append({name: answered[name] for name in ("best", "probability", "candidates", "claims", "stop")})
    assert found[0] == found[1]


def test_a_long_run_with_a_large_photo_leaves_a_small_record(settings, tmp_path):
    import numpy as np
    from PIL import Image

    photo = tmp_path / "large.png"
    noise = np.random.default_rng(1).integers(0, 255, (1300, 1300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(photo)
    assert photo.stat().st_size > 5e6

    def script(asked):
        turns = len(asked.tool_results)
        if turns < 3:
            return Reply(text="Let me look.", tool_calls=[("nearest_photos", {"count": 10 + turns})])
        return answer(LISBON)

    preset = tmp_path / "four.yaml"
    preset.write_text(
        "id: four\nversion: 1\nabout: four variants with tools\nverify: density\nmax_rounds: 1\nmax_calls: 20\n"
        "variants: [clues-first, doubt-the-references, signs-and-script, land-and-light]\n"
        "max_tool_turns: 3\ntools: [nearest_photos]\n"
    )
    with ModelServer(script) as server:
        found = locate(str(photo), replace(with_server(settings, server), preset=str(preset))).answer
    assert server.count == 16 == found["spent"]["calls"]
    (run,) = Home.at(settings.home).runs.iterdir()
    assert sum(file.stat().st_size for file in run.iterdir()) < 300_000
