"""A run as spans by OpenTelemetry's conventions for generative AI: agent, chat, tool, retrieval.

    SEXTANT_TRACES=spans OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 sextant locate photo.jpg

The conventions: https://opentelemetry.io/docs/specs/semconv/gen-ai/ (registry of attributes, names ``gen_ai.*``).
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sextant.agent.settings import Settings
from sextant.agent.traces.exporting import get_tracer
from sextant.agent.world.deps import Port
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, Span, SpanKind, Tracer

    from sextant.base.documents.run import RunRecord

VARIABLE = "SEXTANT_TRACES"
PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google_genai": "gcp.gemini",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}  # the conventions' names; any other provider goes by its own
OPERATIONS = {"model": "chat", "tool": "execute_tool"}  # kind of call → operation; those of SOURCES are `retrieval`
SOURCES = {
    "references": "gallery",
    "exemplars": "gallery",
    "map": "map",
    "sight": "gazetteer",
    "signs": "gazetteer",
}  # kind of call → what is searched
AGENT = "invoke_agent sextant"  # the first span of a run
QUESTION = "invoke_agent sextant question"  # and of a question about one


class Traces(StrEnum):
    """What is traced: nothing, spans without any content, or also prompts, replies, tool arguments and results."""

    OFF = "off"
    SPANS = "spans"
    CONTENT = "content"


def read_traces() -> Traces:
    """Read what is to be traced from the environment.

    Raises:
        WrongUse: the variable has another value.
    """
    value = os.environ.get(VARIABLE, "").strip() or Traces.OFF
    try:
        return Traces(value)
    except ValueError as error:
        raise WrongUse(f"{VARIABLE}={value!r} is unknown; choose off, spans or content") from error


@dataclass(frozen=True)
class RunTrace:
    """The trace of one run: called with the run's port, it returns the port whose calls are spans.

    Attributes:
        context: the run's first span, as W3C Trace Context writes it (``traceparent``); None where nothing is traced.
    """

    context: str | None = None
    wrap: Callable[[Port], Port] = lambda port: port

    def __call__(self, port: Port) -> Port:
        return self.wrap(port)


@contextmanager
def trace_run(settings: Settings, parent: "RunRecord | None" = None, operation: str = AGENT) -> Iterator[RunTrace]:
    """Trace one run within the block; yield its trace, which wraps its port.

    Args:
        parent: record of the run that this one continues: of a fork the forked run, of a resumed run its first part.
        operation: name of the first span: a run, or a question asked about one.

    Raises:
        MissingPackage: traces are wanted, and OpenTelemetry is not installed.
        WrongUse: SEXTANT_TRACES has an unknown value.
    """
    wanted = read_traces()
    if wanted is Traces.OFF:
        yield RunTrace()
        return
    from opentelemetry.trace import SpanKind, set_span_in_context

    tracer = get_tracer()
    provider, _, model = settings.model.partition(":")
    shared = {"gen_ai.provider.name": PROVIDERS.get(provider, provider), "gen_ai.conversation.id": str(settings.run)}
    agent = {
        **shared,
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "sextant",
        "gen_ai.agent.version": version("sextant-geo"),
        "gen_ai.request.model": model or provider,
        "sextant.preset": settings.preset or "default",
    }
    if parent:
        agent["sextant.parent_run"] = parent["run"]
    links = read_links(parent.get("trace")) if parent else []
    with _open_span(tracer, operation, None, SpanKind.INTERNAL, agent, links) as root:
        # Nodes run in threads of their own, to which the current span is not passed on.
        above = set_span_in_context(root)

        def wrap(port: Port) -> Port:
            def ask(kind: str, request: Json) -> Json:
                if kind not in OPERATIONS and kind not in SOURCES:
                    return port(kind, request)
                span_kind = SpanKind.CLIENT if kind == "model" else SpanKind.INTERNAL
                begun = {**shared, **describe_request(kind, request)}
                with _open_span(tracer, _name_span(kind, request), above, span_kind, begun) as span:
                    reply = port(kind, request)
                    _tell_reply(span, kind, reply)
                    if wanted is Traces.CONTENT:
                        span.set_attributes(describe_content(kind, request, reply))
                    return reply

            return ask

        yield RunTrace(_write_context(root), wrap)


@contextmanager
def _open_span(
    tracer: "Tracer",
    name: str,
    above: "Context | None",
    kind: "SpanKind",
    attributes: Json,
    links: "Sequence[Link]" = (),
) -> Iterator["Span"]:
    """Open a span. An error that ends it is described by its type alone: its message may hold content."""
    from opentelemetry.trace import Status, StatusCode

    with tracer.start_as_current_span(
        name, above, kind, attributes, links, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


def _write_context(span: "Span") -> str:
    """Write a span's place as W3C Trace Context does: version, trace, span, flags."""
    place = span.get_span_context()
    return f"00-{place.trace_id:032x}-{place.span_id:016x}-{int(place.trace_flags):02x}"


