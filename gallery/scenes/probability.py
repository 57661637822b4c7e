"""The probability that two photos show the same scene, by the number of inliers and their spread.

The log odds rise by the same amount with each inlier, as follows where both numbers of inliers, of one scene and of
chance, have geometric tails. The tail of chance is fitted on its upper bound, so that the odds are rather too low.

Fitted by ``python -m bench.street.same_scene --fit`` on one part of the photos and reported on the other; see
docs/scenes.md.
"""

import json
import math
from functools import lru_cache
from importlib.resources import files
from typing import Any


def compute_scene_probability(inliers: int, spread: float) -> float:
    """Return the probability for a retrieved photo, whose prior is that of the fit; rounded to four digits.

    Matches in a corner of the picture prove a stamp, a logo or an object, not the scene: below `least_spread` the
    probability is at most one half.
    """
    fitted = load_fit()
    prior = math.log(fitted["prior"] / (1 - fitted["prior"]))
    odds = fitted["intercept"] + fitted["slope"] * inliers + prior
    probability = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))
    if spread < fitted["least_spread"]:
        probability = min(probability, 0.5)
    return round(probability, 4)


@lru_cache(maxsize=1)
def load_fit() -> dict[str, Any]:
    """Return the fitted numbers: `intercept` and `slope` of the log odds at equal priors, `prior`, `least_spread`."""
    text = (files("sextant.gallery.scenes") / "data" / "calibration.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
