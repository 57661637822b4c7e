"""Prior reliability of each answer."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.pool import Candidate, Pool, positions_of
from sextant.agent.verification.reliability import Reliability, model_name
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_all_pairs_km, compute_great_circle_km

if TYPE_CHECKING:
    from sextant.atlas.names import NamedPlace

DERIVED = frozenset({"offline"})  # answers that only repeat what was retrieved: a place to consider, no second voice
_ALTERNATIVE_VOTE = 0.3  # a place a model named beside its answer, against the answer's 1
_PRIOR_VOICES = 4.0  # agreement of this many others weighs as much as the neutral reliability
_OWN_CAMP_KM = 200.0  # the field's region radius
_EXACT = 0.99  # of a name: anything looser names a part of the place, not the place
_SAME_PLACE_KM = 10.0


@dataclass(frozen=True)
class Opinions:
    """The places said by models, one row each.

    `named` (n, 2) is where the gazetteer has the place named, NaN without one or where it agrees with the
    coordinates; `reliability` (n, 5); `vote` (n,) sums to 1 for each model; `model` (n,) numbers the models;
    `family` (models,) numbers their makers' lines (the first word of the name); `unseen_models` counts the models
    that the fit never saw.
    """

    candidates: tuple[Candidate, ...]
    positions: Floats
    named: Floats
    reliability: Floats
    vote: Floats
    model: NDArray[np.intp]
    family: NDArray[np.intp]
    unseen_models: int

    @property
    def models(self) -> int:
        return len(self.family)


def collect_opinions(pool: Pool, reliability: Reliability) -> Opinions:
    """Return the pool's answers and alternatives, each with the reliability of its model.

    A model the fit never saw starts neutral and is believed more or less as it agrees with the others here.
    """
    said = said_candidates(pool)
    names = [model_name(candidate.model) for candidate in said]
    known = sorted(set(names))
    positions = positions_of(said)
    model = np.array([known.index(name) for name in names], dtype=np.intp)
    makers = [name.split("-", 1)[0] for name in known]
    vote = np.array([_ALTERNATIVE_VOTE if candidate.origin == "alternative" else 1.0 for candidate in said])
    if len(said) > len(known):
        vote = vote * _own_agreement(positions, model, vote) ** 2
    vote = vote / np.bincount(model, vote, minlength=len(known))[model] if len(said) else vote
    rows = [reliability.of(name) for name in names]
    believed = np.array([row or reliability.neutral for row in rows], dtype=float).reshape(-1, 5)
    unknown = np.array([row is None for row in rows], dtype=bool)
    if unknown.any() and len(known) > 1:
        believed[unknown] = _updated(positions, model, vote, believed)[unknown]
    family = np.array([sorted(set(makers)).index(maker) for maker in makers], dtype=np.intp)
    unseen_models = len(set(model[unknown].tolist()))
    return Opinions(said, positions, _named(said), believed, vote, model, family, unseen_models)


def said_candidates(pool: Pool) -> tuple[Candidate, ...]:
    """Return the candidates that are somebody's own word; a derived answer only where there is nothing else."""
    said = tuple(one for one in pool.candidates if one.origin not in ("nearest", "named"))
    own = tuple(one for one in said if one.model not in DERIVED)
    return said if not own and not pool.nearest else own


def _own_agreement(positions: Floats, model: NDArray[np.intp], vote: Floats) -> Floats:
    """Return the share of a model's own votes within region scale of each of its answers."""
    near = compute_all_pairs_km(positions, positions) <= _OWN_CAMP_KM
    same = model[:, None] == model[None]
    return np.asarray(((near & same) @ vote) / (same @ vote))


def _named(said: tuple[Candidate, ...]) -> Floats:
    places = [named_place(one.place, one.latitude, one.longitude) if one.place else None for one in said]
    return np.array([place or (np.nan, np.nan) for place in places], dtype=float).reshape(-1, 2)


@lru_cache(maxsize=16384)
def exact_hits(name: str) -> tuple["NamedPlace", ...]:
    """Return places of exactly that name in the gazetteer of countries, states and towns."""
    from sextant.atlas.names import find_place

    return tuple(hit for hit in find_place(name, misspelt=False) if hit.score >= _EXACT)


@lru_cache(maxsize=4096)
def named_place(name: str, latitude: float, longitude: float) -> tuple[float, float] | None:
    """Return where the nearest town of that name lies; None for other names, and if it is the position itself."""
    towns = [hit for hit in exact_hits(name) if hit.kind == "place"]
    if not towns:
        return None
    away = compute_great_circle_km(np.array([(town.latitude, town.longitude) for town in towns]), (latitude, longitude))
    best = int(np.argmin(away))
    return None if away[best] < _SAME_PLACE_KM else (towns[best].latitude, towns[best].longitude)


def _updated(positions: Floats, model: NDArray[np.intp], vote: Floats, believed: Floats) -> Floats:
    """Return the reliability drawn towards the share of the other models' votes within each radius."""
    from sextant.agent.verification.decision import RADII_KM

    distances = compute_all_pairs_km(positions, positions)
    others = (model[:, None] != model[None]) * vote[None]
    count = np.maximum(others.sum(1, keepdims=True), 1e-9)
    agreement = np.stack([(others * (distances <= radius)).sum(1) for radius in RADII_KM], axis=1) / count
    return np.asarray((_PRIOR_VOICES * believed + count * agreement) / (_PRIOR_VOICES + count))
