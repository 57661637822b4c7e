"""What each point is worth as the answer: expected utility, stacked from three estimates of P(within r)."""

import numpy as np

from sextant.agent.verification.calibration import PoolKind
from sextant.agent.verification.decision import RADII_KM, UTILITIES
from sextant.agent.verification.scoring.scorer import Scores
from sextant.agent.verification.spread import RINGS_KM
from sextant.base.arrays import Floats
from sextant.base.settings import Optimise

# Beside the learned P(within r), which counts 1; chosen by cross-fitting, see docs/verification.md.
MIXTURE_SHARE = 0.25
VOTE_SHARE = (4.0, 2.0, 0.5, 4.0, 0.5)  # by kind of pool
_FULL_LIST = 20
# A place in a ring lies so far from its point, at a guess: the ring's geometric middle, less for its scatter.
RING_KM = 0.7 * np.array([0.5, *np.sqrt(RINGS_KM[1:-2] * RINGS_KM[2:-1]), 4750.0])


def stacked_within(apart_km: Floats, scores: Scores, votes: Floats, kind: PoolKind, retrieved: int) -> Floats:
    """Return P(within r) of each point, (m, 5), not yet calibrated: the weighted mean of the three estimates.

    Args:
        apart_km: (m, m) among the points; scores of the same points; votes: (m, 5).
        kind: of the pool; retrieved: how many photos were.
    """
    # One photo alone has every vote and proves little: short lists vote less than the 20 of the fit.
    full = 1.0 if kind == PoolKind.ANSWERED else min(1.0, retrieved / _FULL_LIST) ** 2
    vote_share = VOTE_SHARE[kind] * full
    stacked = scores.within + MIXTURE_SHARE * mixture_within(apart_km, scores.mixture) + vote_share * votes
    return np.asarray(stacked / (1 + MIXTURE_SHARE + vote_share))


def expected_utility(within: Floats, optimise: Optimise) -> Floats:
    """Return the weighted mean of P(within r) over the radii, 0 to 1: (m,) from (m, 5)."""
    weights = np.array(UTILITIES[optimise])
    return np.asarray(within @ weights / weights.sum())


def mixture_within(apart_km: Floats, mixture: Floats) -> Floats:
    """Return P(within r) of each point after the mixture of rings round all points, (m, 5)."""
    within = np.zeros((len(mixture), len(RADII_KM)))
    for column, radius in enumerate(RADII_KM):
        for ring, ring_km in enumerate(RING_KM):
            if ring_km <= radius:
                within[:, column] += (apart_km <= radius - ring_km) @ mixture[:, ring]
    return within
