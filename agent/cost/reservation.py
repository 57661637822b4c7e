"""Budget reservation: which calls are made now, and how long their answers may be, so that no limit is exceeded."""

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass

from sextant.agent.cost.budget import Budget, count_calls_left, is_last_wave, make_budget
from sextant.agent.cost.tokens import estimate_image_tokens
from sextant.agent.llm.request import build_model_request
from sextant.agent.settings import Recipe, Settings
from sextant.agent.state import Ask, State
from sextant.agent.warning_codes import AnswerWarning, Code, warn
from sextant.agent.world.deps import Deps
from sextant.base.json_types import Json

LETTERS_PER_TOKEN = 3.5  # 4 and more in English prose
TOKENS_PER_LETTER = (
    2  # of other scripts, for tokenizers that fall back to bytes; digits and marks can be one token each
)
TOOL_CHARACTERS_PER_TOKEN = 3  # JSON schemas with English descriptions
FRAME_TOKENS = 4  # role and separators: 3 or 4 a message, and 3 before the answer (OpenAI's token counting guide)
# By a word in the model's name: the multiple of the tokens that OpenAI's vision guide gives for GPT-4o, and the least
# tokens that are reserved. gpt-4o-mini counts a picture 33.3 times; the smaller models after it cut pictures into at
# most 1,536 patches, which count up to 2.46 times; LLaVA-NeXT, which knows no detail, makes up to 2,880 tokens.
# Claude's vision guide gives at most 4,784 a picture; Pixtral cuts 1,024 px into patches of 16 px, with row marks.
PICTURE_BOUNDS = (
    ("gpt-4o-mini", 33.4, 0),
    ("gpt-4o", 2.0, 0),
    ("gpt-4-", 2.0, 0),
    ("-nano", 2.0, 3_779),
    ("claude", 2.0, 4_784),
    ("pixtral", 2.0, 4_160),
    ("", 2.0, 2_880),
)
FIRST_ANSWER_TOKENS = 350  # room for an answer before any was measured; answers in our form have 100 to 400
LEAST_ANSWER_TOKENS = 64  # room for two coordinates in JSON, which our forms state first
WORDS = string.ascii_letters + string.whitespace
PRICED = 1_000_000  # tokens that the price is asked for


@dataclass(frozen=True)
class Cost:
    """Tokens in and out together, and US dollars."""

    tokens: float = 0.0
    usd: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.tokens + other.tokens, self.usd + other.usd)

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.tokens - other.tokens, self.usd - other.usd)

    def fits(self, left: "Cost") -> bool:
        """Return whether the rest covers both."""
        # A billionth of slack: sums of prices are not exact in binary.
        return self.tokens <= left.tokens and self.usd <= left.usd + 1e-9


@dataclass(frozen=True)
class Wave:
    """The calls that are made now, in order, and those that wait for what the budget has left afterwards.

    Attributes:
        closed: calls that the budget cannot pay at all.
        output_tokens: the longest answer, where the budget leaves less than the recipe allows; None as the recipe says.
        last: whether each call has to answer now, without another tool turn.
        warning: why calls are closed; None where none are, or where only their number is limited.
    """

    paid: tuple[Ask, ...]
    held: tuple[Ask, ...]
    closed: tuple[Ask, ...]
    output_tokens: int | None
    last: bool
    warning: AnswerWarning | None = None


