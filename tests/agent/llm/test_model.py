"""A chat model with its settings, before anything is sent."""

import pytest

from sextant.agent.llm.model import load_model
from sextant.base.errors import WrongUse
from tests.agent.conftest import KEY


def test_ollama_is_asked_for_room_enough_when_nobody_says_how_much() -> None:
    assert load_model("ollama:m").num_ctx == 8192


def test_settings_for_the_record_hold_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = load_model("openai:m", base_url="http://user:hush@127.0.0.1:8000/v1", seed=3)
    assert model.base_url == "http://127.0.0.1:8000/v1"
    assert "hush" not in repr(model) and KEY not in repr(model)


def test_an_unknown_spec_is_refused_with_the_forms() -> None:
    with pytest.raises(
        WrongUse, match=r"unknown model 'gpt-4o': expected offline or PROVIDER:NAME, .* openai, .* xai$"
    ):
        load_model("gpt-4o")
