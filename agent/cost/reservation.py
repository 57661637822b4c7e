"""The most one further call can cost: what budgets are debited by before the call is made."""

import math
from collections.abc import Sequence

from sextant.agent.cost.budget import CallCost
from sextant.agent.cost.tokens import image_tokens
from sextant.agent.llm.request import tool_names
from sextant.agent.prompting.opening_prompt import opening
from sextant.agent.state import Branch, State
from sextant.agent.world.deps import Deps
from sextant.agent.world.toolbox import describe_tools

CHARACTERS_PER_TOKEN = 2  # of English prose it is about 4, of other scripts down to 1; the sum stays on the safe side
TOOL_RESULT_CHARACTERS = 4000  # of one tool turn: twenty listed photos with their places are about 1,500
# Times the tokens that OpenAI's vision guide gives for GPT-4o; the small model counts a picture 33.3-fold.
PICTURE_FACTORS = (("gpt-4o-mini", 33.4), ("", 2.0))


def call_cost(state: State, deps: Deps, branches: Sequence[Branch]) -> CallCost:
    """Estimate the most a call of these branches can cost: longest prompt, its pictures and tools, longest answer.

    Once calls have returned, none is taken to be smaller than the largest of them.
    """
    settings = deps.settings
    if settings.max_tokens is None and settings.max_usd is None:
        return CallCost(tokens=0)
    output = deps.recipe.max_output_tokens or settings.max_output_tokens
    prompt = max((prompt_tokens(state, deps, branch) for branch in branches), default=0)
    prompt = max(prompt, state["spent"]["largest_prompt"])
    price = None
    if settings.max_usd is not None:
        price = deps.ask("price", {"model": settings.model, "input_tokens": prompt, "output_tokens": output})["usd"]
    return CallCost(tokens=prompt + output, usd=price)


def prompt_tokens(state: State, deps: Deps, branch: Branch) -> int:
    """Return the most tokens a branch's next prompt can have."""
    references = deps.load_references(state.get("references"))
    messages = opening(branch, state["photo"], references, tools=False)
    transcript = state.get("transcripts", {}).get(branch["id"], [])
    pictures = sum(1 for block in messages[1]["content"] if block["type"] == "image")
    pictures += sum(len(turn.get("images", [])) for turn in transcript)
    characters = sum(len(str(message["content"])) for message in messages)
    characters += len(str(describe_tools(tool_names(deps, state.get("references")))))
    characters += sum(len(turn["content"]) for turn in transcript) + TOOL_RESULT_CHARACTERS
    return characters // CHARACTERS_PER_TOKEN + pictures * picture_tokens(deps)


def picture_tokens(deps: Deps) -> int:
    """Return the most tokens one picture of this run can count as."""
    side = deps.settings.image_side
    factor = next(factor for name, factor in PICTURE_FACTORS if name in deps.settings.model)
    return math.ceil(factor * image_tokens(side, side, deps.recipe.image_detail or "high"))
