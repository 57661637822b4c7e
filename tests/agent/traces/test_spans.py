"""Spans of a run arrive in a local collector, over OTLP as any collector takes them."""

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sextant.agent.settings import Settings
from sextant.agent.traces import exporting, trace_run
from sextant.base.errors import WrongUse
from sextant.graphs.runs.run import locate
from tests.support.model_server import ModelServer
from tests.support.recorded import script, settings_for

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
def trace(gallery, query, tmp_path, monkeypatch):
    """Locate the query with traces switched on; the spans that arrived."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
    collector = Collector()

    def run(wanted):
        monkeypatch.setenv("SEXTANT_TRACES", wanted)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        exporting.make_provider.cache_clear()
        with ModelServer(script) as server:
            answer = locate(str(query), settings_for(server, gallery, tmp_path / "home")).answer
        exporting.make_provider().shutdown()
        exporting.make_provider.cache_clear()
        return answer, collector.spans

    yield run
    collector.server.shutdown()
    collector.server.server_close()


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
