"""A run as the events of an Inspect sample, which `inspect view` shows as its transcript.

Branches run side by side; each is a span of its own. A step begins when the run's clock was read before it.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from inspect_ai.event import (
    Event,
    InfoEvent,
    ModelEvent,
    SampleInitEvent,
    ScoreEvent,
    SpanBeginEvent,
    SpanEndEvent,
    ToolEvent,
)
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    GenerateConfig,
    ModelOutput,
    ModelUsage,
    StopReason,
)
from inspect_ai.tool import ToolCallError, ToolInfo, ToolParams
from pydantic import ValidationError

from sextant.agent.recording.cassette import Call, Cassette
from sextant.base.json_types import Json
from sextant.eval.exchange.inspect_messages import convert_call, convert_message, name_call, name_model
from sextant.graphs.runs.timeline import Timeline, TimelineBranch, TimelineTurn

STOPS: dict[str, StopReason] = {
    "stop": "stop",
    "tools": "tool_calls",
    "length": "max_tokens",
    "filtered": "content_filter",
    "refused": "content_filter",
}  # our finish → Inspect's; any other is `unknown`
SHOWN = 10  # retrieved photos that the transcript lists


@dataclass
class Transcript:
    """The events of one sample, in the order they are shown.

    Attributes:
        name: unique among the samples of all logs.
        began: epoch second at which the sample's run began.
    """

    name: str
    began: float
    events: list[Event] = field(default_factory=list)
    spans: list[str] = field(default_factory=list)

    def add(self, kind: type[Any], at: float, **fields: Any) -> None:
        """Add an event of the span that is open, at an epoch second."""
        span = self.spans[-1] if self.spans else None
        self.events.append(
            kind(
                uuid=f"{self.name}/{len(self.events)}",
                span_id=span,
                timestamp=read_time(at),
                working_start=max(0.0, round(at - self.began, 6)),
                **fields,
            )
        )

    def open(self, name: str, kind: str, at: float) -> None:
        """Open a span within the one that is open."""
        parent = self.spans[-1] if self.spans else None
        self.spans.append(f"{self.name}/{'/'.join([*(span.rpartition('/')[2] for span in self.spans), name])}")
        self.add(SpanBeginEvent, at, id=self.spans[-1], parent_id=parent, type=kind, name=name)

    def close(self, at: float) -> None:
        """Close the span that was opened last."""
        self.add(SpanEndEvent, at, id=self.spans[-1])
        self.spans.pop()


@dataclass(frozen=True)
class Clock:
    """When each step of a run began, by the readings of its clock: steps and epoch seconds, in order."""

    steps: list[int]
    seconds: list[float]

    @classmethod
    def read(cls, cassette: Cassette, began: float) -> "Clock":
        """Read the clock of a recording; before its first reading, ``began`` holds."""
        readings = [
            (int(call.info["step"]), float(cassette.read_reply(call)["read_at"]))
            for call in cassette.calls.values()
            if call.kind == "clock"
        ]
        ordered = [(0, began), *sorted(readings)]
        return cls([step for step, _ in ordered], [second for _, second in ordered])

    def at(self, step: int) -> float:
        """Return the last reading at or before a step (epoch seconds)."""
        return self.seconds[bisect_right(self.steps, step) - 1]


def add_opening(transcript: Transcript, sample: Any) -> None:
    """Add what the sample asks."""
    transcript.add(SampleInitEvent, transcript.began, sample=sample)


def add_run(transcript: Transcript, timeline: Timeline, cassette: Cassette) -> None:
    """Add a run: what was retrieved, then each round's branches with their calls, and its verdict."""
    clock = Clock.read(cassette, transcript.began)
    transcript.open("solvers", "solvers", transcript.began)
    if timeline["retrieved"]:
        transcript.add(InfoEvent, clock.at(1), source="retrieval", data=_describe_retrieval(timeline["retrieved"]))
    rounds = _group_by_round(timeline["branches"])
    for number, (branches, verdict) in enumerate(zip_longest(rounds, timeline["verdicts"]), start=1):
        first = min((turn["step"] for branch in branches or () for turn in branch["turns"]), default=1)
        transcript.open(f"round {number}", "solver", clock.at(first))
        ends = [_add_branch(transcript, branch, cassette, clock) for branch in branches or ()]
        end = max([clock.at(first), *ends])
        if verdict:
            end = max(end, clock.at(verdict["step"]))
            transcript.add(InfoEvent, end, source="verification", data=verdict)
        transcript.close(end)
    transcript.close(clock.seconds[-1])


def add_scores(transcript: Transcript, scores: Json, target: str, at: float) -> None:
    """Add the scores, by scorer."""
    transcript.open("scorers", "scorers", at)
    for name, score in scores.items():
        transcript.add(ScoreEvent, at, score=score, target=target, scorer=name)
    transcript.close(at)


def sum_usage(cassette: Cassette) -> ModelUsage:
    """Sum the tokens and the cost of all model calls of a run."""
    usage = ModelUsage()
    for call in cassette.calls.values():
        found = _read_usage(cassette.read_reply(call)) if call.kind == "model" else None
        usage = usage + found if found else usage
    return usage


def read_time(epoch_s: float) -> datetime:
    """Read an epoch second as a time in UTC."""
    return datetime.fromtimestamp(epoch_s, UTC)


