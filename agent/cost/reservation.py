"""Budget reservation: which calls are made now, and how long their answers may be, so that no limit is exceeded."""

import math
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

CHARACTERS_PER_TOKEN = 2  # about 4 in English prose, down to 1 in other scripts; 2 keeps the sum on the safe side
FRAME_TOKENS = 4  # role and separators: 3 or 4 a message, and 3 before the answer (OpenAI's token counting guide)
# Multiples of the tokens that OpenAI's vision guide gives for GPT-4o; gpt-4o-mini counts a picture 33.3 times.
PICTURE_FACTORS = (("gpt-4o-mini", 33.4), ("", 2.0))
FIRST_ANSWER_TOKENS = 350  # room for an answer before any was measured; answers in our form have 100 to 400
LEAST_ANSWER_TOKENS = 64  # room for two coordinates in JSON
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
    left = find_left(state, budget)
    measured = "measured" in state["spent"]
    choice = asks if measured else [ask for ask in asks if is_same_request(ask, asks[0], deps)]
    prompts = [bound_measured_prompt(ask, state, deps) for ask in choice]
    prices = ask_prices(deps, budget)
    best: tuple[list[Ask], Cost, int] = ([], Cost(), 0)
    for output in answer_lengths(state, deps):
        paid, cost = fill(choice[:calls], prompts, output, left, prices, deps)
        if len(paid) > len(best[0]):
            best = (paid, cost, output)
        if len(paid) == len(choice[:calls]) or (best[0] and output <= FIRST_ANSWER_TOKENS):
            break
    paid, cost, output = best
    rest = tuple(ask for ask in asks if not any(ask is one for one in paid))
    held, closed = (rest, ()) if paid or (working and calls) else ((), rest)
    full = deps.recipe.max_output_tokens
    return Wave(
        paid=tuple(join_samples(paid, deps)),
        held=held,
        closed=closed,
        output_tokens=None if output >= full else output,
        last=(measured and bool(held)) or not (cost + cost).fits(left),
        warning=describe_shortage(prompts, left, prices, budget, deps) if closed and calls else None,
    )


def fill(
    asks: Sequence[Ask], prompts: Sequence[int], output: int, left: Cost, prices: tuple[float, float], deps: Deps
) -> tuple[list[Ask], Cost]:
    """Take the calls, in order, that fit into what is left; samples of one request pay its prompt once."""
    paid: list[Ask] = []
    total = Cost()
    begun: set[str] = set()
    for ask, prompt in zip(asks, prompts, strict=False):
        shared = is_shared_request(ask, deps)
        once = 0 if shared and ask["branch"]["variant"] in begun else prompt
        cost = make_cost(once, output, prices)
        if (total + cost).fits(left):
            paid.append(ask)
            total += cost
            if shared:
                begun.add(ask["branch"]["variant"])
    return paid, total


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
    if not seen:
        return sorted({full, min(full, FIRST_ANSWER_TOKENS)}, reverse=True)
    near = max(LEAST_ANSWER_TOKENS, math.ceil(1.25 * seen))
    return sorted({full, min(full, max(FIRST_ANSWER_TOKENS, 2 * seen)), min(full, near)}, reverse=True)


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
    """Bound the tokens of a call's prompt: by its characters and pictures, once calls returned by what those measured.

    Content beyond the measured prompt counts as estimated; content it lacks is subtracted at half of its estimate.
    """
    bound = bound_request_tokens(build_model_request(ask, deps), bound_picture_tokens(deps))
    if "measured" not in state["spent"]:
        return bound
    counted, estimated = state["spent"]["measured"]
    more = bound - estimated
    return max(1, math.ceil(counted + (more if more > 0 else more * min(1.0, counted / max(1, estimated)) / 2)))


def bound_request_tokens(request: Json, picture: int) -> int:
    """Bound a request's input tokens from above: two characters a token, its pictures, and the frame of each message.

    Args:
        picture: tokens of one picture.
    """
    pictures, characters = 0, len(str(request["tools"])) if request["tools"] else 0
    for message in request["messages"]:
        blocks = message["content"] if isinstance(message["content"], list) else [{"text": message["content"]}]
        pictures += sum(block.get("type") == "image" for block in blocks)
        characters += sum(len(block.get("text", "")) for block in blocks) + len(str(message.get("tool_calls") or ""))
    frames = FRAME_TOKENS * (len(request["messages"]) + 1)
    return characters // CHARACTERS_PER_TOKEN + pictures * picture + frames


def bound_picture_tokens(deps: Deps) -> int:
    """Bound the tokens of one picture of this run from above, whatever its shape."""
    side, detail = deps.recipe.image_side, deps.recipe.image_detail or "high"
    factor = next(factor for name, factor in PICTURE_FACTORS if name in deps.settings.model)
    return math.ceil(factor * max(estimate_image_tokens(side, side * part // 8, detail) for part in range(1, 9)))


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


def describe_shortage(
    prompts: Sequence[int], left: Cost, prices: tuple[float, float], budget: Budget, deps: Deps
) -> AnswerWarning:
    """Describe the estimate of the next call and what the limit leaves."""
    cost = make_cost(min(prompts), min(deps.recipe.max_output_tokens, FIRST_ANSWER_TOKENS), prices)
    needed, there = f"{cost.tokens:,.0f} tokens", f"{max(0.0, left.tokens):,.0f} are left of --max-tokens"
    if budget.usd is not None and not Cost(0, cost.usd).fits(left):
        needed, there = f"${cost.usd:.4f}", f"${max(0.0, left.usd):.4f} is left of --max-usd"
    text = f"no further call was made: the next is estimated at up to {needed}, and {there}"
    return warn(Code.BUDGET_SPENT, text)
