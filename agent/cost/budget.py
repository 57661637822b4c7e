"""The budget of a run and how many further calls it can pay. Checked before every fan-out, so no branch overspends."""

from dataclasses import dataclass

from sextant.agent.settings import Settings
from sextant.agent.state import Spent
from sextant.prompts.presets import Preset


@dataclass(frozen=True)
class Budget:
    """The budget of one run; None means no limit of that kind."""

    calls: int
    rounds: int
    tokens: int | None = None
    seconds: float | None = None
    usd: float | None = None


def make_budget(settings: Settings, recipe: Preset) -> Budget:
    """Make the budget of a run from its settings, else from the preset."""
    return Budget(
        calls=recipe.max_calls,
        rounds=recipe.max_rounds,
        tokens=settings.max_tokens,
        seconds=settings.max_seconds,
        usd=settings.max_usd,
    )


def count_calls_left(limit: Budget, spent: Spent, seconds: float) -> int:
    """Count the further calls that the limits on calls and time allow.

    Args:
        seconds: wall-clock time the run has taken so far.
    """
    if limit.seconds is not None and seconds >= limit.seconds:
        return 0
    return max(0, limit.calls - spent["calls"])


def compute_seconds_left(limit: Budget, seconds: float) -> float | None:
    """Compute the wall-clock time left in the budget; None when it sets no limit."""
    return None if limit.seconds is None else max(0.0, limit.seconds - seconds)


def is_last_wave(fits: int, wave: int) -> bool:
    """Return whether the budget cannot pay for a second wave of the same size, so that each call must answer now."""
    return fits - wave < wave
