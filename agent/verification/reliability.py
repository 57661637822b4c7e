"""Prior reliability of each model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from sextant.agent.llm.services import SERVICES

_PREFIXES = tuple(f"{provider}:" for provider in SERVICES)


@dataclass(frozen=True)
class Reliability:
    """P(an answer is within 1, 25, 200, 750, 2500 km) by model; `neutral` for one the fit never saw, a middling one's.

    `answered` is the share of a model's calls that gave a position at all.
    """

    by_model: Mapping[str, tuple[float, ...]]
    neutral: tuple[float, ...]
    answered: Mapping[str, float] = field(default_factory=dict)

    def of(self, model: str) -> tuple[float, ...] | None:
        return self.by_model.get(model_name(model))

    def of_strangers(self) -> "Reliability":
        """Return the same as if no model had been seen."""
        return replace(self, by_model={})


@lru_cache(maxsize=1024)
def model_name(model: str | None) -> str:
    """Return the bare name: without our provider prefix and a router's maker prefix."""
    name = model or "unnamed"
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.rsplit("/", 1)[-1]


def neutral_of(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Return the mean reliability of the models that are known."""
    return tuple(float(value) for value in np.mean(np.array(rows), axis=0))
