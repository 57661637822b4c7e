"""Run the tools that one branch called."""

import json
from typing import Any

from sextant.agent.guard.quoting import find_instructions, quote
from sextant.agent.state import Ask, State, Turn
from sextant.agent.warning_codes import AnswerWarning, Code, warn
from sextant.agent.world.deps import Deps
from sextant.base.documents.answer import SentDocument
from sextant.base.json_types import Json

ECHOED = 12  # characters of an argument in a row that make an error a repetition of it; an instruction is longer
MOST_CALLS = 8  # per turn; a model that makes fifty calls gets eight results and forty-two errors


def tools(ask: Ask, deps: Deps) -> State:
    """Answer every tool call of the branch's last turn with its result or an error."""
    branch, transcript = ask["branch"], ask["transcript"]
    earlier = collect_results(transcript)
    turns: list[Turn] = []
    warnings: list[AnswerWarning] = []
    sent: list[SentDocument] = []
    images: list[str]
    for number, call in enumerate(transcript[-1].get("tool_calls", [])):
        key = make_call_key(call)
        if call.get("error"):
            content, images, failed = _quote_error(str(call["error"]), call), [], True
        elif number >= MOST_CALLS:
            content, images, failed = (
                f"Error: at most {MOST_CALLS} tool calls per turn; this one did not run.",
                [],
                True,
            )
        elif key in earlier:
            content, images, failed = f"You made this call before. Its result was: {earlier[key]}", [], False
        else:
            deps.on_event({"step": "tool", "branch": branch["id"], "name": call["name"], "args": call["args"]})
            request = {"name": call["name"], "args": call["args"], "photo": ask["photo"], "branch": branch["id"]}
            reply = deps.ask("tool", request)
            sent += reply.get("sent", [])
            content, images, found = _read_result(reply, call, deps)
            failed = bool(reply.get("error"))
            warnings += found
            earlier[key] = content
        turns.append(Turn(role="tool", content=content, tool_call_id=call["id"], name=call["name"], failed=failed))
        if images:
            # Providers reject or ignore a picture in a tool message, so it follows in a user message.
            turns.append(Turn(role="user", content=f"The picture that {call['name']} returned:", images=images))
    # Every tool message must follow its call directly; pictures come after all of them.
    ordered = [turn for turn in turns if turn["role"] == "tool"] + [turn for turn in turns if turn["role"] == "user"]
    update = State(transcripts={branch["id"]: ordered}, warnings=warnings)
    if sent:
        update["sent"] = sent
    return update


def make_call_key(call: Json) -> str:
    """Make a key that is equal for equal calls, whatever the order of the arguments."""
    return str(call["name"]) + json.dumps(call["args"], sort_keys=True)


def collect_results(transcript: list[Turn]) -> dict[str, str]:
    """Collect the results of this branch's calls, by call key."""
    keys = {
        call["id"]: make_call_key(call)
        for turn in transcript
        if turn["role"] == "assistant"
        for call in turn.get("tool_calls", [])
    }
    return {
        keys[turn["tool_call_id"]]: turn["content"]
        for turn in transcript
        if turn["role"] == "tool" and turn.get("tool_call_id") in keys
    }


def _quote_error(error: str, call: Json) -> str:
    """Return an error for the model; one that repeats the arguments is quoted: a photo may have said them."""
    said = [text for text in _list_texts(call.get("args", {})) if len(text) >= ECHOED]
    echoes = any(text[:ECHOED] in error or repr(text)[1 : ECHOED + 1] in error for text in said)
    return f"Error: {quote(error, call['name'])}" if echoes else f"Error: {error}"


def _list_texts(value: Any) -> list[str]:
    """Return all texts inside a JSON value, keys included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in _list_texts(part)]
    return [text for item in value for text in _list_texts(item)] if isinstance(value, list) else []


def _read_result(reply: Json, call: Json, deps: Deps) -> tuple[str, list[str], list[AnswerWarning]]:
    """Read a tool's reply: content for the model (untrusted text quoted), pictures by hash, and warnings."""
    name = call["name"]
    if reply.get("error"):
        return _quote_error(str(reply["error"]), call), [], []
    if not reply.get("untrusted"):
        return reply["content"], reply.get("images", []), []
    found = find_instructions(reply["content"])
    warnings = [
        warn(Code.INSTRUCTION_FOUND, f"{name} found text that reads like an instruction: {text!r}") for text in found
    ]
    return quote(reply["content"], name), reply.get("images", []), warnings
