"""Ranges of numbers that people give, and what is wrong with a number outside its range.

Upper ends are far beyond any sensible use: they stop a slip or an attack before it takes memory or money.
"""

import math
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


def check_number(bounds: Bounds, value: Any, called: str) -> None:
    """Check one number against its declared range.

    Args:
        bounds: its range.
        value: the number, as it was given.
        called: how the person who gave it calls it, for the message.

    Raises:
        WrongUse: it is out of range.
    """
    objection = bounds.objection(value)
    if objection:
        raise WrongUse(f"{called} is {str(value)[:40]}; it {objection}")
