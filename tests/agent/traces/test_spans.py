"""Spans of a run arrive in a local collector, over OTLP as any collector takes them."""

import threading
from collections import Counter
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings
from sextant.agent.traces import exporting, trace_run
from sextant.agent.world.mcp_tools import store_catalogue
from sextant.base.errors import SextantError, WrongUse
from sextant.base.home import Home
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.fork import fork
from sextant.graphs.runs.run import UnrecordedCalls, locate
from sextant.graphs.sessions.store import Sessions
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer
from tests.support.recorded import LISBON, said, script, settings_for
from tests.test_mcp_tools_in_a_run import write_servers
from tests.test_second_look import make_script

WORDS = "colours"  # of a prompt


class Collector:
    """An OTLP collector on loopback: the spans that arrived, as (name, attributes)."""

    def __init__(self):
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = ExportTraceServiceRequest()
                body.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
                collector.spans += [s for r in body.resource_spans for scope in r.scope_spans for s in scope.spans]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                """Tests read the spans instead."""

        self.spans = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def collect(monkeypatch):
    """Do work with traces switched on; its result, and the spans that arrived."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
    collector = Collector()

    def run(work, wanted="spans"):
        monkeypatch.setenv("SEXTANT_TRACES", wanted)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        exporting.make_provider.cache_clear()
        collector.spans.clear()
        result = work()
        exporting.make_provider().shutdown()
        exporting.make_provider.cache_clear()
        return result, list(collector.spans)

    yield run
    collector.server.shutdown()
    collector.server.server_close()


@pytest.fixture
def trace(collect, gallery, query, tmp_path):
    """Locate the query with traces switched on; its answer, and the spans that arrived."""

    def run(wanted):
        with ModelServer(script) as server:
            settings = settings_for(server, gallery, tmp_path / "home")
            return collect(lambda: locate(str(query), settings).answer, wanted)

    return run


def read(span):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


def test_a_run_arrives_as_agent_chat_tool_and_retrieval(trace):
    answer, spans = trace("spans")
    told = [read(span) for span in spans]
    kinds = Counter(one["gen_ai.operation.name"] for one in told)
    assert kinds["invoke_agent"] == 1 and kinds["retrieval"] == 1
    assert kinds["chat"] == answer["spent"]["calls"] and kinds["execute_tool"] >= 2
    (root,) = [span for span in spans if span.name == "invoke_agent sextant"]
    assert all(span.parent_span_id == root.span_id for span in spans if span is not root)
    chats = [one for one in told if one["gen_ai.operation.name"] == "chat"]
    assert {one["gen_ai.provider.name"] for one in chats} == {"openai"}
    used = sum(one["gen_ai.usage.input_tokens"] + one["gen_ai.usage.output_tokens"] for one in chats)
    assert used == answer["spent"]["tokens"]
    text = str(spans)
    assert WORDS not in text and "38.71" not in text and "sk-test" not in text, "content is off by default"


def test_content_is_sent_only_when_asked_for_and_pictures_by_hash(trace):
    _, spans = trace("content")
    text = str(spans)
    assert WORDS in text and "38.71" in text
    assert "sha256:" in text and "base64" not in text and "sk-test" not in text


def test_nothing_is_traced_by_default(monkeypatch):
    monkeypatch.delenv("SEXTANT_TRACES", raising=False)
    port = object()
    with trace_run(Settings()) as traced:
        assert traced(port) is port


def test_an_unknown_value_is_refused(monkeypatch):
    monkeypatch.setenv("SEXTANT_TRACES", "yes")
    with pytest.raises(WrongUse, match="choose off, spans or content"), trace_run(Settings()):
        pass


def converse(settings, query):
    """Send the photo in a session, then ask a question about it."""
    sessions, context = Sessions(settings.home), ChatContext(settings)
    session = sessions.create()
    sha256 = context.blobs.put(query.read_bytes())
    photo = {"sha256": sha256, "file": query.name}
    for number, (text, photos) in enumerate([("where?", [photo]), ("What does the sign say?", [])]):
        message = {"id": f"m{number}", "text": text, "photos": photos, "steer": [], "photo": None}
        sessions.send_message(session, message, context)


def find_root(spans):
    (root,) = [span for span in spans if not span.parent_span_id]
    return root


def test_a_live_fork_is_a_trace_of_its_own_linked_to_its_parent_s(collect, gallery, query, tmp_path):
    home = str(tmp_path / "home")
    with ModelServer(script) as server:
        first, before = collect(lambda: locate(str(query), settings_for(server, gallery, tmp_path / "home")))
        parent, asked = find_run(first.name, home), server.count
        forked, spans = collect(lambda: fork(parent, "2", ["temperature=0.1"], home=home, live=True))
        calls = server.count - asked
    root, above = find_root(spans), find_root(before)
    (link,) = root.links
    assert (link.trace_id, link.span_id) == (above.trace_id, above.span_id) and root.trace_id != above.trace_id
    assert read(root)["sextant.parent_run"] == first.name
    kinds = Counter(read(span)["gen_ai.operation.name"] for span in spans)
    assert kinds["chat"] == calls > 0 and kinds["retrieval"] == 0, "the parent's recording answers what is unchanged"
    assert {read(span)["gen_ai.conversation.id"] for span in spans} == {forked.name}
    assert find_run(forked.name, home).record()["trace"].split("-")[1] == root.trace_id.hex()


def test_a_fork_that_may_not_call_is_an_error_without_its_message(collect, gallery, query, tmp_path):
    home = str(tmp_path / "home")
    with ModelServer(script) as server:
        run = locate(str(query), settings_for(server, gallery, tmp_path / "home"))

    def refused():
        with pytest.raises(UnrecordedCalls):
            fork(find_run(run.name, home), "2", ["temperature=0.1"], home=home)

    _, spans = collect(refused)
    root = find_root(spans)
    assert root.status.code == 2 and read(root)["error.type"] == "UnrecordedCalls"
    assert not root.events and not root.status.message and not root.links, "the parent was not traced"


def test_a_question_in_a_chat_is_traced_with_the_run_it_asks_about(collect, gallery, query, tmp_path):
    def answering(asked):
        if "The person asks" not in asked.text:
            return script(asked)
        return said(LISBON) if asked.tool_results else Reply(tool_calls=[("find_place", {"name": "Lisbon"})])

    with ModelServer(answering) as server:
        settings = settings_for(server, gallery, tmp_path / "home")
        _, spans = collect(lambda: converse(settings, query))
    question = next(span for span in spans if span.name == "invoke_agent sextant question")
    inside = [read(span) for span in spans if span.parent_span_id == question.span_id]
    assert Counter(one["gen_ai.operation.name"] for one in inside) == {"chat": 2, "execute_tool": 1}
    runs = {read(span)["gen_ai.conversation.id"] for span in spans if span.name == "invoke_agent sextant"}
    assert runs == {read(question)["gen_ai.conversation.id"]}


def test_second_looks_and_tools_of_mcp_servers_are_spans(collect, gallery, query, tmp_path):
    servers, looks = write_servers(tmp_path, ["find_station"]), make_script("Lisbon")

    def asks(asked):
        if "Place A:" not in asked.text and asked.tools and not asked.tool_results:
            return Reply(tool_calls=[("mcp_trains_find_station", {"name": "Schaan"})])
        return looks(asked)

    with ModelServer(asks) as server:
        catalogue = store_catalogue(str(servers), BlobStore(Home.at(str(tmp_path / "home")).blobs))
        plain = settings_for(server, gallery, tmp_path / "home", second_look=4, later=("second-look",), mcp=catalogue)
        settings = replace(plain, model="openai:gpt-5-scripted", variants=("zero-shot", "clues-first"), verify=None)
        _, spans = collect(lambda: locate(str(query), settings))
    told = [read(span) for span in spans]
    assert "second-look" in {one.get("sextant.variant") for one in told}
    assert "mcp_trains_find_station" in {one.get("gen_ai.tool.name") for one in told}
    assert Counter(span.name for span in spans)["retrieval gallery"] == 2, "the photo, then the leading places"


def test_an_error_of_a_call_sends_its_type_alone(collect, gallery, tmp_path):
    missing = tmp_path / "secret-name.jpg"

    def fails():
        with pytest.raises(SextantError):
            locate(str(missing), Settings(gallery=str(gallery), home=str(tmp_path / "home"), model="offline"))

    _, spans = collect(fails)
    assert find_root(spans).status.code == 2 and "secret-name" not in str(spans)
