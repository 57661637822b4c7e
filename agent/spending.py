"""The most one further call can cost: what budgets are debited by before the call is made."""

from agent.budget import CallCost
from agent.equipment import Equipment
from agent.opening import opening
from agent.state import State

CHARACTERS_PER_TOKEN = 3  # of English prose it is about 4; fewer keeps the estimate on the safe side
IMAGE_TOKENS = 2500  # above what OpenAI (1,105 for a 1024 px square in high detail) and Qwen2-VL (about 1,400) count


def call_cost(state: State, gear: Equipment) -> CallCost:
    """An upper estimate over the open branches: the longest prompt, the picture, and a full-length answer."""
    if gear.settings.max_tokens is None and gear.settings.max_usd is None:
        return CallCost(tokens=0)
    output = gear.recipe.max_output_tokens or gear.settings.max_output_tokens
    spoken = [sum(len(turn["content"]) for turn in turns) for turns in state.get("transcripts", {}).values()]
    references = gear.references(state.get("references"))
    written = [
        sum(len(str(message["content"])) for message in opening(branch, state["photo"], references, tools=True))
        for branch in state.get("branches", {}).values()
    ]
    prompt = (max(written, default=6000) + max(spoken, default=0)) // CHARACTERS_PER_TOKEN + IMAGE_TOKENS
    price = None
    if gear.settings.max_usd is not None:
        price = gear.ask("price", {"model": gear.settings.model, "input_tokens": prompt, "output_tokens": output})[
            "usd"
        ]
    return CallCost(tokens=prompt + output, usd=price)
