"""Every way a model server can fail, in all protocols, through the whole graph: a run always ends in an answer."""

from functools import partial

import pytest

from sextant.agent.llm.model import load_model
from sextant.agent.llm.services import SERVICES
from sextant.agent.settings import Settings
from sextant.agent.world import live
from sextant.graphs.runs.run import locate
from tests.support.model_faults import FAULT_MATRIX
from tests.support.model_script import PROTOCOLS, Fault, Reply
from tests.support.model_server import ModelServer, closed_port

KEY = "sk-secret-0123456789abcdef"
MOST_CALLS = 8


@pytest.fixture
def run(gallery, query, tmp_path, monkeypatch):
    """Locate the query with two variants that may call tools; retries come at once."""
    for variable in (service.key for service in SERVICES.values()):
        monkeypatch.setenv(variable, KEY)
    monkeypatch.setattr(live, "load_model", partial(load_model, retry_base_s=0.005))
    preset = tmp_path / "pair.yaml"
    preset.write_text(
        "id: pair\nversion: 1\nabout: two variants\nvariants: [clues-first, doubt-the-references]\nlater: [choose]\n"
        f"verify: density\nmax_rounds: 2\nmax_calls: {MOST_CALLS}\nmax_tool_turns: 2\n"
        "tools: [nearest_photos, reverse_geocode]\n"
    )

    def locate_with(protocol, base_url):
        settings = Settings(
            model=f"{protocol}:scripted",
            base_url=base_url,
            gallery=str(gallery),
            home=str(tmp_path / "home"),
            preset=str(preset),
            timeout_seconds=0.4,
            retries=3,
        )
        return locate(str(query), settings).answer

    return locate_with


def files_hold(folder, text):
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


# tests/agent/llm/test_errors.py plays every fault in every protocol; the whole graph meets those that a protocol says
# in its own way.
IN_ITS_OWN_WAY = (
    "200 with an error",
    "empty choices",
    "wrong types",
    "arguments that are not JSON",
    "50 tool calls at once",
    "refusal field",
    "content_filter",
    "wrong key",
)
FAULTS = [(fault, protocol) for fault in FAULT_MATRIX for protocol in ("openai", "ollama")]
FAULTS += [(fault, protocol) for fault in IN_ITS_OWN_WAY for protocol in PROTOCOLS[2:]]


@pytest.mark.parametrize(("fault", "protocol"), FAULTS)
def test_a_run_ends_in_a_valid_answer_whatever_the_server_does(fault, protocol, run, tmp_path, caplog):
    with ModelServer(FAULT_MATRIX[fault](), protocol) as server:
        answer = run(protocol, server.base_url)
    assert -90 <= answer["best"]["latitude"] <= 90
    assert answer["stop"] in ("agreement", "budget", "exhausted")
    assert sum(answer["outcomes"].values()) >= 2
    assert answer["spent"]["calls"] <= MOST_CALLS
    assert server.count <= MOST_CALLS * 4, "a call is tried at most four times"
    assert KEY not in str(answer) + caplog.text
    assert not files_hold(tmp_path / "home", KEY)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_refused_connection_ends_in_the_gallery_s_answer(protocol, run):
    address = f"http://127.0.0.1:{closed_port()}"
    answer = run(protocol, f"{address}/v1" if protocol in ("openai", "mistralai") else address)
    assert answer["best"]["country_code"] == "PT"
    assert answer["outcomes"]["failed"] == 2
    assert answer["stop"] == "exhausted"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_overflowing_context_is_asked_again_with_fewer_references_and_said(protocol, run):
    def script(asked):
        listed = asked.text.count("\n10. ")
        return Fault("context_overflow") if listed else Reply(text='{"latitude": 38.7, "longitude": -9.1}')

    with ModelServer(script, protocol) as server:
        answer = run(protocol, server.base_url)
    assert answer["outcomes"]["answered"] >= 2 and not answer["outcomes"]["failed"]
    assert any(warning["code"] == "fewer_references" for warning in answer["warnings"])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_model_without_tools_gets_references_in_the_prompt_instead(protocol, run):
    def script(asked):
        if asked.tools:
            return Fault("tools_unsupported")
        return Reply(text='{"latitude": 38.7, "longitude": -9.1}')

    with ModelServer(script, protocol) as server:
        answer = run(protocol, server.base_url)
    assert answer["outcomes"]["answered"] >= 2 and not answer["outcomes"]["failed"]
    without_tools = [asked.text for asked in server.asked if not asked.tools]
    assert all("look most alike" in text for text in without_tools)
    assert any(warning["code"] == "no_tools" for warning in answer["warnings"])