def plan_wave(state: State, deps: Deps, asks: Sequence[Ask], seconds: float, *, working: bool = False) -> Wave:
    """Choose which of these calls the budget pays now.

    Until a call has returned, the prompt is an upper estimate and one request is made alone; after that, prompts are
    estimated in proportion to what was measured.

    Args:
        seconds: wall-clock time the run has taken so far.
        working: whether tools are at work, whose branches will call the model again.
    """
    budget = make_budget(deps.settings, deps.recipe)
    calls = count_calls_left(budget, state["spent"], seconds)
    if budget.tokens is None and budget.usd is None:
        first = asks[:calls]
        return Wave(tuple(join_samples(first, deps)), (), tuple(asks[calls:]), None, is_last_wave(calls, len(first)))
    measured = "measured" in state["spent"]
    choice = asks if measured else [ask for ask in asks if is_same_request(ask, asks[0], deps)]
    prices = ask_prices(deps, budget)
    best = choose_calls(choice[:calls], prices, state, deps)
    if not best.room and any(map(may_use_tools, choice)):
        plain = choose_calls([without_tools(ask) for ask in choice[:calls]], prices, state, deps)
        best = plain if plain.calls and len(plain.calls) >= len(best.calls) else best
    paid = {ask["branch"]["id"] for ask in best.calls}
    rest = tuple(ask for ask in asks if ask["branch"]["id"] not in paid)
    held, closed = (rest, ()) if paid or (working and calls) else ((), rest)
    full = deps.recipe.max_output_tokens
    return Wave(
        paid=tuple(join_samples(best.calls, deps)),
        held=held,
        closed=closed,
        output_tokens=None if best.output_tokens >= full else best.output_tokens,
        last=(measured and bool(held)) or not best.room,
        warning=describe_shortage(choice, prices, state, deps) if closed and calls else None,
    )


@dataclass(frozen=True)
class CallSelection:
    """The calls that fit into what is left, how long their answers may be, and whether as much would fit once more."""

    calls: list[Ask]
    output_tokens: int
    room: bool


def choose_calls(asks: Sequence[Ask], prices: tuple[float, float], state: State, deps: Deps) -> CallSelection:
    """Choose the length of answers that pays most calls, then leaves room for tool turns, then is longest."""
    left = find_left(state, make_budget(deps.settings, deps.recipe))
    prompts = [bound_measured_prompt(ask, state, deps) for ask in asks]
    turns = any(map(may_use_tools, asks))
    best, best_worth = CallSelection([], 0, room=False), (0, False)
    for output in answer_lengths(state, deps):
        paid, cost = fill(asks, prompts, output, left, prices, deps)
        room = bool(paid) and (cost + cost).fits(left)
        worth = len(paid), turns and room
        if worth > best_worth:
            best, best_worth = CallSelection(paid, output, room), worth
    return best


def may_use_tools(ask: Ask) -> bool:
    """Return whether the model may call a tool in this turn."""
    return ask["tools"] and not ask["final"]


def without_tools(ask: Ask) -> Ask:
    """Return the first turn of a branch without tools: photos are listed instead, which takes fewer tokens."""
    return ask if ask["transcript"] else {**ask, "tools": False}


def fill(
    asks: Sequence[Ask], prompts: Sequence[int], output: int, left: Cost, prices: tuple[float, float], deps: Deps
) -> tuple[list[Ask], Cost]:
    """Take the calls that fit into what is left, request by request; samples of one request pay its prompt once.

    A request that cannot hold as many samples as the recipe keeps is not made: most of its price is the prompt.
    """
    paid: list[Ask] = []
    total = Cost()
    for group in list_requests(list(zip(asks, prompts, strict=False)), deps):
        taken: list[Ask] = []
        cost = total
        for ask, prompt in group:
            more = cost + make_cost(0 if taken else prompt, output, prices)
            if more.fits(left):
                taken.append(ask)
                cost = more
        if len(taken) >= count_least_samples(len(group), deps):
            paid += taken
            total = cost
    return paid, total


def count_least_samples(wanted: int, deps: Deps) -> int:
    """Count the samples for which a request is worth its prompt: as many as the recipe keeps."""
    return min(wanted, deps.recipe.keep_samples or 1)


def list_requests(asks: list[tuple[Ask, int]], deps: Deps) -> list[list[tuple[Ask, int]]]:
    """List the calls, each with its prompt's tokens, by the request that they share, in order of the first of each."""
    requests: dict[str, list[tuple[Ask, int]]] = {}
    for ask, prompt in asks:
        branch = ask["branch"]
        request = branch["variant"] if is_shared_request(ask, deps) else branch["id"]
        requests.setdefault(request, []).append((ask, prompt))
    return list(requests.values())


