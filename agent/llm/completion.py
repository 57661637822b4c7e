"""What a model said, read out of a provider's message: text, tool calls, why it stopped, what it used."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ValidationError

from sextant.agent.cost.tokens import prompt_tokens, text_tokens

Finish = Literal["stop", "tools", "length", "filtered", "refused"]
Tool = BaseTool | dict[str, Any]

FINISHES: Mapping[str, Finish] = {"length": "length", "max_tokens": "length", "content_filter": "filtered"}
UNKNOWN_TOOL = "unknown_tool"


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. `estimated` when the server did not say, or said 0 for something that was there."""

    input_tokens: int
    output_tokens: int
    estimated: bool


@dataclass(frozen=True)
class ToolCall:
    """A tool the model asked for. `error` says why it cannot run; then it is answered with that instead."""

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
        text: what it said; of a reasoning model that left this empty, its reasoning.
        tool_calls: in the order asked; ids are ours, unique within the conversation.
        finish: why it stopped. `length` means the text is cut off.
        latency_s: seconds of the attempt that was answered.
        attempts: requests sent, retries included.
        model: the name the server reports, else the one asked for.
        reasoning: thoughts the server sent apart from the text.
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
    """Return the completion in a provider's message that answers `messages`; a pure function."""
    raw = message.response_metadata
    refusal = message.additional_kwargs.get("refusal")
    reasoning, text = _split_thoughts(
        str(message.additional_kwargs.get("reasoning_content") or ""), refusal or message.text
    )
    calls = _tool_calls(message, tools, first=count_tool_calls(messages))
    finish: Finish = FINISHES.get(str(raw.get("finish_reason") or raw.get("done_reason")), "stop")
    if refusal:
        finish = "refused"
    elif calls:
        finish = "tools"
    return Completion(
        text=_plain(text or ("" if calls else reasoning)),
        tool_calls=calls,
        finish=finish,
        usage=_usage(message, messages, tools, detail, said=text + reasoning),
        latency_s=latency_s,
        attempts=attempts,
        model=str(raw.get("model_name") or asked_model),
        reasoning=_plain(reasoning),
    )


def count_tool_calls(messages: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(message.get("tool_calls") or ()) for message in messages)


def tool_name(tool: Tool) -> str:
    return tool.name if isinstance(tool, BaseTool) else str(tool["function"]["name"])


def _split_thoughts(reasoning: str, text: str) -> tuple[str, str]:
    """Thoughts and text; servers without a field for thoughts leave them in the text, closed by a tag."""
    thoughts, tag, rest = text.rpartition("</think>")
    if not tag:
        return reasoning.strip(), text.strip()
    return (reasoning + thoughts.removeprefix("<think>")).strip(), rest.strip()


def _tool_calls(message: AIMessage, tools: Sequence[Tool], first: int) -> tuple[ToolCall, ...]:
    """Return the calls with ids of our own.

    Servers repeat ids or leave them out, Ollama's client draws random ones. Nine letters and digits is the one form
    that every server takes back, Mistral's included.
    """
    known = {tool_name(tool): tool for tool in tools}
    asked = [(call["name"], call["args"], None) for call in message.tool_calls]
    asked += [(call["name"] or "", {}, call["error"]) for call in message.invalid_tool_calls]  # type: ignore[misc]
    return tuple(
        _checked(f"call{number:05d}", name, args, unreadable is not None, known)
        for number, (name, args, unreadable) in enumerate(asked, start=first)
    )


def _checked(id: str, name: str, args: Mapping[str, Any], unreadable: bool, known: Mapping[str, Tool]) -> ToolCall:
    if name not in known:
        there = ", ".join(known) or "none"
        return ToolCall(id, UNKNOWN_TOOL, {}, f"there is no tool {_plain(name)[:64]!r}; the tools are: {there}")
    if unreadable:
        return ToolCall(id, name, {}, f"the arguments of {name} are not valid JSON; send one JSON object")
    if not _finite(args):
        return ToolCall(id, name, {}, f"the arguments of {name} hold a number that is not finite")
    plain = json.loads(_plain(json.dumps(args, ensure_ascii=False)))
    return ToolCall(id, name, plain, _objection(known[name], plain))


def _objection(tool: Tool, args: Mapping[str, Any]) -> str | None:
    """Return what the tool's schema has against these arguments, in one line for the model."""
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


def _finite(value: Any) -> bool:
    """Whether no number inside is NaN or infinite: JSON has no such thing, though parsers let it through."""
    if isinstance(value, Mapping):
        return all(_finite(item) for item in value.values())
    if isinstance(value, list):
        return all(_finite(item) for item in value)
    return not isinstance(value, float) or math.isfinite(value)


def _plain(text: str) -> str:
    """Without lone surrogates, which JSON can carry and no file can hold."""
    return text.encode("utf-8", errors="replace").decode()


def _usage(
    message: AIMessage, messages: Sequence[Mapping[str, Any]], tools: Sequence[Tool], detail: str, said: str
) -> Usage:
    told = message.usage_metadata
    input_tokens = told["input_tokens"] if told else 0
    output_tokens = told["output_tokens"] if told else 0
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    said += "".join(json.dumps(call["args"]) for call in calls)
    estimated = False
    if input_tokens <= 0:
        schemas = [{"name": tool.name, "args": tool.args} if isinstance(tool, BaseTool) else tool for tool in tools]
        input_tokens, estimated = prompt_tokens(messages, schemas, detail), True
    if output_tokens <= 0 and (said or told is None):
        output_tokens, estimated = max(text_tokens(said), 1), True
    return Usage(input_tokens, max(output_tokens, 0), estimated)
