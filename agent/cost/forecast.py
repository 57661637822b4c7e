"""Forecast of calls, tokens and cost before a run starts: for the first round, and at most."""

from sextant.agent.cost.reservation import is_one_request
from sextant.agent.cost.tokens import TOKENS_PER_MESSAGE, estimate_image_tokens, estimate_text_tokens
from sextant.agent.prompting.needs import select_fillable
from sextant.agent.prompting.opening_prompt import build_opening
from sextant.agent.settings import Settings, choose_listed, make_recipe, price_call_usd
from sextant.agent.state import Branch, Photo
from sextant.agent.verification.baselines.stand_in import NOT_ALIGNED, stands_in
from sextant.agent.warning_codes import AnswerWarning, Code, warn
from sextant.agent.within import describe_known
from sextant.agent.world.offered_tools import list_offered
from sextant.agent.world.toolbox import describe_tools, select_available
from sextant.base.documents.references import ReferenceDocument, ReferencesDocument
from sextant.base.json_types import Json
from sextant.prompts.variants import load_variant

OUTPUT_TOKENS = 350  # one answer with its clues in our answer form; measured answers have 100 to 400
CAMPS = {"leader": "Lisbon", "rival": "Porto", "leader_case": "", "rival_case": ""}
LISTED: ReferenceDocument = {
    "id": "", "latitude": 48.8584, "longitude": 2.2945, "similarity": 0.5, "place": "Saint-Germain-en-Laye, France",
}  # fmt: skip


def forecast(settings: Settings) -> Json:
    """Forecast calls, tokens and dollars for one photo: for the first round without tool turns, and at most.

    These are estimates from the actual prompts at four characters per token; dollars are None when the price is
    unknown.
    """
    plan = make_recipe(settings)
    names = select_fillable(plan.variants, {"list": bool(settings.gallery), "camps": False})
    asked = [(name, plan.samples or load_variant(name).samples) for name in names]
    first = min(sum(samples for _, samples in asked), plan.max_calls)
    prompts = {name: estimate_prompt_tokens(name, settings) for name in (*names, *plan.later)}
    largest = max(prompts.values())
    output = min(OUTPUT_TOKENS, plan.max_output_tokens)
    shared = is_one_request(settings, plan)
    requests = len(asked) if shared else first
    calls = plan.max_calls
    most_requests = len(asked) if shared and not plan.later else calls
    return {
        "model": settings.model,
        "preset": plan.id,
        "first_round": price_calls(settings, first, requests, requests * largest, first * output),
        "at_most": price_calls(
            settings, plan.max_calls, most_requests, most_requests * largest, plan.max_calls * output
        ),
        "warnings": predict_warnings(plan.verify, settings),
    }


def predict_warnings(strategy: str, settings: Settings) -> list[AnswerWarning]:
    """Predict the warnings that a run's answer will carry."""
    unaligned = stands_in(strategy, compares_places=is_aligned(settings))
    return [warn(Code.NOT_ALIGNED, NOT_ALIGNED)] if unaligned else []


def is_aligned(settings: Settings) -> bool:
    """Return whether the run has a gallery that an `aligned:` encoder made.

    Raises:
        SextantError: the gallery cannot be opened.
    """
    if not settings.gallery:
        return False
    from sextant.gallery.store import Gallery

    return Gallery.open(settings.gallery).manifest.encoder.startswith("aligned:")


def price_calls(settings: Settings, calls: int, requests: int, input_tokens: int, output_tokens: int) -> Json:
    """Price a number of calls made in a number of requests, with their total tokens; `offline` uses no tokens."""
    used = settings.model != "offline"
    tokens = input_tokens * used, output_tokens * used
    return {
        "calls": calls,
        "requests": requests,
        "input_tokens": tokens[0],
        "output_tokens": tokens[1],
        "usd": price_call_usd(settings, *tokens),
    }


def estimate_prompt_tokens(name: str, settings: Settings) -> int:
    """Estimate the tokens of one variant's opening prompt, its pictures and its tools."""
    prompt, plan = load_variant(name), make_recipe(settings)
    listed = [LISTED] * 50 if settings.gallery else []
    references: ReferencesDocument = {
        "nearest": listed, "farthest": listed, "sheets": {}, "timings": {}, "warnings": [],
    }  # fmt: skip
    branch = Branch(id="", round=1, variant=name, sample=0, temperature=0.0, fill=CAMPS, listed=choose_listed(plan))
    photo = Photo(sha256="", path=None, width=0, height=0, shown="")
    system, user = build_opening(
        branch, photo, references, tools=prompt.tools, hint=describe_known(settings.hint, settings.within)
    )
    text = (
        estimate_text_tokens(system["content"])
        + estimate_text_tokens(user["content"][0]["text"])
        + 2 * TOKENS_PER_MESSAGE
    )
    if prompt.tools and plan.max_tool_turns:
        names = select_available(plan.tools, gallery=bool(settings.gallery), maps=list_offered(settings))
        text += estimate_text_tokens(str(describe_tools(names)))
    pictures = 1 + ("photos" in prompt.references.show)
    side = plan.image_side
    return text + pictures * estimate_image_tokens(side, side, plan.image_detail or "high")
