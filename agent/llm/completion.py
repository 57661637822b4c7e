"""Completions: parse a provider's message into text, tool calls, finish reason and token usage."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ValidationError

from sextant.agent.cost.tokens import estimate_request_tokens, estimate_text_tokens

Finish = Literal["stop", "tools", "length", "filtered", "refused", "unknown"]
Tool = BaseTool | dict[str, Any]

# What servers write, in lower case: OpenAI, Ollama, Mistral, and Anthropic and Gemini behind gateways.
FINISHES: Mapping[str, Finish] = {
    **dict.fromkeys(("", "none", "null", "stop", "stop_sequence", "eos", "eos_token", "end_turn", "complete"), "stop"),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "function_call", "finish_reason_unspecified"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "model_length", "token_limit"), "length"),
    **dict.fromkeys(("model_context_window_exceeded", "context_window_exceeded", "context_length"), "length"),
    **dict.fromkeys(("content_filter", "content_filtered", "safety", "recitation", "blocklist"), "filtered"),
    **dict.fromkeys(("prohibited_content", "spii", "image_safety", "guardrail", "sensitive"), "filtered"),
    **dict.fromkeys(("guardrail_intervened", "image_prohibited_content", "language", "content_policy"), "filtered"),
    "refusal": "refused",
}
MOST_TOKENS = 10**9  # of one call; a larger number cannot be a token count
MOST_TEXT = 60_000  # characters of one answer that are read: a very long answer with its reasoning has 20,000
MOST_ARGUMENTS = 8_000  # characters of the arguments of one tool call
MOST_INTEGER = 2**63 - 1  # the largest integer that a checkpoint can hold
UNKNOWN_TOOL = "unknown_tool"


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. `estimated` when the server reported none, or 0 for text that was there."""

    input_tokens: int
    output_tokens: int
    estimated: bool


@dataclass(frozen=True)
class ToolCall:
    """A tool call by the model. `error` says why it cannot run and is returned to the model instead."""

    id: str
    name: str
    args: Mapping[str, Any]
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        call = {"id": self.id, "name": self.name, "args": dict(self.args)}
        return call if self.error is None else {**call, "error": self.error}


@dataclass(frozen=True)
class Completion:
    """A model's answer.

    Attributes:
        text: the text; the reasoning, when a reasoning model left the text empty.
        tool_calls: in the model's order; ids are ours, unique within the conversation.
        finish: why it stopped. `length` means the text is truncated.
        latency_s: seconds of the attempt that was answered.
        attempts: requests sent, retries included.
        model: the name the server reports, else the requested one.
        reasoning: the reasoning that the server sent separately from the text.
    """

    text: str
    tool_calls: tuple[ToolCall, ...]
    finish: Finish
    usage: Usage
    latency_s: float
    attempts: int
    model: str
    reasoning: str = ""


def read_completion(
    message: AIMessage,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Tool],
    *,
    detail: str,
    latency_s: float,
    attempts: int,
    asked_model: str,
) -> Completion:
    """Read the completion from a provider's message that answers `messages`; a pure function."""
    raw = message.response_metadata
    refusal = message.additional_kwargs.get("refusal")
    reasoning, text = _split_thoughts(
        str(message.additional_kwargs.get("reasoning_content") or ""), refusal or message.text
    )
    calls = _read_tool_calls(message, tools, first=count_tool_calls(messages))
    finish: Finish = read_finish(raw.get("finish_reason") or raw.get("done_reason"))
    if refusal:
        finish = "refused"
    elif calls:
        finish = "tools"
    said = _replace_surrogates(text or ("" if calls else reasoning))
    if len(said) > MOST_TEXT:
        said, finish = said[:MOST_TEXT], "length"
    return Completion(
        text=said,
        tool_calls=calls,
        finish=finish,
        usage=_read_usage(message, messages, tools, detail, said=text + reasoning),
        latency_s=latency_s,
        attempts=attempts,
        model=str(raw.get("model_name") or asked_model),
        reasoning=_replace_surrogates(reasoning[:MOST_TEXT]),
    )


def read_finish(reason: Any) -> Finish:
    """Read a server's finish reason, whatever its spelling; ``unknown`` for one that no server documents."""
    return FINISHES.get(str(reason or "").strip().lower().replace("-", "_").replace(" ", "_"), "unknown")


def count_tool_calls(messages: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(message.get("tool_calls") or ()) for message in messages)


def get_tool_name(tool: Tool) -> str:
    return tool.name if isinstance(tool, BaseTool) else str(tool["function"]["name"])


