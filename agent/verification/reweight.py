"""What the answers tell of their exactness moves the spread, too: towards the chosen point, or away from it."""

import numpy as np
from scipy.special import expit

from sextant.agent.verification.calibration import logit
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.utility import RING_KM
from sextant.base.arrays import Floats

# This much of what is told of the chosen point moves the spread: with all of it, regions of photos of another kind held
# too little.
_SHARE = 0.7


def tilted(mixture: Floats, away_km: Floats, told: Floats, situation: int) -> Floats:
    """The mixture (m, 6) with its mass within each radius of the chosen point shifted by `told` (5,) in log odds.

    Args:
        mixture: probability of each ring round each point, summing to 1.
        away_km: (m,) from the chosen point.
        situation: of the pool. Beside retrieved photos nothing moves: no fit has seen what wording tells there.
    """
    if situation != 1 or not told.any():
        return mixture
    shell = np.searchsorted(np.array(RADII_KM), away_km[:, None] + RING_KM, side="left")  # 0 within 1 km, 5 beyond all
    mass = np.asarray(np.bincount(shell.ravel(), mixture.ravel(), len(RADII_KM) + 1), dtype=float)
    within = np.maximum.accumulate(expit(logit(np.cumsum(mass)[:-1]) + _SHARE * told))
    wanted = np.diff(within, prepend=0.0, append=1.0)
    moved = mixture * np.divide(wanted, mass, out=np.ones_like(mass), where=mass > 0)[shell]
    return np.asarray(moved / moved.sum())
