import pytest

from sextant.agent.cost.pricing import compute_price_usd, make_unknown_price_error, parse_price
from sextant.base.errors import WrongUse

OPENROUTER = "https://openrouter.ai/api/v1"


def test_a_listed_model_has_its_price() -> None:
    # $2.50 and $10 per million tokens, as OpenAI publishes for gpt-4o
    assert compute_price_usd("openai:gpt-4o", 1_000_000, 100_000) == pytest.approx(3.5)


def test_other_hosts_have_prices_of_their_own_or_none() -> None:
    assert compute_price_usd("openai:openai/gpt-4o", 1_000_000, 0, base_url=OPENROUTER) == pytest.approx(2.5)
    assert compute_price_usd("openai:gpt-4o", 1_000_000, 0, base_url="http://127.0.0.1:8000/v1") is None


@pytest.mark.parametrize("spec", ["openai:no-such-model", "ollama:gpt-oss:120b-cloud"])
def test_an_unknown_price_is_none_and_never_zero(spec: str) -> None:
    assert compute_price_usd(spec, 1000, 1000) is None
    assert compute_price_usd(spec, 0, 0) is None


def test_nobody_is_paid_for_offline_and_for_ollama_on_this_machine() -> None:
    assert compute_price_usd("offline", 0, 0) == 0.0
    assert compute_price_usd("ollama:qwen2.5vl:7b", 1000, 1000) == 0.0
    assert compute_price_usd("ollama:qwen2.5vl:7b", 1000, 1000, base_url="http://gpu:11434") is None


def test_a_stated_price_comes_first() -> None:
    stated = parse_price("2/8")
    assert compute_price_usd("openai:mine", 500_000, 250_000, base_url="http://gpu/v1", stated=stated) == pytest.approx(
        3.0
    )
    assert compute_price_usd("openai:gpt-4o", 1_000_000, 0, stated=stated) == pytest.approx(2.0)


@pytest.mark.parametrize("text", ["", "2", "2/", "two/8", "-1/2", "1/2/3", "nan/1", "1e3/2"])
def test_a_price_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(WrongUse, match="expected INPUT/OUTPUT"):
        parse_price(text)


def test_a_money_limit_without_a_price_names_the_way_out() -> None:
    assert "--price INPUT/OUTPUT" in str(make_unknown_price_error("openai:mine"))
