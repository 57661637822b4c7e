"""One pool through the fitted scorer: possible answer points with their probabilities."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from sextant.agent.verification.calibration import Company, situation_of
from sextant.agent.verification.features import feature_table, rank_weights
from sextant.agent.verification.opinions import Voices, voices_of, without_place
from sextant.agent.verification.points import Points, answer_points
from sextant.agent.verification.pool import Candidate, Pool, position_scores_of, positions_of
from sextant.agent.verification.reliability import Reliability
from sextant.base.arrays import Floats
from sextant.geo.sphere import all_pairs_km

_SAID_WEIGHT = 2.0  # a fully reliable answer counts as much in a centre as the whole retrieved list, twice


@dataclass(frozen=True)
class Seen:
    """A pool as the scorer sees it: points, their features and votes, and which of the three situations it is in.

    `apart_km` (m, m) are the distances among the points; `told` (5,) is what the answers tell of their exactness.
    """

    points: Points
    apart_km: Floats
    table: Floats
    names: list[str]
    votes: Floats
    voices: Voices
    situation: int
    company: Company
    retrieved: int
    told: Floats


def look_at(pool: Pool, reliability: Reliability) -> Seen:
    """Points and features of a pool with at least one candidate."""
    retrieved = positions_of(pool.nearest)
    voices = voices_of(pool, reliability)
    places = np.concatenate([retrieved, voices.positions])
    between_km = all_pairs_km(places, places)
    said = _SAID_WEIGHT * voices.reliability.mean(1) * voices.vote
    weights = np.concatenate([rank_weights(len(retrieved)), said])
    points = answer_points(retrieved, voices.positions, voices.named, weights, between_km)
    apart_km = all_pairs_km(points.positions, points.positions)
    farthest = np.array(pool.farthest, dtype=float).reshape(-1, 2)
    scores = np.concatenate([position_scores_of(pool.nearest), position_scores_of(voices.candidates)])
    table, names, votes = feature_table(points, retrieved, voices, farthest, between_km, scores)
    company = Company(voices.models, voices.strangers, without_place(pool))
    situation = situation_of(len(retrieved), voices.models)
    told = reliability.telling(voices.candidates)
    return Seen(points, apart_km, table, names, votes, voices, situation, company, len(retrieved), told)


def look_without_retrieval(seen: Seen) -> Seen:
    """The same points as if nothing had been retrieved."""
    voices, nothing = seen.voices, np.zeros((0, 2))
    between_km = all_pairs_km(voices.positions, voices.positions)
    scores = position_scores_of(voices.candidates)
    table, _, votes = feature_table(seen.points, nothing, voices, nothing, between_km, scores)
    return replace(seen, table=table, votes=votes, situation=situation_of(0, voices.models), retrieved=0)


@lru_cache(maxsize=1)
def feature_names() -> frozenset[str]:
    """The names of all features, which are the same for every pool."""
    anywhere = Pool((Candidate(0.0, 0.0, "nearest"),))
    return frozenset(look_at(anywhere, Reliability({}, (0.5,) * 5)).names)
