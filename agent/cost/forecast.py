"""What a run will take, before it starts: calls, tokens and money of the first round, and at the very most."""

from dataclasses import asdict

from sextant.agent.cost.pricing import Estimate, estimate, read_price
from sextant.agent.cost.tokens import TOKENS_PER_MESSAGE, image_tokens, text_tokens
from sextant.agent.prompting.opening_prompt import opening
from sextant.agent.settings import Settings, recipe
from sextant.agent.state import Branch, Json, Photo
from sextant.agent.world.toolbox import RETRIEVAL, describe_tools
from sextant.prompts.variants import variant

OUTPUT_TOKENS = 350  # of one answer with its clues, as our answer form asks; measured answers have 100 to 400
LISTED = {"latitude": 48.8584, "longitude": 2.2945, "place": "Saint-Germain-en-Laye, France"}


def forecast(settings: Settings) -> Json:
    """Forecast calls, tokens and dollars for one photo: for the first round without tool turns, and at most.

    Estimates, from the prompts as they will be written, at four characters a token; dollars are None where the price
    is not known.
    """
    plan = recipe(settings)
    asked = [(name, plan.samples or variant(name).samples) for name in plan.variants]
    first = min(sum(samples for _, samples in asked), plan.max_calls)
    tokens = max(prompt_tokens(name, settings) for name in (*plan.variants, *plan.later))
    output = min(OUTPUT_TOKENS, plan.max_output_tokens or settings.max_output_tokens)
    return {
        "model": settings.model,
        "preset": plan.id,
        "first_round": asdict(cost(settings, first, tokens, output)),
        "at_most": asdict(cost(settings, plan.max_calls, tokens, output)),
    }


def cost(settings: Settings, calls: int, input_tokens: int, output_tokens: int) -> Estimate:
    """So many calls of that size, priced."""
    stated = read_price(settings.price) if settings.price else None
    return estimate(settings.model, calls, input_tokens, output_tokens, base_url=settings.base_url, stated=stated)


def prompt_tokens(name: str, settings: Settings) -> int:
    """Estimated tokens of one variant's opening prompt, its pictures and its tools."""
    prompt, plan = variant(name), recipe(settings)
    listed = [LISTED] * 50 if settings.gallery else []
    references: Json = {"nearest": listed, "farthest": listed}
    branch = Branch(id="", round=1, variant=name, sample=0, temperature=0.0, fill={})
    photo = Photo(sha256="", path=None, width=0, height=0, shown="")
    system, user = opening(branch, photo, references, tools=prompt.tools)
    text = text_tokens(system["content"]) + text_tokens(user["content"][0]["text"]) + 2 * TOKENS_PER_MESSAGE
    if prompt.tools and plan.max_tool_turns:
        names = tuple(tool for tool in plan.tools if settings.gallery or tool not in RETRIEVAL)
        text += text_tokens(str(describe_tools(names)))
    pictures = 1 + ("photos" in prompt.references.show)
    return text + pictures * image_tokens(settings.image_side, settings.image_side, plan.image_detail or "high")
