"""One run asks the same of every protocol, and pays for it where the price is known."""

from typing import Any

import pytest

from sextant.agent.cost.pricing import compute_price_usd
from sextant.agent.llm import model
from sextant.agent.llm.services import SERVICES
from sextant.base.errors import WrongUse
from sextant.graphs.runs.run import locate
from tests.agent.conftest import KEY
from tests.support.model_script import PROTOCOLS, Asked
from tests.support.model_server import ModelServer
from tests.support.recorded import script, settings_for

KEY_HEADERS = {
    "openai": ("authorization", f"Bearer {KEY}"),
    "anthropic": ("x-api-key", KEY),
    "google_genai": ("x-goog-api-key", KEY),
    "mistralai": ("authorization", f"Bearer {KEY}"),
}


def plain(asked: Asked) -> tuple[Any, ...]:
    """What a request says, in whatever protocol."""
    # Mistral takes either text or calls in one message, so the text beside calls is not compared.
    said = [
        (m.role, "" if m.tool_calls else m.text.strip(), m.images, [call[0] for call in m.tool_calls])
        for m in asked.messages
    ]
    return str(said), asked.tools, asked.temperature, asked.max_tokens


@pytest.fixture(scope="module")
def runs(gallery, query, tmp_path_factory):
    """The same run over each protocol but Ollama's, which moves the pictures: answer and requests."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for variable in (service.key for service in SERVICES.values()):
            patch.setenv(variable, KEY)
        for protocol in KEY_HEADERS:
            home = tmp_path_factory.mktemp(protocol)
            with ModelServer(script, protocol) as server:
                answer = locate(str(query), settings_for(server, gallery, home)).answer
            found[protocol] = (answer, server.asked)
    return found


@pytest.mark.parametrize("protocol", ["anthropic", "google_genai", "mistralai"])
def test_each_server_sees_exactly_the_planned_requests(protocol, runs):
    answer, asked = runs[protocol]
    like, planned = runs["openai"]
    assert len(asked) == answer["spent"]["calls"] == like["spent"]["calls"]
    assert sorted(map(plain, asked)) == sorted(map(plain, planned))
    assert answer["best"] == like["best"] and answer["stop"] == like["stop"]
    assert answer["spent"]["tokens"] == like["spent"]["tokens"]
    header, value = KEY_HEADERS[protocol]
    assert {name.lower(): told for name, told in asked[0].headers.items()}[header] == value


@pytest.mark.parametrize("protocol", ["anthropic", "google_genai", "mistralai"])
def test_a_spend_limit_holds(protocol, gallery, query, tmp_path, monkeypatch):
    monkeypatch.setenv(SERVICES[protocol].key, KEY)
    with ModelServer(script, protocol) as server:
        paid = settings_for(server, gallery, tmp_path, price="3/15", max_usd=0.1)
        answer = locate(str(query), paid).answer
    assert answer["stop"] == "budget" and 0 < answer["spent"]["usd"] <= 0.1
    assert len(server.asked) == answer["spent"]["calls"]


@pytest.mark.parametrize(
    "spec", ["anthropic:claude-sonnet-4-5", "google_genai:gemini-2.5-flash", "mistralai:mistral-small-latest"]
)
def test_the_price_is_known_at_the_provider_and_unknown_elsewhere(spec):
    assert compute_price_usd(spec, 1_000_000, 1_000_000) > 0.1
    assert compute_price_usd(spec, 1_000_000, 1_000_000, base_url="http://127.0.0.1:8000/v1") is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_provider_s_own_server_needs_a_key(protocol):
    if protocol == "ollama":
        pytest.skip("Ollama needs none")
    with pytest.raises(WrongUse, match=f"needs a key: set {SERVICES[protocol].key}"):
        model.load_model(f"{protocol}:some")


def test_gemini_s_other_key_variable_is_read(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    assert model.resolve("google_genai:some", None).key == KEY


@pytest.mark.parametrize("provider", model.EXTRAS)
def test_a_missing_package_is_named_with_its_extra(provider, monkeypatch):
    def fail(name):
        raise ModuleNotFoundError(name="some_package")

    monkeypatch.setattr(model.importlib, "import_module", fail)
    with pytest.raises(WrongUse, match=rf"pip install 'sextant-geo\[{model.EXTRAS[provider]}\]'"):
        model.load_model(f"{provider}:some", base_url="http://127.0.0.1:9")
