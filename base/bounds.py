"""The range of every numeric setting, declared once for command line, presets, records and HTTP."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sextant.base.errors import WrongUse


@dataclass(frozen=True)
class Bounds:
    """The smallest and the largest value of a number; the smallest itself is excluded when ``above``."""

    low: float
    high: float
    above: bool = False

    def objection(self, value: Any) -> str | None:
        """Return what is wrong with the value, as the end of a sentence; None when it is in range."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "must be a number"
        # Compared before anything is converted: an integer may be too long for a float.
        if isinstance(value, float) and not math.isfinite(value):
            return "must be a finite number"
        if self.above and not value > self.low:
            return f"must be more than {self.low:g}"
        if value < self.low:
            return f"must be at least {self.low:g}"
        return f"must be at most {self.high:g}" if value > self.high else None


# Upper ends are far beyond any sensible use: they stop a slip or an attack before it takes memory or money.
SETTINGS: Mapping[str, Bounds] = {
    "max_calls": Bounds(1, 10_000),
    "max_tokens": Bounds(0, 10**12, above=True),
    "max_seconds": Bounds(0, 10**7, above=True),
    "max_usd": Bounds(0, 10**7, above=True),
    "max_rounds": Bounds(1, 100),
    "max_tool_turns": Bounds(0, 50),
    "max_output_tokens": Bounds(1, 1_000_000),
    "samples": Bounds(1, 50),
    "keep_samples": Bounds(1, 50),
    "nearest": Bounds(0, 50),
    "farthest": Bounds(0, 50),
    "temperature": Bounds(0, 2),
    "image_side": Bounds(1, 16_384),
    "image_quality": Bounds(1, 95),
    "timeout_seconds": Bounds(0, 86_400, above=True),
    "retries": Bounds(0, 100),
    "concurrency": Bounds(1, 1024),
    "requests_per_minute": Bounds(0, 1_000_000, above=True),
    "num_ctx": Bounds(1, 100_000_000),
    "seed": Bounds(-(2**63), 2**63 - 1),
}


def check_number(name: str, value: Any, called: str) -> None:
    """Check one number against its declared range.

    Args:
        name: of the setting, a key of ``SETTINGS``.
        called: how the person who gave it calls it, for the message.

    Raises:
        WrongUse: it is out of range.
    """
    objection = SETTINGS[name].objection(value)
    if objection:
        raise WrongUse(f"{called} is {str(value)[:40]}; it {objection}")
