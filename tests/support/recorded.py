"""Recorded runs for tests: a scripted server whose branches call tools, disagree, and come to agree."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sextant.agent.settings import Settings
from sextant.graphs.runs.folder import RunFolder, find_run
from sextant.graphs.runs.run import locate
from tests.support.model_script import Asked, Protocol, Reply
from tests.support.model_server import ModelServer

LISBON, NAIROBI, OSLO = (38.71, -9.14), (-1.28, 36.82), (59.91, 10.75)
FIRST_ROUND = {"Use the photo alone": NAIROBI, "two steps": OSLO, "compares colours": LISBON}


def said(position: tuple[float, float], clue: str = "a tram of the old kind") -> Reply:
    """A model's final answer."""
    place = {"latitude": position[0], "longitude": position[1], "confidence": 0.8}
    return Reply(text=json.dumps({**place, "clues": [{"text": clue, "source": "seen"}]}))


def script(asked: Asked) -> Reply:
    """Branches with tools look twice; the first round is split over three cities, the second agrees."""
    if asked.tools and len(asked.tool_results) == 0:
        return Reply(text="I look for similar photos.", tool_calls=[("nearest_photos", {"count": 5})])
    if asked.tools and len(asked.tool_results) == 1:
        place = {"latitude": LISBON[0], "longitude": LISBON[1]}
        return Reply(tool_calls=[("reverse_geocode", place)])
    if "Earlier looks" in asked.text or "multiple choice" in asked.text:
        return said(LISBON)
    answer = said(next((place for words, place in FIRST_ROUND.items() if words in asked.text), NAIROBI))
    return replace(answer, more=[answer.text or ""] * (asked.body.get("n", 1) - 1))


def settings_for(server: ModelServer, gallery: Path, home: Path, **more: object) -> Settings:
    """Settings of a run against the server, two rounds at most."""
    plain = Settings(gallery=str(gallery), home=str(home), verify="density", retries=0, max_rounds=2)
    return replace(plain, model=f"{server.protocol}:scripted", base_url=server.base_url, **more)  # type: ignore[arg-type]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")


@pytest.fixture(scope="session")
def recorded_run(gallery: Path, query: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run of the default preset, recorded against a server that is gone."""
    return record_run(gallery, query, tmp_path_factory.mktemp("recorded"), "openai")


def record_run(gallery: Path, query: Path, home: Path, protocol: Protocol, **more: object) -> RunFolder:
    """Record one run of the script above; the server has gone when this returns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
        with ModelServer(script, protocol) as server:
            run = locate(str(query), settings_for(server, gallery, home, **more))
    return find_run(run.name, str(home))
