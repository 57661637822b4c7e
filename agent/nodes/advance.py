"""The router of the inner loop: every branch takes one turn, then all branches meet here."""

from typing import Literal

from langgraph.types import Command, Send

from sextant.agent.cost.budget import compute_seconds_left, count_affordable_calls, is_last_wave, make_budget
from sextant.agent.cost.reservation import reserve_call_cost
from sextant.agent.llm.request import may_call_tools
from sextant.agent.state import Ask, State, Turn, awaits_model, awaits_tools, count_tool_turns
from sextant.agent.warning_codes import AnswerWarning, Code, warn
from sextant.agent.world.deps import Deps

REPAIRS = {
    "context_overflow": warn(
        Code.FEWER_REFERENCES, "the prompt was too long for the model; it was asked again with fewer references"
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
    open_now = [name for name in state.get("transcripts", {}) if name not in state.get("closed", {})]
    working = [name for name in open_now if awaits_tools(state["transcripts"][name])]
    waiting = [name for name in open_now if awaits_model(state["transcripts"][name])]
    limit = make_budget(deps.settings, deps.recipe)
    fits = count_affordable_calls(
        limit,
        state["spent"],
        reading["seconds"],
        reserve_call_cost(state, deps, [state["branches"][name] for name in waiting]),
    )
    left = compute_seconds_left(limit, reading["seconds"])
    paid, unpaid = waiting[:fits], waiting[fits:]
    refused = state.get("tools_refused", False) or any(map(refuses_tools, state["transcripts"].values()))
    last = is_last_wave(fits, len(paid))
    turns = [Send("tools", make_ask(name, state, deps, final=False, refused=refused, left=left)) for name in working]
    turns += [Send("lmm", make_ask(name, state, deps, final=last, refused=refused, left=left)) for name in paid]
    update = State(
        seconds=reading["seconds"],
        read_at=reading["read_at"],
        spent={"calls": len(paid)},  # type: ignore[typeddict-item]
        closed=dict.fromkeys(unpaid, "budget"),
        tools_refused=refused,
        warnings=describe_repairs(state, waiting),
    )
    return Command(update=update, goto=turns or "verify")


def make_ask(name: str, state: State, deps: Deps, *, final: bool, refused: bool, left: float | None) -> Ask:
    """Make the request for a branch's next turn. After the last allowed tool turn, the model turn is the final one."""
    branch, transcript = state["branches"][name], state["transcripts"][name]
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


def refuses_tools(transcript: list[Turn]) -> bool:
    """Whether this branch found that the model does not support tools."""
    return any(get_failure_kind(turn) == "tools_unsupported" for turn in transcript)
