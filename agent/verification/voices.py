"""Who said what, and how far each is to be believed before anything is known of this photo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.verification.pool import Candidate, Pool, positions_of
from geo.sphere import great_circle_km

Floats = NDArray[np.float64]

DERIVED = frozenset({"offline"})  # answers that only repeat what was retrieved: a place to consider, no second voice
_ALTERNATIVE_VOTE = 0.3  # a place a model named beside its answer, against the answer's 1
_PRIOR_VOICES = 4.0  # agreement of this many others weighs as much as the neutral reliability
_PREFIXES = ("openai:", "ollama:")


@dataclass(frozen=True)
class Reliability:
    """P(an answer is within 1, 25, 200, 750, 2500 km) by model; `neutral` for a model the fit never saw."""

    by_model: Mapping[str, tuple[float, ...]]
    neutral: tuple[float, ...]

    def of(self, model: str) -> tuple[float, ...] | None:
        return self.by_model.get(model_name(model))


@dataclass(frozen=True)
class Voices:
    """The places said by models, one row each.

    `reliability` (n, 5); `vote` (n,) sums to 1 for each model; `model` (n,) numbers the models;
    `family` (models,) numbers their makers' lines (the first word of the name).
    """

    candidates: tuple[Candidate, ...]
    positions: Floats
    reliability: Floats
    vote: Floats
    model: NDArray[np.intp]
    family: NDArray[np.intp]

    @property
    def models(self) -> int:
        return len(self.family)


def model_name(model: str | None) -> str:
    """The bare name: without our provider prefix and a router's maker prefix."""
    name = model or "unnamed"
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.rsplit("/", 1)[-1]


def voices_of(pool: Pool, reliability: Reliability) -> Voices:
    """The pool's answers and alternatives, each with the reliability of its model.

    A model the fit never saw starts neutral and is believed more or less as it agrees with the others here.
    """
    said = said_candidates(pool)
    names = [model_name(candidate.model) for candidate in said]
    known = sorted(set(names))
    positions = positions_of(said)
    model = np.array([known.index(name) for name in names], dtype=np.intp)
    makers = [name.split("-", 1)[0] for name in known]
    vote = np.array([_ALTERNATIVE_VOTE if candidate.origin == "alternative" else 1.0 for candidate in said])
    vote = vote / np.bincount(model, vote, minlength=len(known))[model] if len(said) else vote
    rows = [reliability.of(name) for name in names]
    believed = np.array([row or reliability.neutral for row in rows], dtype=float).reshape(-1, 5)
    unknown = np.array([row is None for row in rows], dtype=bool)
    if unknown.any() and len(known) > 1:
        believed[unknown] = _updated(positions, model, vote, believed)[unknown]
    return Voices(said, positions, believed, vote, model, np.array([sorted(set(makers)).index(m) for m in makers]))


def said_candidates(pool: Pool) -> tuple[Candidate, ...]:
    """The candidates that are somebody's own word."""
    return tuple(
        candidate for candidate in pool.candidates if candidate.origin != "nearest" and candidate.model not in DERIVED
    )


def _updated(positions: Floats, model: NDArray[np.intp], vote: Floats, believed: Floats) -> Floats:
    """Reliability drawn towards the share of the other models' votes within each radius."""
    from agent.verification.decision import RADII_KM

    distances = great_circle_km(positions[:, None], positions[None])
    others = (model[:, None] != model[None]) * vote[None]
    count = np.maximum(others.sum(1, keepdims=True), 1e-9)
    agreement = np.stack([(others * (distances <= radius)).sum(1) for radius in RADII_KM], axis=1) / count
    return np.asarray((_PRIOR_VOICES * believed + count * agreement) / (_PRIOR_VOICES + count))


def neutral_of(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The mean reliability of the models that are known."""
    return tuple(float(value) for value in np.mean(np.array(rows), axis=0))