def read_links(context: str | None) -> "list[Link]":
    """Read the link to a span of another run; none where that run was not traced."""
    from opentelemetry.trace import Link, SpanContext, TraceFlags

    found = re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", context or "")
    if not found:
        return []
    trace, span, flags = (int(part, 16) for part in found.groups())
    return [Link(SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(flags)))]


def _name_span(kind: str, request: Json) -> str:
    if kind == "model":
        return f"chat {_name_model(request)}"
    return f"execute_tool {request['name']}" if kind == "tool" else f"retrieval {SOURCES[kind]}"


def _name_model(request: Json) -> str:
    return str(request["model"]).partition(":")[2] or str(request["model"])


def describe_request(kind: str, request: Json) -> dict[str, Any]:
    """Describe a call before it is made, without its content."""
    attributes: dict[str, Any] = {"gen_ai.operation.name": OPERATIONS.get(kind, "retrieval")}
    if kind == "model":
        attributes |= {
            "gen_ai.request.model": _name_model(request),
            "gen_ai.request.temperature": request["temperature"],
            "gen_ai.request.max_tokens": request["max_output_tokens"],
            "gen_ai.request.seed": request["seed"],
            "sextant.branch": request["branch"],
            "sextant.variant": request["variant"],
            "sextant.turn": request["turn"],
        }
    elif kind == "tool":
        attributes |= {"gen_ai.tool.name": request["name"], "gen_ai.tool.type": "function"}
    else:
        attributes |= {"gen_ai.data_source.id": SOURCES[kind]}
    return {name: value for name, value in attributes.items() if value is not None}


def _tell_reply(span: "Span", kind: str, reply: Json) -> None:
    """Set what the reply tells of its cost and its end; a failure makes the span an error."""
    from opentelemetry.trace import Status, StatusCode

    failure: Mapping[str, Any] = reply.get("failure") or {}
    failed = failure.get("kind") or ("tool_error" if kind == "tool" and "error" in reply else None)
    if failed:
        span.set_attribute("error.type", str(failed))
        span.set_status(Status(StatusCode.ERROR))
    if kind == "model" and not failure:
        usage = reply["usage"]
        span.set_attributes(
            {
                "gen_ai.response.model": reply["model"],
                "gen_ai.response.finish_reasons": [reply["finish"]],
                "gen_ai.usage.input_tokens": usage["input_tokens"],
                "gen_ai.usage.output_tokens": usage["output_tokens"],
            }
        )


def describe_content(kind: str, request: Json, reply: Json) -> dict[str, str]:
    """Describe the content of a call. Pictures stand in it by their hash."""
    if kind == "model":
        output = [{"role": "assistant", "parts": [{"type": "text", "content": reply.get("text", "")}]}]
        asked = [
            {"role": message["role"], "parts": _list_parts(message.get("content") or "")}
            for message in request["messages"]
        ]
        return {"gen_ai.input.messages": _write(asked), "gen_ai.output.messages": _write(output)}
    if kind == "tool":
        return {
            "gen_ai.tool.call.arguments": _write(request["args"]),
            "gen_ai.tool.call.result": str(reply.get("content", reply.get("error", ""))),
        }
    return {}


def _list_parts(content: Any) -> list[Json]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [
        {"type": "text", "content": block["text"]}
        if block["type"] == "text"
        else {"type": "uri", "modality": "image", "uri": f"sha256:{block['sha256']}"}
        for block in content
    ]


def _write(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
