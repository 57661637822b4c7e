"""Divergence of a replay from its recording: diff of the request or result that differs, by step and prompt."""

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sextant.agent.recording.cassette import Call, Cassette, compact_request
from sextant.agent.world.deps import StepInfo
from sextant.base.errors import SextantError
from sextant.base.json_types import Json

WORDS_AROUND = 8  # of unchanged text shown on each side of a changed word
TOKEN = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class TextDifference:
    """One place where a request differs from the recorded one. ``where`` has the form ``message 2 (user)``."""

    where: str
    words: str


class Divergence(SextantError):
    """A request or result of a replay differs from the recording.

    Attributes:
        step_info: position in the run.
        variant: the prompt variant of a model call.
        differences: the first difference; empty when the recording holds nothing comparable.
    """

    def __init__(
        self, step_info: StepInfo, variant: str | None, message: str, difference: TextDifference | None = None
    ) -> None:
        super().__init__(message)
        self.step_info = step_info
        self.variant = variant
        self.difference = difference

    def to_json(self) -> Json:
        """Convert to JSON-plain values, for programs."""
        shown = self.difference and {"where": self.difference.where, "words": self.difference.words}
        at = {"step": self.step_info.step, "node": self.step_info.node, "branch": self.step_info.branch}
        return {**at, "variant": self.variant, "message": str(self), "difference": shown}


def make_divergence(cassette: Cassette, step_info: StepInfo, kind: str, request: Json) -> Divergence:
    """Make the error for a request that the recording does not hold."""
    variant = request.get("variant") if kind == "model" else None
    at = describe_step(step_info, variant)
    recorded = find_most_similar(cassette, kind, request)
    if recorded is None:
        ends = "its last line was cut off" if cassette.cut else "the run was not finished, or never reached this step"
        return Divergence(
            step_info,
            variant,
            f"{at}: the recording has no such {kind} call: {ends}; sextant locate --resume continues it",
        )
    asked = {**request, "photo": request["photo"]["sha256"]} if kind == "tool" else request
    difference = find_first_difference(kind, cassette.expand(recorded), asked)
    message = f"{at}: the {kind} call differs from the recording in {difference.where}"
    return Divergence(step_info, variant, message, difference)


def describe_step(step_info: StepInfo, variant: str | None = None) -> str:
    """Describe a step: ``step 3 (lmm), variant 'zero-shot', branch 1.zero-shot.0``."""
    words = f"step {step_info.step} ({step_info.node})"
    if variant:
        words += f", variant {variant!r}"
    return f"{words}, branch {step_info.branch}" if step_info.branch else words


def find_most_similar(cassette: Cassette, kind: str, request: Json) -> Call | None:
    """Find the recorded call that matches best: same kind, branch and turn, else the most similar request."""
    calls = [call for call in cassette.calls.values() if call.kind == kind]
    same = [call for call in calls if call.request.get("branch") == request.get("branch")]
    if kind == "model":
        return next((call for call in same if call.request["turn"] == request["turn"]), None)
    if kind == "clock":
        return next((call for call in same if call.request["read_at"] == request["read_at"]), None)
    asked = json.dumps(compact_request(kind, request)[0], sort_keys=True)

    def measure_likeness(call: Call) -> float:
        return difflib.SequenceMatcher(None, json.dumps(call.request, sort_keys=True), asked, autojunk=False).ratio()

    return max(same, key=measure_likeness, default=None)


def find_first_difference(kind: str, recorded: Json, asked: Json) -> TextDifference:
    """Find the first difference of two requests; in a model call, messages come first, then tools and settings."""
    if kind == "model":
        for number, (old, new) in enumerate(zip(recorded["messages"], asked["messages"], strict=False), 1):
            if old != new:
                return TextDifference(
                    f"message {number} ({new['role']})",
                    mark_changed_words(read_message_text(old), read_message_text(new)),
                )
        if len(recorded["messages"]) != len(asked["messages"]):
            counts = f"{len(recorded['messages'])} messages were recorded, {len(asked['messages'])} are sent now"
            return TextDifference("the number of messages", counts)
        old_tools, new_tools = ({tool["function"]["name"]: tool for tool in r["tools"]} for r in (recorded, asked))
        if old_tools != new_tools:
            return next(find_json_differences(old_tools, new_tools, "tools"))
    known = {name: asked[name] for name in asked if name in recorded}
    added = ", ".join(name for name in asked if name not in recorded)
    return next(find_json_differences(recorded, known, ""), TextDifference(added, "is sent now but was not recorded"))


def read_message_text(message: Json) -> str:
    """Read a message as text, with pictures as hashes."""
    blocks = message["content"]
    if isinstance(blocks, str):
        calls = [f"[calls {call['name']} {json.dumps(call['args'])}]" for call in message.get("tool_calls", [])]
        return "\n".join([blocks, *calls])
    return "\n".join(block["text"] if block["type"] == "text" else f"[picture {block['sha256']}]" for block in blocks)


def mark_changed_words(old: str, new: str) -> str:
    """Merge two texts into a word diff: ``…say first what [-speaks-] {+tells+} for a country…``."""
    before, after = TOKEN.findall(old), TOKEN.findall(new)
    around = WORDS_AROUND * 2  # a word and the space after it are two tokens
    places = []
    for group in difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(around):
        words = ""
        for kind, a, b, c, d in group:
            gone, came = "".join(before[a:b]), "".join(after[c:d])
            words += gone if kind == "equal" else (f"[-{gone}-]" if gone else "") + (f"{{+{came}+}}" if came else "")
        places.append(f"…{words}…")
    return "\n".join(places)


def find_json_differences(old: Any, new: Any, where: str) -> Iterator[TextDifference]:
    """Find every difference of two JSON values, as a dotted path with both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield from find_json_differences(old.get(name), new.get(name), f"{where}.{name}" if where else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from find_json_differences(a, b, f"{where}[{number}]")
    elif isinstance(old, str) and isinstance(new, str) and old != new and max(len(old), len(new)) > 40:
        yield TextDifference(where, mark_changed_words(old, new))
    elif old != new or type(old) is not type(new):
        yield TextDifference(where, f"[-{shorten(old)}-] {{+{shorten(new)}+}}")


def shorten(value: Any) -> str:
    """Shorten a JSON value to at most 200 characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:199]}…"
