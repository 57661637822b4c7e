"""What a run may spend, and how many further calls fit. Asked before every fan-out, so no branch can overshoot."""

import math
from dataclasses import dataclass

from sextant.agent.settings import Settings
from sextant.agent.state import Spent
from sextant.prompts.presets import Preset


@dataclass(frozen=True)
class Limits:
    """The budget of one run; None is no limit of that kind."""

    calls: int
    rounds: int
    tokens: int | None = None
    seconds: float | None = None
    usd: float | None = None


@dataclass(frozen=True)
class CallCost:
    """The most one further call can take: tokens in and out together, and money (None: unknown price)."""

    tokens: int
    usd: float | None = None


def limits(settings: Settings, recipe: Preset) -> Limits:
    """Return the limits of a run: the settings' own, else the preset's."""
    return Limits(
        calls=recipe.max_calls,
        rounds=recipe.max_rounds,
        tokens=settings.max_tokens,
        seconds=settings.max_seconds,
        usd=settings.max_usd,
    )


def affordable(limit: Limits, spent: Spent, seconds: float, cost: CallCost) -> int:
    """How many further calls fit into every limit at once, each at its greatest cost.

    Args:
        seconds: wall-clock time the run has taken so far.
        cost: the most one call can take. A money limit with an unknown price allows no call.
    """
    fits = [limit.calls - spent["calls"]]
    if limit.tokens is not None:
        fits.append((limit.tokens - spent["input_tokens"] - spent["output_tokens"]) // max(1, cost.tokens))
    if limit.usd is not None:
        left = limit.usd - spent["usd"]
        fits.append(0 if cost.usd is None else limit.calls if cost.usd == 0 else math.floor(left / cost.usd))
    if limit.seconds is not None and seconds >= limit.seconds:
        fits.append(0)
    return max(0, min(fits))


def exhausted(limit: Limits, spent: Spent, seconds: float, cost: CallCost) -> bool:
    """Whether not one further call fits."""
    return affordable(limit, spent, seconds, cost) == 0


def seconds_left(limit: Limits, seconds: float) -> float | None:
    """Wall-clock time the budget leaves, None where it sets no limit."""
    return None if limit.seconds is None else max(0.0, limit.seconds - seconds)


def is_last_wave(fits: int, wave: int) -> bool:
    """Whether, after a wave of calls, the budget cannot pay the same number again: then each must answer now."""
    return fits - wave < wave