def _group_by_round(branches: Iterable[TimelineBranch]) -> list[list[TimelineBranch]]:
    rounds: dict[int, list[TimelineBranch]] = {}
    for branch in branches:
        rounds.setdefault(branch["round"], []).append(branch)
    return [rounds[number] for number in sorted(rounds)]


def _describe_retrieval(found: Json) -> Json:
    return {side: [_describe_photo(photo) for photo in found[side][:SHOWN]] for side in ("nearest", "farthest")}


def _describe_photo(photo: Json) -> str:
    place = f"{photo['latitude']}, {photo['longitude']} {photo.get('place') or ''}".strip()
    return f"{photo['id']}: {place} (similarity {photo['similarity']})"


def _add_branch(transcript: Transcript, branch: TimelineBranch, cassette: Cassette, clock: Clock) -> float:
    """Add the calls of a branch; return the epoch second at which the last ended."""
    calls = [call for call in cassette.calls.values() if call.request.get("branch") == branch["id"]]
    end = clock.at(min((turn["step"] for turn in branch["turns"]), default=1))
    transcript.open(f"{branch['variant']} ({branch['id']})", "agent", end)
    asked: dict[str, Json] = {}
    for turn in branch["turns"]:
        at = clock.at(turn["step"])
        if turn["role"] == "assistant":
            asked = {call["id"]: call for call in turn.get("tool_calls") or ()}
            call = next((one for one in calls if one.kind == "model" and one.info["step"] == turn["step"]), None)
            if call:
                end = max(end, _add_model_call(transcript, call, cassette, at))
        elif turn["role"] == "tool":
            wanted = asked.get(turn.get("tool_call_id", ""), {})
            ran = next((one for one in calls if _is_call_of(one, turn["step"], wanted)), None)
            end = max(end, _add_tool_call(transcript, turn, wanted, ran, at, branch["id"]))
    transcript.close(end)
    return end


def _is_call_of(call: Call, step: int, wanted: Json) -> bool:
    return (
        call.kind == "tool"
        and call.info["step"] == step
        and (call.request["name"], call.request["args"]) == (wanted.get("name"), wanted.get("args"))
    )


def _add_model_call(transcript: Transcript, call: Call, cassette: Cassette, at: float) -> float:
    request, reply, seconds = cassette.expand(call), cassette.read_reply(call), float(call.info["seconds"])
    failure = reply.get("failure")
    transcript.add(
        ModelEvent,
        at,
        model=name_model(request["model"]),
        input=[convert_message(message, request["branch"]) for message in request["messages"]],
        tools=[_convert_tool(tool) for tool in request["tools"]],
        tool_choice="none" if request["final"] or not request["tools"] else "auto",
        config=GenerateConfig(
            temperature=request["temperature"], max_tokens=request["max_output_tokens"], seed=request["seed"]
        ),
        output=_convert_output(request, reply, seconds),
        retries=max(0, (failure or reply).get("attempts", 1) - 1),
        error=f"{failure['kind']}: {failure['message']}" if failure else None,
        completed=read_time(at + seconds),
        working_time=seconds,
        metadata={name: request[name] for name in ("branch", "variant", "sample", "turn")},
    )
    return at + seconds


def _convert_output(request: Json, reply: Json, seconds: float) -> ModelOutput:
    if "failure" in reply:
        return ModelOutput(model=name_model(request["model"]), time=seconds, error=reply["failure"]["message"])
    calls = [convert_call(call, request["branch"]) for call in reply["tool_calls"]]
    message = ChatMessageAssistant(content=reply["text"], tool_calls=calls or None, source="generate")
    spoken = {"role": "assistant", "content": reply["text"], "tool_calls": reply["tool_calls"]}
    message.id = convert_message(spoken, request["branch"]).id
    return ModelOutput(
        model=str(reply["model"]),
        choices=[ChatCompletionChoice(message=message, stop_reason=STOPS.get(reply["finish"], "unknown"))],
        usage=_read_usage(reply),
        time=seconds,
    )


def _read_usage(reply: Json) -> ModelUsage | None:
    usage = reply.get("usage")
    if not usage:
        return None
    given, taken = int(usage["input_tokens"]), int(usage["output_tokens"])
    return ModelUsage(input_tokens=given, output_tokens=taken, total_tokens=given + taken, total_cost=reply.get("usd"))


def _convert_tool(tool: Json) -> ToolInfo:
    """Convert a tool's description; a schema that Inspect's type does not hold stands in its options, whole."""
    function = tool.get("function", tool)
    name, words = function["name"], function.get("description") or ""
    schema = function.get("parameters") or {}
    try:
        return ToolInfo(name=name, description=words, parameters=ToolParams.model_validate(schema))
    except ValidationError:
        return ToolInfo(name=name, description=words, options={"parameters": schema})


def _add_tool_call(
    transcript: Transcript, turn: TimelineTurn, wanted: Json, ran: Call | None, at: float, branch: str
) -> float:
    """Add a tool call with its result; one that was refused or repeated did not run and took no time."""
    seconds = float(ran.info["seconds"]) if ran else 0.0
    error = ToolCallError("unknown", turn["content"]) if turn.get("failed") else None
    transcript.add(
        ToolEvent,
        at,
        id=name_call(str(turn.get("tool_call_id", "")), branch),
        function=str(turn.get("name")),
        arguments=dict(wanted.get("args") or {}),
        result="" if error else turn["content"],
        error=error,
        completed=read_time(at + seconds),
        working_time=seconds,
        metadata={"ran": ran is not None},
    )
    return at + seconds
