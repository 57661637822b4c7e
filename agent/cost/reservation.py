"""Reservation of budget: the most that one further call can cost, debited before the call is made."""

import math
from collections.abc import Sequence

from sextant.agent.cost.budget import CallCost
from sextant.agent.cost.tokens import estimate_image_tokens
from sextant.agent.llm.request import list_tool_names
from sextant.agent.prompting.opening_prompt import build_opening
from sextant.agent.state import Branch, State
from sextant.agent.world.deps import Deps
from sextant.agent.world.toolbox import describe_tools

CHARACTERS_PER_TOKEN = 2  # about 4 in English prose, down to 1 in other scripts; 2 keeps the sum on the safe side
TOOL_RESULT_CHARACTERS = 4000  # one tool turn: twenty listed photos with their places are about 1,500
# Multiples of the tokens that OpenAI's vision guide gives for GPT-4o; gpt-4o-mini counts a picture 33.3 times.
PICTURE_FACTORS = (("gpt-4o-mini", 33.4), ("", 2.0))


def reserve_call_cost(state: State, deps: Deps, branches: Sequence[Branch]) -> CallCost:
    """Estimate the most a call of these branches can cost: longest prompt, its pictures and tools, longest answer.

    Once calls have returned, the reservation is at least as large as the largest of them.
    """
    settings = deps.settings
    if settings.max_tokens is None and settings.max_usd is None:
        return CallCost(tokens=0)
    output = deps.recipe.max_output_tokens
    prompt = max((bound_prompt_tokens(state, deps, branch) for branch in branches), default=0)
    prompt = max(prompt, state["spent"]["largest_prompt"])
    price = None
    if settings.max_usd is not None:
        price = deps.ask("price", {"model": settings.model, "input_tokens": prompt, "output_tokens": output})["usd"]
    return CallCost(tokens=prompt + output, usd=price)


def bound_prompt_tokens(state: State, deps: Deps, branch: Branch) -> int:
    """Bound the tokens of a branch's next prompt from above."""
    references = deps.load_references(state.get("references"))
    messages = build_opening(branch, state["photo"], references, tools=False)
    transcript = state.get("transcripts", {}).get(branch["id"], [])
    pictures = sum(1 for block in messages[1]["content"] if block["type"] == "image")
    pictures += sum(len(turn.get("images", [])) for turn in transcript)
    characters = sum(len(str(message["content"])) for message in messages)
    characters += len(str(describe_tools(list_tool_names(deps, state.get("references")))))
    characters += sum(len(turn["content"]) for turn in transcript) + TOOL_RESULT_CHARACTERS
    return characters // CHARACTERS_PER_TOKEN + pictures * bound_picture_tokens(deps)


def bound_picture_tokens(deps: Deps) -> int:
    """Bound the tokens of one picture of this run from above."""
    side = deps.recipe.image_side
    factor = next(factor for name, factor in PICTURE_FACTORS if name in deps.settings.model)
    return math.ceil(factor * estimate_image_tokens(side, side, deps.recipe.image_detail or "high"))