def make_cost(prompt: int, output: int, prices: tuple[float, float]) -> Cost:
    """Make the cost of a call; ``prices`` are dollars per token, in and out."""
    return Cost(prompt + output, prompt * prices[0] + output * prices[1])


def ask_prices(deps: Deps, budget: Budget) -> tuple[float, float]:
    """Ask for the model's price per token, in and out; infinite when unknown, 0 without a money limit."""
    if budget.usd is None:
        return 0.0, 0.0
    found = []
    for tokens in ((PRICED, 0), (0, PRICED)):
        request = {"model": deps.settings.model, "input_tokens": tokens[0], "output_tokens": tokens[1]}
        usd = deps.ask("price", request)["usd"]
        found.append(math.inf if usd is None else usd / PRICED)
    return found[0], found[1]


def find_left(state: State, budget: Budget) -> Cost:
    """Find what the limits on tokens and money leave; infinite where there is none."""
    spent = state["spent"]
    tokens = math.inf if budget.tokens is None else budget.tokens - spent["input_tokens"] - spent["output_tokens"]
    return Cost(tokens, math.inf if budget.usd is None else budget.usd - spent["usd"])


def answer_lengths(state: State, deps: Deps) -> list[int]:
    """List how long an answer may be, the longest first: as the recipe says, or closer to those that were measured."""
    full, seen = deps.recipe.max_output_tokens, state["spent"].get("largest_output", 0)
    if seen:
        near = {max(LEAST_ANSWER_TOKENS, math.ceil(factor * seen)) for factor in (1.25, 1.0)}
        return sorted({min(full, length) for length in (full, max(FIRST_ANSWER_TOKENS, 2 * seen), *near)}, reverse=True)
    return sorted({full, min(full, FIRST_ANSWER_TOKENS), min(full, LEAST_ANSWER_TOKENS)}, reverse=True)


def can_pay_another(state: State, deps: Deps) -> bool:
    """Return whether the budget can pay for one more call of the size of the largest so far."""
    budget = make_budget(deps.settings, deps.recipe)
    if count_calls_left(budget, state["spent"], state["seconds"]) == 0:
        return False
    if budget.tokens is None and budget.usd is None:
        return True
    prices = ask_prices(deps, budget)
    cost = make_cost(state["spent"]["largest_prompt"], answer_lengths(state, deps)[-1], prices)
    return cost.fits(find_left(state, budget))


def bound_measured_prompt(ask: Ask, state: State, deps: Deps) -> int:
    """Bound the tokens of a call's prompt: by its text and pictures, once calls returned by what those measured."""
    request = build_model_request(ask, deps)
    bound = bound_request_tokens(request, bound_picture_tokens(deps))
    return correct_bound(bound, len(request["messages"]), state["spent"].get("measured"))


def correct_bound(bound: int, messages: int, measured: Sequence[int] | None) -> int:
    """Correct the bound of a prompt by a measured one.

    Content beyond the measured prompt counts as estimated; content it lacks is subtracted at half of its estimate.
    What the measured prompt took beyond its estimate is expected again of every further message.

    Args:
        messages: the number of messages in the prompt.
        measured: counted tokens, estimated tokens and messages of the measured prompt; None leaves the bound as it is.
    """
    if measured is None:
        return bound
    counted, estimated, known = measured
    more = bound - estimated
    more_tokens = more if more > 0 else more * min(1.0, counted / max(1, estimated)) / 2
    further = max(0, counted - estimated) * max(0.0, messages / known - 1)
    return max(1, math.ceil(counted + more_tokens + further))


