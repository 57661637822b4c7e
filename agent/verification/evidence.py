"""What speaks for each possible answer point of a pool, and the posterior that follows from it."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.calibration import Calibration, PoolKind
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.hit_rates import HitRates
from sextant.agent.verification.points import RETRIEVED, SAID
from sextant.agent.verification.posterior import NOTHING, Pooling, list_evidence, probabilities_of, supports
from sextant.agent.verification.scoring.pool_features import PoolFeatures
from sextant.agent.verification.scoring.support import describe_support
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_all_pairs_km

_ALTERNATIVE_VOTE = 0.3  # a place a model named beside its answer, against the answer's 1
_SAME_PLACE_KM = RADII_KM[0]


@dataclass(frozen=True)
class Evidence:
    """Answers and retrieved list as the posterior takes them.

    Attributes:
        away_km: (m, v) from points to answers.
        log_odds: (v, 5) of the answers.
        vote: (v,) 1 for a first answer, less for an alternative.
        model: (v,) numbers the models.
        listed: (m, 5) log evidence of the retrieved list for each point, None without one.
        apart_km: (m, m) among the points.
        proposed: (m,) which points are places of candidates, and not centres of them.
    """

    away_km: Floats
    log_odds: Floats
    vote: Floats
    model: NDArray[np.intp]
    listed: Floats | None
    apart_km: Floats
    proposed: NDArray[np.bool_]

    def posterior(self, pooling: Pooling) -> Floats:
        """Return P(within each radius) of each point, (m, 5), before calibration; never change it."""
        if id(pooling) not in self._posteriors:
            support = supports(self.away_km, self.log_odds, self.vote, self.model, self.listed, pooling)
            found = probabilities_of(support, self.apart_km, self.proposed, pooling)
            self._posteriors[id(pooling)] = pooling, found
        return self._posteriors[id(pooling)][1]

    @cached_property
    def _posteriors(self) -> dict[int, tuple[Pooling, Floats]]:
        """By the identity of the pooling, which is kept with it: a pool is weighed by two calibrations of one."""
        return {}

    @property
    def listed_near(self) -> Floats:
        """Whether a retrieved photo lies within each radius of each point, (m, 5) of 0 and 1."""
        return np.zeros((len(self.away_km), 5)) if self.listed is None else (self.listed > NOTHING).astype(float)

    @cached_property
    def support(self) -> Floats:
        """What stands behind each point at each radius, (m, 5, 6); see `sextant.agent.verification.scoring.support`."""
        return describe_support(self.away_km, self.model, self.vote >= 1.0, self.listed_near)

    @cached_property
    def without_answers(self) -> "Evidence":
        """The same as if nobody had answered."""
        nobody = np.zeros(0, dtype=np.intp)
        return replace(self, away_km=self.away_km[:, :0], log_odds=self.log_odds[:0], vote=self.vote[:0], model=nobody)


def gather_evidence(features: PoolFeatures, hit_rates: HitRates) -> Evidence:
    """Collect what speaks for each point of a pool."""
    answers = features.opinions.candidates
    listed = None
    if len(features.retrieved):
        pool = features.pool
        similarity = pool.nearest[0].similarity
        found = pool.profile.probabilities(features.points.positions, features.retrieved, similarity)
        listed = list_evidence(pool.retrieval_trust * found, features.apart_km, features.points.kind == RETRIEVED)
    return Evidence(
        compute_all_pairs_km(features.points.positions, features.opinions.positions),
        hit_rates.log_odds(answers) - features.doubts[:, None],
        np.array([1.0 if one.origin == "answer" else _ALTERNATIVE_VOTE for one in answers]),
        features.opinions.model,
        listed,
        features.apart_km,
        np.isin(features.points.kind, (RETRIEVED, SAID)),
    )


def calibrated_posterior(
    evidence: Evidence, kind: PoolKind, pooling: Pooling, calibration: Calibration, raw: Floats | None = None
) -> Floats:
    """Return the calibrated P(within each radius) of each point, (m, 5).

    A place that the list names and every answer confirms is at least as probable as by the list alone. `raw` is the
    posterior, where it is known already.
    """
    found = calibration(evidence.posterior(pooling) if raw is None else raw, kind, evidence.support)
    if not (kind.retrieved and kind.answered):
        return found
    alone_kind = PoolKind.RICH_RETRIEVED if kind == PoolKind.RICH_BOTH else PoolKind.RETRIEVED
    confirmed = (evidence.away_km <= _SAME_PLACE_KM).all(1)
    if confirmed.any():
        without = evidence.without_answers
        alone = calibration(without.posterior(pooling), alone_kind, without.support)
        found[confirmed] = np.maximum(found[confirmed], alone[confirmed])
    return found
