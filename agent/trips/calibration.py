"""Calibrate joint probabilities: a logistic regression on what the trip and the photo itself say of the joint place.

    logit P = a + b · logit joint + c · logit own + (d + e · logit joint if a photo of the trip states its position)

Photos of one trip err together (one model, one kind of scene), so that the chain's own probabilities are too high.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sextant.base.arrays import Floats

_LEAST = 1e-3  # logits end here
# Fitted on half a of im2gps3k's photographers, with and without anchors: python -m bench.library.trips FILE --fit
WEIGHTS = {25: (-0.14, 0.38, 0.27, 0.67, 0.21), 200: (-0.11, 0.45, 0.15, 0.09, 0.28)}


@dataclass(frozen=True)
class JointEvidence:
    """What is known of joint places, each (n,): the chain's probability, the photo's own, anchors in the trip."""

    joint: ArrayLike
    own: ArrayLike
    anchored: ArrayLike

    def make_features(self) -> Floats:
        """Return the regression's features, (n, 5)."""
        joint, own = _compute_logit(self.joint), _compute_logit(self.own)
        anchored = np.asarray(self.anchored, dtype=float)
        return np.stack([np.ones_like(joint), joint, own, anchored, anchored * joint], axis=-1)


def calibrate(evidence: JointEvidence, radius_km: int) -> Floats:
    """Return the calibrated probability that each joint place is within the radius, 25 or 200 km; shape (n,)."""
    return np.asarray(1.0 / (1.0 + np.exp(-evidence.make_features() @ np.array(WEIGHTS[radius_km]))))


def _compute_logit(share: ArrayLike) -> Floats:
    held = np.clip(np.asarray(share, dtype=float), _LEAST, 1.0 - _LEAST)
    return np.asarray(np.log(held / (1.0 - held)))
