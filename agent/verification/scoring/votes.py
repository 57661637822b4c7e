"""The hand-made part of the score: what share of the votes lies within each radius of a point. Nothing is fitted.

Few photos teach a network less about which model to trust at which radius than the models' own record does: a vote
of the cube of that record beats the learned scores where nothing was retrieved, and helps them everywhere else.
"""

import numpy as np

from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.opinions import Opinions
from sextant.base.arrays import Floats

_SHARPNESS = 3  # power of the reliability in a vote; 1 to 4 were tried
_SAID_SHARE = 0.35  # of the votes, where there are both answers and retrieved photos


def votes_within(near_km: Floats, said_km: Floats, weights: Floats, opinions: Opinions) -> Floats:
    """Share of the votes within each of the five radii of each point, (m, 5).

    Args:
        near_km: (m, n) from points to retrieved photos; weights: (n,) of their ranks, summing to 1.
        said_km: (m, v) from points to opinions.
    """
    votes = np.zeros((len(near_km), len(RADII_KM)))
    said_share = 0.0 if not said_km.shape[1] else 1.0 if not near_km.shape[1] else _SAID_SHARE
    for column, radius in enumerate(RADII_KM):
        if said_share < 1:
            votes[:, column] += (1 - said_share) * ((near_km <= radius) @ weights)
        if said_share > 0:
            ballots = opinions.reliability[:, column] ** _SHARPNESS * opinions.vote
            votes[:, column] += said_share * ((said_km <= radius) @ ballots) / ballots.sum()
    return votes
