"""What stands behind each point of a pool: the features by which the calibration tells a likely point from a lone one.

Each is at most zero or grows with support, and no answer that agrees with a point lowers one of its features. Weights
of zero or more then keep the rule that an answer that agrees with a place never lowers its probability.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.posterior import find_within
from sextant.base.arrays import Floats


class Support(IntEnum):
    """The features, for a radius r.

    LISTED: -1 without a retrieved photo within r, else 0. SAID: the same of answers. MODELS: log of the number of
    models with an answer within r. REPLIES: log of the largest number of one model's answers within r, or of the
    number of models if that is larger, so that as many models add no less. SHARE: log of the share of all answers that
    lie within r, each count one more. DISSENTERS: -log(1 + models without an answer within r).
    """

    LISTED = 0
    SAID = 1
    MODELS = 2
    REPLIES = 3
    SHARE = 4
    DISSENTERS = 5


def describe_support(away_km: Floats, model: NDArray[np.intp], first: NDArray[np.bool_], listed: Floats) -> Floats:
    """Return the features (m, 5, 6) of each point and radius.

    Args:
        away_km: (m, v) from points to answers.
        model: (v,) numbers the models; first: (v,) which are first answers, and not alternatives.
        listed: (m, 5) 1 where a retrieved photo lies within the radius, else 0.
    """
    found = np.zeros((len(away_km), len(RADII_KM), len(Support)))
    found[..., Support.LISTED] = listed - 1.0
    owners = np.eye(int(model.max(initial=-1)) + 1)[model[first]]
    models = float(owners.any(0).sum())
    near = find_within(away_km)
    own = near[..., first] @ owners  # (5, m, models) answers of each model within each radius
    agreeing, replies = (own > 0).sum(-1), own.sum(-1)
    found[..., Support.SAID] = near.any(-1).T - 1.0
    found[..., Support.MODELS] = np.log(np.maximum(agreeing, 1)).T
    found[..., Support.REPLIES] = np.log(np.maximum(np.maximum(own.max(-1, initial=0.0), agreeing), 1)).T
    found[..., Support.SHARE] = np.log((replies + 1) / (len(owners) + 1)).T
    found[..., Support.DISSENTERS] = -np.log1p(models - agreeing).T
    return found
