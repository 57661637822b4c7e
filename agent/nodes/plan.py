"""The planner: which prompts this round asks, within what the budget has left, debited before they are sent."""

from typing import Literal

from langgraph.types import Command, Send

from sextant.agent.cost.budget import affordable, is_last_wave, limits, seconds_left
from sextant.agent.cost.reservation import call_cost
from sextant.agent.llm.request import may_call_tools
from sextant.agent.prompting.disagreement import contrast_words
from sextant.agent.state import Ask, Branch, State
from sextant.agent.world.deps import Deps
from sextant.prompts.variants import variant


def plan(state: State, deps: Deps) -> Command[Literal["lmm", "verify"]]:
    """Send this round's branches to the model, or straight to verification when no call is left."""
    number = state.get("round", 0) + 1
    reading = deps.read_clock("plan", state)
    wanted = branches(number, state, deps)
    limit = limits(deps.settings, deps.recipe)
    fits = affordable(limit, state["spent"], reading["seconds"], call_cost(state, deps, wanted))
    chosen = wanted[:fits]
    update = State(
        round=number,
        seconds=reading["seconds"],
        read_at=reading["read_at"],
        branches={branch["id"]: branch for branch in chosen},
        closed={branch["id"]: "budget" for branch in wanted[fits:]},
        spent={"calls": len(chosen)},  # type: ignore[typeddict-item]
    )
    if not chosen:
        return Command(update=update, goto="verify")
    final = is_last_wave(fits, len(chosen)) or deps.recipe.max_tool_turns == 0
    deps.on_event({"step": "plan", "round": number, "branches": [branch["id"] for branch in chosen]})
    left = seconds_left(limit, reading["seconds"])
    asks = [Send("lmm", first_ask(branch, state, deps, final=final, seconds_left=left)) for branch in chosen]
    return Command(update=update, goto=asks)


def branches(number: int, state: State, deps: Deps) -> list[Branch]:
    """Return the branches of a round, one for each sample, the first sample of every variant before the second.

    Round 1 asks the preset's variants. Later rounds ask its later ones, and those that speak of a leader and a rival
    only when there are both.
    """
    recipe = deps.recipe
    words = contrast_words(state) if number > 1 else {}
    wanted = []
    for name in recipe.variants if number == 1 else recipe.later:
        prompt = variant(name)
        if "{leader}" in prompt.strategy and not words:
            continue
        for sample in range(recipe.samples or prompt.samples):
            branch = Branch(
                id=f"{number}.{prompt.id}.{sample}",
                round=number,
                variant=name,
                sample=sample,
                temperature=prompt.temperature if recipe.temperature is None else recipe.temperature,
                fill=words if "{leader}" in prompt.strategy else {},
            )
            wanted.append(branch)
    return sorted(wanted, key=lambda branch: branch["sample"])


def first_ask(branch: Branch, state: State, deps: Deps, *, final: bool, seconds_left: float | None) -> Ask:
    """Return a branch's first turn."""
    return Ask(
        branch=branch,
        photo=state["photo"],
        references=state.get("references"),
        transcript=[],
        final=final,
        tools=may_call_tools(branch["variant"], deps, refused=state.get("tools_refused", False)),
        halvings=0,
        seconds_left=seconds_left,
    )