def bound_request_tokens(request: Json, picture: int) -> int:
    """Bound a request's input tokens from above: its text, its pictures, and the frame of each message.

    Args:
        picture: tokens of one picture.
    """
    pictures, text = 0, math.ceil(len(str(request["tools"] or "")) / TOOL_CHARACTERS_PER_TOKEN)
    for message in request["messages"]:
        blocks = message["content"] if isinstance(message["content"], list) else [{"text": message["content"]}]
        pictures += sum(block.get("type") == "image" for block in blocks)
        text += sum(bound_text_tokens(block.get("text", "")) for block in blocks)
        text += bound_text_tokens(str(message.get("tool_calls") or ""))
    frames = FRAME_TOKENS * (len(request["messages"]) + 1)
    return text + pictures * picture + frames


def bound_text_tokens(text: str) -> int:
    """Bound the tokens of a text from above: words of Latin letters, digits and marks, other scripts."""
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    words = sum(text.count(letter) for letter in WORDS)
    return math.ceil(words / LETTERS_PER_TOKEN) + (len(text) - foreign - words) + TOKENS_PER_LETTER * foreign


def bound_picture_tokens(deps: Deps) -> int:
    """Bound the tokens of one picture of this run from above, whatever its shape."""
    return bound_picture(deps.settings.model, deps.recipe)


def bound_picture(model: str, recipe: Recipe) -> int:
    """Bound the tokens that a model counts for one picture of a recipe from above, whatever its shape."""
    side, detail = recipe.image_side, recipe.image_detail or "high"
    factor, least = next((factor, least) for name, factor, least in PICTURE_BOUNDS if name in model)
    estimate = max(estimate_image_tokens(side, side * part // 8, detail) for part in range(1, 9))
    return max(least, math.ceil(factor * estimate))


def is_shared_request(ask: Ask, deps: Deps) -> bool:
    """Return whether a call shares a request with the other samples of its prompt: only in its first turn."""
    return is_one_request(deps.settings, deps.recipe) and not ask["transcript"]


def is_one_request(settings: Settings, recipe: Recipe) -> bool:
    """Return whether the samples of a prompt share one request: recipe and protocol must both support it."""
    return recipe.one_request and settings.model.startswith("openai:")


def is_same_request(ask: Ask, first: Ask, deps: Deps) -> bool:
    """Return whether a call is the first one, or shares its request."""
    same = ask["branch"]["variant"] == first["branch"]["variant"]
    return ask is first or (same and is_shared_request(ask, deps) and is_shared_request(first, deps))


def join_samples(paid: Sequence[Ask], deps: Deps) -> list[Ask]:
    """Add to each call that shares a request the samples requested in it."""
    samples: dict[str, list[int]] = {}
    for ask in paid:
        if is_shared_request(ask, deps):
            samples.setdefault(ask["branch"]["variant"], []).append(ask["branch"]["sample"])
    groups = {variant: numbers for variant, numbers in samples.items() if len(numbers) > 1}
    return [
        {**ask, "together": groups[ask["branch"]["variant"]]}
        if is_shared_request(ask, deps) and ask["branch"]["variant"] in groups
        else ask
        for ask in paid
    ]


def describe_shortage(asks: Sequence[Ask], prices: tuple[float, float], state: State, deps: Deps) -> AnswerWarning:
    """Describe the estimate of the cheapest of these calls and what the limit leaves."""
    budget, shortest = make_budget(deps.settings, deps.recipe), answer_lengths(state, deps)[-1]
    left = find_left(state, budget)
    prompts = [bound_measured_prompt(ask, state, deps) for ask in asks]
    groups = list_requests(list(zip(asks, prompts, strict=True)), deps)
    costs = [make_cost(group[0][1], shortest * count_least_samples(len(group), deps), prices) for group in groups]
    cost = min(costs, key=lambda one: (one.usd, one.tokens))
    needed, there = f"{cost.tokens:,.0f} tokens", f"{max(0.0, left.tokens):,.0f} are left of --max-tokens"
    if budget.usd is not None and not Cost(0, cost.usd).fits(left):
        needed, there = f"${cost.usd:.4f}", f"${max(0.0, left.usd):.4f} is left of --max-usd"
    text = f"no further call was made: the next is estimated at up to {needed}, and {there}"
    return warn(Code.BUDGET_SPENT, text)
