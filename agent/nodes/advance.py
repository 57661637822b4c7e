"""The router of the inner loop: every branch takes one turn, then all branches meet here."""

from typing import Literal

from langgraph.types import Command, Send

from sextant.agent.cost.budget import compute_seconds_left, make_budget
from sextant.agent.cost.reservation import plan_wave
from sextant.agent.llm.request import may_call_tools
from sextant.agent.nodes.plan import apply_limits
from sextant.agent.state import Ask, Branch, State, Turn, awaits_model, awaits_tools, count_tool_turns
from sextant.agent.warning_codes import AnswerWarning, Code, warn
from sextant.agent.world.deps import Deps

REPAIRS = {
    "context_overflow": warn(
        Code.FEWER_REFERENCES, "the prompt was too long for the model; it was asked again with fewer references"
    ),
    "samples_unsupported": warn(
        Code.ONE_ANSWER_A_REQUEST, "the server gives one answer per request, so the picture is paid for each time"
    ),
    "tools_unsupported": warn(
        Code.NO_TOOLS, "the model takes no tools; similar photos were listed in its prompt instead"
    ),
}


def advance(state: State, deps: Deps) -> Command[Literal["lmm", "tools", "verify"]]:
    """Route each open branch to its tools or back to the model, or all branches to verification.

    Model turns are debited here, before they are sent. Branches that the budget cannot pay are closed.
    """
    reading = deps.read_clock("advance", state)
    said, closed = state.get("transcripts", {}), state.get("closed", {})
    open_now = [name for name in said if name not in closed]
    working = [name for name in open_now if awaits_tools(said[name])]
    waiting = [name for name in open_now if awaits_model(said[name])]
    # Branches of this round that a limit on tokens or money has held back until now.
    held = [name for name, branch in state["branches"].items() if is_held(branch, state)]
    refused = state.get("tools_refused", False) or any(map(has_refused_tools, said.values()))
    left = compute_seconds_left(make_budget(deps.settings, deps.recipe), reading["seconds"])
    asks = [make_ask(name, state, deps, final=False, refused=refused, left=left) for name in (*waiting, *held)]
    wave = plan_wave(state, deps, asks, reading["seconds"], working=bool(working))
    turns = [Send("tools", make_ask(name, state, deps, final=False, refused=refused, left=left)) for name in working]
    turns += [Send("lmm", apply_limits(ask, wave, final=ask["final"] or wave.last)) for ask in wave.paid]
    repairs = describe_repairs(state, waiting)
    update = State(
        seconds=reading["seconds"],
        read_at=reading["read_at"],
        spent={"calls": len(wave.paid)},  # type: ignore[typeddict-item]
        closed={ask["branch"]["id"]: "budget" for ask in wave.closed},
        tools_refused=refused,
        warnings=[*repairs, wave.warning] if wave.warning else repairs,
    )
    return Command(update=update, goto=turns or "verify")


def is_held(branch: Branch, state: State) -> bool:
    """Return whether a branch of this round is waiting for its first call."""
    name = branch["id"]
    unasked = name not in state.get("transcripts", {}) and name not in state.get("closed", {})
    return unasked and branch["round"] == state["round"]


def make_ask(name: str, state: State, deps: Deps, *, final: bool, refused: bool, left: float | None) -> Ask:
    """Make the request for a branch's next turn. After the last allowed tool turn, the model turn is the final one."""
    branch, transcript = state["branches"][name], state.get("transcripts", {}).get(name, [])
    overflows = sum(1 for turn in transcript if get_failure_kind(turn) == "context_overflow")
    return Ask(
        branch=branch,
        photo=state["photo"],
        references=state.get("references"),
        transcript=transcript,
        final=final or count_tool_turns(transcript) >= deps.recipe.max_tool_turns,
        tools=may_call_tools(branch["variant"], deps, refused=refused),
        halvings=overflows,
        seconds_left=left,
    )


def describe_repairs(state: State, waiting: list[str]) -> list[AnswerWarning]:
    """Describe what was changed in the prompts of branches whose last turn failed."""
    kinds = {get_failure_kind(state["transcripts"][name][-1]) for name in waiting if state["transcripts"][name]}
    return [warning for kind, warning in REPAIRS.items() if kind in kinds]


def get_failure_kind(turn: Turn) -> str | None:
    """Return the kind of a model turn's failure; None when it did not fail."""
    return turn["failure"]["kind"] if "failure" in turn else None


def has_refused_tools(transcript: list[Turn]) -> bool:
    """Return whether this branch found that the model does not support tools."""
    return any(get_failure_kind(turn) == "tools_unsupported" for turn in transcript)