def _split_thoughts(reasoning: str, text: str) -> tuple[str, str]:
    """Split reasoning from text; servers without a reasoning field leave it in the text, closed by a tag."""
    thoughts, tag, rest = text.rpartition("</think>")
    if not tag:
        return reasoning.strip(), text.strip()
    return (reasoning + thoughts.removeprefix("<think>")).strip(), rest.strip()


def _read_tool_calls(message: AIMessage, tools: Sequence[Tool], first: int) -> tuple[ToolCall, ...]:
    """Read the tool calls and give them ids of our own.

    Servers repeat ids or leave them out; Ollama's client draws random ones. Nine letters and digits is the one form
    that every server accepts, including Mistral's.
    """
    known = {get_tool_name(tool): tool for tool in tools}
    asked = [(call["name"], call["args"], None) for call in message.tool_calls]
    asked += [(call["name"] or "", {}, call["error"]) for call in message.invalid_tool_calls]  # type: ignore[misc]
    return tuple(
        _check_call(f"call{number:05d}", name, args, unreadable is not None, known)
        for number, (name, args, unreadable) in enumerate(asked, start=first)
    )


def _check_call(id: str, name: str, args: Mapping[str, Any], unreadable: bool, known: Mapping[str, Tool]) -> ToolCall:
    if name not in known:
        there = ", ".join(known) or "none"
        return ToolCall(
            id, UNKNOWN_TOOL, {}, f"unknown tool {_replace_surrogates(name)[:64]!r}; the tools are: {there}"
        )
    if unreadable:
        return ToolCall(id, name, {}, f"the arguments of {name} are not valid JSON; send one JSON object")
    if not _is_finite(args):
        return ToolCall(id, name, {}, f"the arguments of {name} hold a number that is too large or not finite")
    text = _replace_surrogates(json.dumps(args, ensure_ascii=False))
    if len(text) > MOST_ARGUMENTS:
        return ToolCall(id, name, {}, f"the arguments of {name} are longer than {MOST_ARGUMENTS:,} characters")
    plain = json.loads(text)
    return ToolCall(id, name, plain, _find_objection(known[name], plain))


def _find_objection(tool: Tool, args: Mapping[str, Any]) -> str | None:
    """Validate the arguments against the tool's schema; return the errors in one line for the model, or None."""
    if not isinstance(tool, BaseTool):
        required = tool["function"].get("parameters", {}).get("required", ())
        missing = [name for name in required if name not in args]
        return f"missing arguments: {', '.join(missing)}" if missing else None
    schema = tool.tool_call_schema
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        return None
    try:
        schema.model_validate(dict(args))
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
    return None


def _is_finite(value: Any) -> bool:
    """Return whether all numbers inside are finite: JSON does not allow others, but parsers accept them."""
    if isinstance(value, Mapping):
        return all(_is_finite(item) for item in value.values())
    if isinstance(value, list):
        return all(_is_finite(item) for item in value)
    if isinstance(value, int):
        return abs(value) <= MOST_INTEGER
    return not isinstance(value, float) or math.isfinite(value)


def _replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can carry but UTF-8 cannot encode."""
    return text.encode("utf-8", errors="replace").decode()


def read_count(value: Any) -> int | None:
    """Read a token count that a server reports; None when it is not a valid count.

    Servers send strings, fractions, NaN, negative numbers and numbers that no file can hold.
    """
    if isinstance(value, str) and len(value) <= 12:
        value = int(value) if value.isascii() and value.isdigit() else None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MOST_TOKENS else None


def read_chat_usage(usage: Any) -> dict[str, int] | None:
    """Read the counts of a chat completion's usage block; None when they are invalid, so that they are estimated."""
    if not isinstance(usage, Mapping):
        return None
    counts = [read_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens")]
    if counts[0] is None or counts[1] is None:
        return None
    return {"prompt_tokens": counts[0], "completion_tokens": counts[1], "total_tokens": counts[0] + counts[1]}


def _read_usage(
    message: AIMessage, messages: Sequence[Mapping[str, Any]], tools: Sequence[Tool], detail: str, said: str
) -> Usage:
    usage = message.usage_metadata
    input_tokens = (read_count(usage["input_tokens"]) or 0) if usage else 0
    output_tokens = (read_count(usage["output_tokens"]) or 0) if usage else 0
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    said += "".join(json.dumps(call["args"]) for call in calls)
    estimated = False
    if input_tokens <= 0:
        schemas = [{"name": tool.name, "args": tool.args} if isinstance(tool, BaseTool) else tool for tool in tools]
        input_tokens, estimated = estimate_request_tokens(messages, schemas, detail), True
    if output_tokens <= 0 and (said or usage is None):
        output_tokens, estimated = max(estimate_text_tokens(said), 1), True
    return Usage(input_tokens, max(output_tokens, 0), estimated)
