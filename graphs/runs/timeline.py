"""Timeline of a recorded run: its rounds, each branch's turns, and how the verdict was reached."""

from typing import NotRequired, cast

from typing_extensions import TypedDict

from sextant.agent.recording.cassette import Call, Cassette, is_in_use
from sextant.agent.state import Branch, Turn
from sextant.base.documents.answer import Answer
from sextant.base.documents.run import RunRecord
from sextant.base.json_types import Json
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.photo_name import name_photo
from sextant.graphs.runs.steps import Step, read_steps

TIMING = ("seconds", "read_at")


class TimelineTurn(Turn):
    """A turn with the step that made it and, where a model was called, what the call took."""

    step: int
    usage: NotRequired[Json | None]
    usd: NotRequired[float | None]
    seconds: NotRequired[float | None]


class TimelineBranch(Branch):
    """A branch with its opening messages and its turns."""

    opening: list[Json]
    turns: list[TimelineTurn]


class TimelineStep(TypedDict):
    """A step in short: where the run went from it, and which state keys it changed."""

    step: int
    node: str
    branch: str | None
    seconds: float | None
    goto: list[str]
    changed: list[str]


class Timeline(TypedDict):
    """A run for display; ``verdicts`` holds one entry per round, ``retrieved`` None for a run without a gallery."""

    run: str
    record: RunRecord
    cut: bool
    answer: Answer | None
    retrieved: Json | None
    branches: list[TimelineBranch]
    verdicts: list[Json]
    steps: list[TimelineStep]


def build_timeline(folder: RunFolder) -> Timeline:
    """Build the timeline of a run for display.

    Raises:
        SextantError: the folder cannot be read.
    """
    record = folder.record()
    cassette = Cassette.read(folder.cassette)
    steps = read_steps(folder.steps)
    return {
        "run": folder.name,
        "record": record,
        "cut": cassette.cut,
        "answer": folder.answer(),
        "retrieved": find_retrieved(cassette),
        "branches": [describe_branch(branch, steps, cassette) for branch in list_branches(steps)],
        "verdicts": list_verdicts(steps),
        "steps": [summarise_step(step) for step in steps],
    }


def list_branches(steps: list[Step]) -> list[Branch]:
    """List the branches in the order in which they were planned."""
    return [branch for step in steps for branch in step.change.get("branches", {}).values()]


def find_retrieved(cassette: Cassette) -> Json | None:
    """Find the photos retrieved from the gallery; None for a run without one."""
    return next((found for call, found in list_replies(cassette) if call.kind == "references"), None)


def list_replies(cassette: Cassette) -> list[tuple[Call, Json]]:
    """List every recorded call with its reply."""
    return [(call, cassette.read_reply(call)) for call in cassette.calls.values()]


def describe_branch(branch: Branch, steps: list[Step], cassette: Cassette) -> TimelineBranch:
    """Describe one branch: its opening prompt, and every turn with its tokens, cost and time."""
    calls = [
        call for call in cassette.calls.values() if call.kind == "model" and call.request["branch"] == branch["id"]
    ]
    first = min(calls, key=lambda call: call.request["turn"], default=None)
    by_step = {call.info["step"]: call for call in calls}
    turns: list[TimelineTurn] = []
    for step in steps:
        for turn in step.change.get("transcripts", {}).get(branch["id"], []):
            call = by_step.get(step.step_info.step) if turn["role"] == "assistant" else None
            took = summarise_call(cassette, call) if call else {}
            turns.append(cast(TimelineTurn, {"step": step.step_info.step, **turn, **took}))
    opening = cassette.expand(first)["messages"] if first else []
    return cast(TimelineBranch, {**branch, "opening": opening, "turns": turns})


def summarise_call(cassette: Cassette, call: Call) -> Json:
    """Summarise one model call: tokens, US dollars, seconds."""
    reply = cassette.read_reply(call)
    return {"usage": reply.get("usage"), "usd": reply.get("usd"), "seconds": call.info["seconds"]}


def list_verdicts(steps: list[Step]) -> list[Json]:
    """List the verdict of each round: the place, the reasons and the new answers."""
    found: list[Json] = []
    seen: set[str] = set()
    for step in steps:
        if "verdict" not in step.change:
            continue
        outcomes: Json = step.change["outcomes"]
        verdict: Json = {name: value for name, value in step.change["verdict"].items() if name != "candidates"}
        new = {name: outcome for name, outcome in outcomes.items() if name not in seen}
        seen |= set(outcomes)
        found.append({"step": step.step_info.step, "stop": step.change.get("stop"), **verdict, "new": new})
    return found


def summarise_step(step: Step) -> TimelineStep:
    """Summarise one step."""
    return {
        "step": step.step_info.step,
        "node": step.step_info.node,
        "branch": step.step_info.branch,
        "seconds": step.seconds,
        "goto": step.goto,
        "changed": list_changed(step),
    }


def list_changed(step: Step) -> list[str]:
    """List the state keys that a step changed, except the clock."""
    return [name for name in step.change if name not in TIMING]


def summarise_run(folder: RunFolder) -> Json:
    """Summarise a run from its record alone, so that a thousand runs are listed quickly.

    Raises:
        SextantError: the record cannot be read.
    """
    record = folder.record()
    known, photo = record.get("summary"), record.get("photo")
    fields = {name: known.get(name) if known else None for name in ("best", "stop", "spent", "preset")}
    killed = record["status"] == "running" and not is_in_use(folder.cassette)
    return {
        "run": folder.name,
        "status": "killed" if killed else record["status"],
        "started": record["started"],
        "photo": name_photo(record),
        "sha256": photo["sha256"] if photo else None,
        "model": record["settings"].get("model"),
        "parent": record["parent"],
        **fields,
        "error": record.get("error"),
    }
