"""One pool made ready: possible answer points, the answers to them, and, where asked for, the scorer's features."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.calibration import PoolKind, pool_kind
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.opinions import Opinions, collect_opinions
from sextant.agent.verification.points import Points, answer_points
from sextant.agent.verification.pool import Candidate, Pool, position_scores_of, positions_of
from sextant.agent.verification.reliability import Reliability
from sextant.agent.verification.scoring.features import feature_table, rank_weights
from sextant.agent.verification.scoring.scenes import CERTAIN, keep_likely
from sextant.agent.verification.scoring.signs import TOGETHER, Signs, agreeing_signs
from sextant.agent.verification.scoring.text_checks import CONTRADICTED, measure_doubts
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_all_pairs_km

_SAME_PLACE_KM = 0.05
_SAID_WEIGHT = 2.0  # a fully reliable answer counts as much in a centre as the whole retrieved list, twice


@dataclass(frozen=True)
class PoolFeatures:
    """A pool with its possible answer points.

    `pool` is without what was looked up; `signs` are those places that text in the photo names and something else
    agrees with, `scenes` the references that likely show the same scene.
    `doubts` (v,) are the log odds that answers lose for repeating text that other evidence contradicts.
    `apart_km` (m, m) are the distances among the points; `between_km` those among retrieved photos and answers.
    """

    pool: Pool
    retrieved: Floats
    points: Points
    apart_km: Floats
    between_km: Floats
    opinions: Opinions
    signs: Signs
    scenes: tuple[Candidate, ...] = ()
    doubts: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def contradicted(self) -> NDArray[np.bool_]:
        """Which answers (v,) lost all privilege."""
        return np.asarray(self.doubts >= CONTRADICTED, dtype=bool)

    @property
    def matched(self) -> NDArray[np.bool_]:
        """Which points (m,) lie at a reference that certainly shows the same scene."""
        return self._find_points([one for one in self.scenes if (one.confidence or 0.0) >= CERTAIN])

    @property
    def mapped(self) -> NDArray[np.bool_]:
        """Which points (m,) lie where the map has several texts of the photo together."""
        return self._find_points([one for one in self.signs.candidates if (one.agreeing or 0) >= TOGETHER])

    def lie_near(self, places: Floats) -> NDArray[np.bool_]:
        """Return which points (m,) lie within 25 km of places (n, 2), degrees."""
        return np.asarray((compute_all_pairs_km(self.points.positions, places) <= RADII_KM[1]).any(1), dtype=bool)

    def _find_points(self, candidates: list[Candidate]) -> NDArray[np.bool_]:
        away = compute_all_pairs_km(self.points.positions, positions_of(candidates))
        return np.asarray((away <= _SAME_PLACE_KM).any(1), dtype=bool)

    @property
    def kind(self) -> PoolKind:
        """What the pool holds."""
        return pool_kind(len(self.retrieved), self.opinions.models, self.pool.profile.rich)

    @cached_property
    def scored(self) -> tuple[Floats, list[str], Floats]:
        """The scorer's table (m, features), the names of its columns, and the votes (m, 5)."""
        farthest = np.array(self.pool.farthest, dtype=float).reshape(-1, 2)
        scores = [position_scores_of(self.pool.nearest), position_scores_of(self.opinions.candidates)]
        return feature_table(
            self.points, self.retrieved, self.opinions, farthest, self.between_km, np.concatenate(scores)
        )


def featurise(pool: Pool, reliability: Reliability) -> PoolFeatures:
    """Find the possible answer points of a pool with at least one candidate."""
    found, scenes, pool = pool.signs, keep_likely(pool.scenes), pool.without_looked_up()
    retrieved = positions_of(pool.nearest)
    opinions = collect_opinions(pool, reliability)
    doubts = measure_doubts(pool, opinions.candidates)
    found = tuple(one for one, doubt in zip(found, measure_doubts(pool, found).tolist(), strict=True) if not doubt)
    places = np.concatenate([retrieved, opinions.positions])
    between_km = compute_all_pairs_km(places, places)
    said = _SAID_WEIGHT * opinions.reliability.mean(1) * opinions.vote
    weights = np.concatenate([rank_weights(len(retrieved)), said])
    signs = agreeing_signs(found, retrieved, opinions.candidates)
    looked_up = np.concatenate([signs.positions, positions_of(scenes)])
    points = answer_points(retrieved, opinions.positions, opinions.named, looked_up, weights, between_km)
    apart_km = compute_all_pairs_km(points.positions, points.positions)
    return PoolFeatures(pool, retrieved, points, apart_km, between_km, opinions, signs, scenes, doubts)


@lru_cache(maxsize=1)
def feature_names() -> frozenset[str]:
    """Return the names of all features, which are the same for every pool."""
    anywhere = Pool((Candidate(0.0, 0.0, "nearest"),))
    return frozenset(featurise(anywhere, Reliability({}, (0.5,) * 5)).scored[1])
