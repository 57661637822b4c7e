"""Forecast of calls, tokens, cost and requests to open services before a run starts: first round, and at most."""

from sextant.agent.cost.reservation import FRAME_TOKENS, bound_picture, bound_text_tokens, is_one_request
from sextant.agent.cost.tokens import TOKENS_PER_MESSAGE, estimate_image_tokens, estimate_text_tokens
from sextant.agent.guard.quoting import LONGEST
from sextant.agent.nodes.plan import PICTURES
from sextant.agent.nodes.tools import MOST_CALLS
from sextant.agent.prompting.needs import select_fillable
from sextant.agent.prompting.opening_prompt import build_opening
from sextant.agent.settings import Settings, choose_listed, make_recipe, price_call_usd
from sextant.agent.state import Branch, LookedPlace, Photo
from sextant.agent.verification.baselines.stand_in import NOT_ALIGNED, stands_in
from sextant.agent.verification.scoring.judgements import may_judge
from sextant.agent.warning_codes import AnswerWarning, Code, warn
from sextant.agent.within import describe_known
from sextant.agent.world.offered_tools import list_offered, select_available
from sextant.agent.world.tool_names import PICTURE_TOOL
from sextant.agent.world.toolbox import describe_tools
from sextant.base.documents.references import ReferenceDocument, ReferencesDocument
from sextant.base.json_types import Json
from sextant.prompts.variants import load_variant

OUTPUT_TOKENS = 350  # one answer with its clues in our answer form; measured answers have 100 to 400
CAMPS = {"leader": "Lisbon", "rival": "Porto", "leader_case": "", "rival_case": ""}
RESULT_TOKENS = 2 * LONGEST  # of one tool's result: quoted text is cut there; fifty listed photos take as much
LISTED: ReferenceDocument = {
    "id": "", "latitude": 48.8584, "longitude": 2.2945, "similarity": 0.5, "place": "Saint-Germain-en-Laye, France",
}  # fmt: skip

LOOKED = LookedPlace(latitude=48.8584, longitude=2.2945, sheet="", pictures=PICTURES)


def forecast(settings: Settings) -> Json:
    """Forecast calls, tokens and dollars for one photo, and requests to open services.

    The first round is an estimate without tool turns, from the actual prompts at four characters a token. The most is a
    bound: long answers, a second look with all its sheets, and tools that return as much as they may. Dollars are None
    when the price is unknown.
    """
    plan = make_recipe(settings)
    names = select_fillable(plan.variants, {"list": bool(settings.gallery), "camps": False})
    asked = [(name, plan.samples or load_variant(name).samples) for name in names]
    first = min(sum(samples for _, samples in asked), plan.max_calls)
    output = min(OUTPUT_TOKENS, plan.max_output_tokens)
    shared = is_one_request(settings, plan)
    requests = len(asked) if shared else first
    calls = plan.max_calls
    most_requests = len(asked) if shared and not plan.later else calls
    largest = max(estimate_prompt_tokens(name, settings) for name in names)
    later = [name for name in plan.later if "exemplars" not in load_variant(name).required or looks_again(settings)]
    most = max(bound_branch_tokens(name, settings, most_requests) for name in (*names, *later))
    return {
        "model": settings.model,
        "preset": plan.id,
        "first_round": price_calls(settings, first, requests, requests * largest, first * output),
        "at_most": apply_limits(
            price_calls(settings, calls, most_requests, most, calls * plan.max_output_tokens), settings
        ),
        "online": {"at_most": count_online_requests(settings)},
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
    texts, pictures, tools = draft_opening(name, settings)
    plan = make_recipe(settings)
    side = plan.image_side
    text = sum(map(estimate_text_tokens, texts)) + estimate_text_tokens(tools) + 2 * TOKENS_PER_MESSAGE
    return text + pictures * estimate_image_tokens(side, side, plan.image_detail or "high")


def apply_limits(most: Json, settings: Settings) -> Json:
    """Return the most that is spent under the run's own limits on tokens and money."""
    limited = dict(most)
    if settings.max_tokens is not None:
        limited["input_tokens"] = min(most["input_tokens"], settings.max_tokens)
        limited["output_tokens"] = min(most["output_tokens"], settings.max_tokens - limited["input_tokens"])
        limited["usd"] = price_call_usd(settings, most["input_tokens"], most["output_tokens"])
    if settings.max_usd is not None and limited["usd"] is not None:
        limited["usd"] = min(limited["usd"], settings.max_usd)
    return limited


def bound_branch_tokens(name: str, settings: Settings, calls: int) -> int:
    """Bound the prompt tokens of calls that all go to branches of one variant: openings, and what tool turns add."""
    texts, pictures, tools = draft_opening(name, settings)
    plan = make_recipe(settings)
    picture = bound_picture(settings.model, plan)
    opening = sum(map(bound_text_tokens, texts)) + bound_text_tokens(tools) + pictures * picture + 3 * FRAME_TOKENS
    if not tools:
        return calls * opening
    names = select_available(plan.tools, gallery=bool(settings.gallery), maps=list_offered(settings))
    shown = picture if {"zoom", PICTURE_TOOL} & set(names) else 0
    turn = plan.max_output_tokens + MOST_CALLS * (RESULT_TOKENS + shown + 2 * FRAME_TOKENS)
    turns = [number % (plan.max_tool_turns + 1) for number in range(calls)]  # of tools before each call
    return calls * opening + sum(turns) * turn


def draft_opening(name: str, settings: Settings) -> tuple[list[str], int, str]:
    """Draft one variant's opening prompt: its texts, the number of its pictures, and its tools as text."""
    prompt, plan = load_variant(name), make_recipe(settings)
    listed = [LISTED] * 50 if settings.gallery else []
    references: ReferencesDocument = {
        "nearest": listed, "farthest": listed, "sheets": {}, "timings": {}, "warnings": [],
    }  # fmt: skip
    branch = Branch(id="", round=1, variant=name, sample=0, temperature=0.0, fill=CAMPS, listed=choose_listed(plan))
    if "exemplars" in prompt.required:
        branch["looked"] = [LOOKED] * settings.second_look
    photo = Photo(sha256="", path=None, width=0, height=0, shown="")
    system, user = build_opening(
        branch, photo, references, tools=prompt.tools, hint=describe_known(settings.hint, settings.within)
    )
    texts = [system["content"], *(block["text"] for block in user["content"] if "text" in block)]
    pictures = sum("text" not in block for block in user["content"]) + ("photos" in prompt.references.show)
    tools = ""
    if prompt.tools and plan.max_tool_turns:
        names = select_available(plan.tools, gallery=bool(settings.gallery), maps=list_offered(settings))
        tools = str(describe_tools(names))
    return texts, pictures, tools


def looks_again(settings: Settings) -> bool:
    """Return whether a later round may compare the leading places with pictures."""
    return bool(settings.second_look) and may_judge(settings.model)


def count_online_requests(settings: Settings) -> int:
    """Count the requests to open services that one photo may take at most: tool calls, and second looks."""
    if not settings.online:  # the clients of services take long to load
        return 0
    from sextant.agent.world.online import count_look_requests, count_tool_requests, list_online_tools

    plan = make_recipe(settings)
    offered = select_available(plan.tools, gallery=True, maps=list_online_tools(settings.online))
    turns = plan.max_calls * plan.max_tool_turns // (plan.max_tool_turns + 1)
    looks = max(0, plan.max_rounds - 1) * settings.second_look if looks_again(settings) else 0
    return turns * MOST_CALLS * count_tool_requests(settings.online, offered) + looks * count_look_requests(
        settings.online, PICTURES
    )
