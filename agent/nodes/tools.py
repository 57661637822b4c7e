"""Running the tools that one branch asked for."""

import json

from sextant.agent.guard.quoting import find_instructions, quote
from sextant.agent.state import Ask, State, Turn
from sextant.agent.warning_codes import AnswerWarning, Code, warn
from sextant.agent.world.deps import Deps
from sextant.base.json_types import Json

MOST_CALLS = 8  # of one turn; a model that asks for fifty gets eight results and fifty answers


def tools(ask: Ask, deps: Deps) -> State:
    """Answer every tool call of the branch's last turn: with its result, or with why there is none."""
    branch, transcript = ask["branch"], ask["transcript"]
    earlier = results_so_far(transcript)
    turns: list[Turn] = []
    warnings: list[AnswerWarning] = []
    images: list[str]
    for number, call in enumerate(transcript[-1].get("tool_calls", [])):
        key = call_key(call)
        if call.get("error"):
            content, images, failed = f"Error: {call['error']}", [], True
        elif number >= MOST_CALLS:
            content, images, failed = f"Error: at most {MOST_CALLS} tools a turn; this one did not run.", [], True
        elif key in earlier:
            content, images, failed = f"You made this very call before. Its result was: {earlier[key]}", [], False
        else:
            deps.on_event({"step": "tool", "branch": branch["id"], "name": call["name"], "args": call["args"]})
            request = {"name": call["name"], "args": call["args"], "photo": ask["photo"], "branch": branch["id"]}
            reply = deps.ask("tool", request)
            content, images, found = _result(reply, call["name"], deps)
            failed = bool(reply.get("error"))
            warnings += found
            earlier[key] = content
        turns.append(Turn(role="tool", content=content, tool_call_id=call["id"], name=call["name"], failed=failed))
        if images:
            # Providers reject or ignore a picture in a tool message: it follows as the user's.
            turns.append(Turn(role="user", content=f"The picture that {call['name']} returned:", images=images))
    # Every tool message must follow its call directly; pictures come after all of them.
    ordered = [turn for turn in turns if turn["role"] == "tool"] + [turn for turn in turns if turn["role"] == "user"]
    return State(transcripts={branch["id"]: ordered}, warnings=warnings)


def call_key(call: Json) -> str:
    """Equal for equal calls, whatever the order of the arguments."""
    return str(call["name"]) + json.dumps(call["args"], sort_keys=True)


def results_so_far(transcript: list[Turn]) -> dict[str, str]:
    """Return what this branch's calls have returned, by call."""
    keys = {
        call["id"]: call_key(call)
        for turn in transcript
        if turn["role"] == "assistant"
        for call in turn.get("tool_calls", [])
    }
    return {
        keys[turn["tool_call_id"]]: turn["content"]
        for turn in transcript
        if turn["role"] == "tool" and turn.get("tool_call_id") in keys
    }


def _result(reply: Json, name: str, deps: Deps) -> tuple[str, list[str], list[AnswerWarning]]:
    """Content for the model, pictures by hash, and warnings; a tool's foreign words come quoted."""
    if reply.get("error"):
        return f"Error: {reply['error']}", [], []
    if not reply.get("untrusted"):
        return reply["content"], reply.get("images", []), []
    found = find_instructions(reply["content"])
    warnings = [
        warn(Code.INSTRUCTION_FOUND, f"{name} found text that reads like an instruction: {text!r}") for text in found
    ]
    return quote(reply["content"], name), reply.get("images", []), warnings
