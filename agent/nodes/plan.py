"""The planner: chooses this round's prompts within the budget left, and debits them before they are sent."""

from collections.abc import Sequence
from typing import Literal, cast

from langgraph.types import Command, Send

from sextant.agent.cost.budget import compute_seconds_left, make_budget
from sextant.agent.cost.reservation import Wave, plan_wave
from sextant.agent.llm.request import may_call_tools
from sextant.agent.nodes.second_look import is_planned
from sextant.agent.prompting.disagreement import collect_contrast_words
from sextant.agent.prompting.looked_places import find_leading_places
from sextant.agent.prompting.needs import select_fillable
from sextant.agent.settings import choose_listed
from sextant.agent.state import Ask, Branch, LookedPlace, State
from sextant.agent.world.deps import Deps
from sextant.base.documents.answer import SentDocument
from sextant.base.json_types import Document
from sextant.prompts.variants import load_variant

PICTURES = 4  # a place: the best of four counted in pinpoint-rl's comparison of candidates


def plan(state: State, deps: Deps) -> Command[Literal["lmm", "verify"]]:
    """Send this round's branches to the model, or straight to verification when no call is left."""
    number = state.get("round", 0) + 1
    reading = deps.read_clock("plan", state)
    looked, sent = gather_exemplars(number, state, deps)
    wanted = make_branches(number, state, deps, looked)
    left = compute_seconds_left(make_budget(deps.settings, deps.recipe), reading["seconds"])
    wave = plan_wave(state, deps, [make_first_ask(branch, state, deps, left) for branch in wanted], reading["seconds"])
    asked = [ask["branch"] for ask in (*wave.paid, *wave.held)]
    update = State(
        round=number,
        seconds=reading["seconds"],
        read_at=reading["read_at"],
        branches={branch["id"]: branch for branch in asked},
        closed={ask["branch"]["id"]: "budget" for ask in wave.closed},
        spent={"calls": len(wave.paid)},  # type: ignore[typeddict-item]
    )
    if sent:
        update["sent"] = sent
    if wave.warning:
        update["warnings"] = [wave.warning]
    if not wave.paid:
        return Command(update=update, goto="verify")
    final = wave.last or deps.recipe.max_tool_turns == 0
    deps.on_event({"step": "plan", "round": number, "branches": [branch["id"] for branch in asked]})
    asks = [Send("lmm", apply_limits(ask, wave, final=final)) for ask in wave.paid]
    return Command(update=update, goto=asks)


def gather_exemplars(number: int, state: State, deps: Deps) -> tuple[list[LookedPlace], list[SentDocument]]:
    """Gather pictures of the leading places for a second look, and list what was sent for them.

    None are gathered in the first round, for models whose judgement weighs nothing, for places that were looked at
    before, or where no prompt of the round compares.
    """
    verdict = state.get("verdict")
    if number == 1 or not verdict or not is_planned(deps):
        return [], []
    leading = find_leading_places(deps.blobs.get_json(verdict["candidates"]), deps.settings.second_look)
    places = [{"latitude": latitude, "longitude": longitude} for latitude, longitude in leading]
    earlier = [list_positions(branch["looked"]) for branch in state.get("branches", {}).values() if "looked" in branch]
    if not places or list_positions(places) in earlier:
        return [], []
    reply = deps.ask("exemplars", {"photo": state["photo"]["sha256"], "places": places, "count": PICTURES})
    looked = [cast(LookedPlace, place) for place in reply["places"] if place["sheet"]]
    return ([] if list_positions(looked) in earlier else looked), reply.get("sent", [])


def list_positions(places: Sequence[Document]) -> list[tuple[float, float]]:
    """Return the positions of places, sorted."""
    return sorted((place["latitude"], place["longitude"]) for place in places)


def make_branches(number: int, state: State, deps: Deps, looked: list[LookedPlace]) -> list[Branch]:
    """Make the branches of a round, one per sample, the first sample of every variant before the second.

    Round 1 uses the preset's ``variants``, later rounds its ``later`` ones. Variants that name a leader and a rival
    are used only when both exist.
    """
    recipe = deps.recipe
    references = deps.load_references(state.get("references"))
    words = collect_contrast_words(state, references) if number > 1 else {}
    had = {"camps": bool(words), "list": bool(references and references["nearest"]), "exemplars": bool(looked)}
    listed = choose_listed(recipe)
    settled = number > 1 and state["verdict"]["agreement"]
    wanted = []
    for name in select_fillable(recipe.variants if number == 1 else recipe.later, had, first_round=number == 1):
        prompt = load_variant(name)
        if settled and "exemplars" not in prompt.required:
            continue  # no other call was worth its price
        asked = sum(branch["variant"] == name for branch in state.get("branches", {}).values())
        temperature = prompt.temperature if recipe.temperature is None else recipe.temperature
        if asked and temperature == 0 and "camps" not in prompt.required:
            continue  # the very call was paid for in an earlier round
        # Samples are numbered through all rounds, so that a later round draws with other seeds.
        for sample in range(asked, asked + (recipe.samples or prompt.samples)):
            branch = Branch(
                id=f"{number}.{prompt.id}.{sample}",
                round=number,
                variant=name,
                sample=sample,
                temperature=None if temperature == "omit" else temperature,
                fill=words if "camps" in prompt.required else {},
            )
            if listed:
                branch["listed"] = listed
            if "exemplars" in prompt.required:
                branch["looked"] = looked
            wanted.append(branch)
    return sorted(wanted, key=lambda branch: branch["sample"])


def make_first_ask(branch: Branch, state: State, deps: Deps, seconds_left: float | None) -> Ask:
    """Make the request for a branch's first turn."""
    return Ask(
        branch=branch,
        photo=state["photo"],
        references=state.get("references"),
        transcript=[],
        final=deps.recipe.max_tool_turns == 0,
        tools=may_call_tools(branch["variant"], deps, refused=state.get("tools_refused", False)),
        halvings=0,
        seconds_left=seconds_left,
    )


def apply_limits(ask: Ask, wave: Wave, *, final: bool) -> Ask:
    """Return the request with what its wave allows: whether it must answer now, and how long the answer may be."""
    limited: Ask = {**ask, "final": final}
    if wave.output_tokens is not None:
        limited["output_tokens"] = wave.output_tokens
    return limited
