"""Providers reached through LangChain's packages, against a loopback server of OpenAI's chat completions."""

from dataclasses import replace

import pytest
from langchain_core.tools import tool

from sextant.agent.cost.pricing import compute_price_usd
from sextant.agent.llm import model as models
from sextant.agent.llm.client import complete
from sextant.agent.llm.errors import ModelError
from sextant.agent.llm.model import ChatModel, load_model
from sextant.agent.llm.providers.langchain_package import mend_body
from sextant.agent.llm.services import PACKAGES, SERVICES
from sextant.base.errors import WrongUse
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.replay import replay
from sextant.graphs.runs.run import locate
from tests.agent.conftest import KEY
from tests.agent.llm.test_errors import ANSWERS, BY_PROTOCOL, ERRORS
from tests.agent.llm.test_protocols import plain
from tests.support.model_faults import FAULT_MATRIX
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.recorded import script, settings_for
from tests.test_fault_matrix import IN_ITS_OWN_WAY

QUESTION = [{"role": "user", "content": "Where is this?"}]
# Groq's class has an SDK of its own, DeepSeek's uses OpenAI's; the others differ from DeepSeek's in little.
FAULTS = [(fault, provider) for fault in FAULT_MATRIX for provider in ("deepseek", "groq")]
FAULTS += [(fault, provider) for fault in IN_ITS_OWN_WAY for provider in ("together", "xai")]


@tool
def reverse_geocode(latitude: float, longitude: float) -> str:
    """Name the place of a position."""
    return f"{latitude}, {longitude}"


@pytest.fixture(params=PACKAGES)
def provider(request, monkeypatch):
    monkeypatch.setenv(SERVICES[request.param].key, KEY)
    return request.param


def address_of(server: ModelServer, provider: str) -> str:
    return server.base_url.removesuffix("/v1") if provider == "groq" else server.base_url


@pytest.fixture(scope="module")
def planned(gallery, query, tmp_path_factory):
    """The run over `openai:` that the others are compared with: answer and requests."""
    with pytest.MonkeyPatch.context() as patch, ModelServer(script, "openai") as server:
        patch.setenv("OPENAI_API_KEY", KEY)
        answer = locate(str(query), settings_for(server, gallery, tmp_path_factory.mktemp("openai"))).answer
        return answer, server.asked


def test_the_server_sees_exactly_the_planned_requests_and_the_run_replays(provider, planned, gallery, query, tmp_path):
    with ModelServer(script, "openai") as server:
        given = {"model": f"{provider}:scripted", "base_url": address_of(server, provider)}
        run = locate(str(query), replace(settings_for(server, gallery, tmp_path), **given))
    like, asked = planned
    assert sorted(map(plain, server.asked)) == sorted(map(plain, asked))
    assert run.answer["best"] == like["best"] and run.answer["spent"]["tokens"] == like["spent"]["tokens"]
    assert {asked.headers.get("Authorization") or asked.headers.get("authorization") for asked in server.asked} == {
        f"Bearer {KEY}"
    }
    again = replay(find_run(run.name, str(tmp_path)))
    assert again.answer == run.answer


def describe(model: ChatModel) -> tuple[tuple[str, int] | str, str]:
    """Return the kind of the failure and the attempts, or how the answer finished; and what is told of it."""
    try:
        said = complete(model, QUESTION, [reverse_geocode])
    except ModelError as error:
        return (error.kind, error.attempts), str(error)
    return said.finish, repr(said)


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "provider"), FAULTS, indirect=["provider"])
def test_every_fault_has_the_outcome_it_has_over_openai(fault, provider):
    kind = ERRORS.get(fault, ("",))[0]
    with ModelServer(FAULT_MATRIX[fault](), "openai") as server:
        model = load_model(
            f"{provider}:scripted",
            base_url=address_of(server, provider),
            timeout_s=0.15 if kind == "timeout" else 10.0,
            retry_base_s=0.001,
            max_retries=3,
        )
        outcome, told = describe(model)
    assert outcome == (BY_PROTOCOL.get((fault, "openai")) or ERRORS.get(fault) or ANSWERS[fault])
    assert KEY not in told


def test_thoughts_are_kept_apart_from_the_text(provider):
    with ModelServer(always(Reply(text="Lisbon", reasoning="trams")), "openai") as server:
        said = complete(load_model(f"{provider}:scripted", base_url=address_of(server, provider)), QUESTION)
    assert (said.text, said.reasoning) == ("Lisbon", "trams")


@pytest.mark.parametrize(
    "spec",
    [
        "deepseek:deepseek-chat",
        "groq:meta-llama/llama-4-scout-17b-16e-instruct",
        "together:meta-llama/Llama-4-Scout-17B-16E-Instruct",
        "xai:grok-3",
    ],
)
def test_the_price_is_the_provider_s_at_its_own_address_alone(spec):
    assert compute_price_usd(spec, 1_000_000, 1_000_000) > 0.01
    assert compute_price_usd(spec, 1_000_000, 1_000_000, base_url="http://127.0.0.1:8000/v1") is None


def test_the_provider_s_own_server_needs_a_key(provider, monkeypatch):
    monkeypatch.delenv(SERVICES[provider].key)
    with pytest.raises(WrongUse, match=f"needs a key: set {SERVICES[provider].key}"):
        load_model(f"{provider}:some")


def test_a_missing_package_is_named_with_its_extra(provider, monkeypatch):
    def fail(name):
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(models.importlib, "import_module", fail)
    with pytest.raises(WrongUse, match=rf"need langchain_{provider}; run: pip install 'sextant-geo\[{provider}\]'"):
        load_model(f"{provider}:some")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"error": {"message": "overloaded", "code": 503}}', 503),
        (b'{"error": {"message": "overloaded", "code": "busy"}}', 500),
        (b'{"choices": [{"message": {"content": "Lis"}, "finish_reason": "error"}]}', 500),
        (b'{"choices": [], "promptFeedback": {"blockReason": "SAFETY"}}', 400),
        (b'{"choices": [{"message": {"content": "Lisbon"}}], "usage": {"prompt_tokens": "NaN"}}', 200),
        (b"not JSON", 200),
        (b"[]", 200),
        (b"[" * 100_000, 200),
    ],
)
def test_a_failure_that_came_with_status_200_gets_the_status_it_deserves(body, status):
    assert mend_body(body)[0] == status
