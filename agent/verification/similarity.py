"""G3's verification: the candidate whose place looks most like the photo, by the similarity it carries."""

import numpy as np

from agent.verification.decision import Optimise, Scored, Verdict
from agent.verification.pool import Pool
from geo.errors import SextantError


class NoSimilarityError(SextantError):
    """The strategy cannot compare candidates that carry no similarity."""


def similarity(pool: Pool, optimise: Optimise = "balanced", target_radius_km: float = 25.0) -> Verdict:
    """The candidate of highest similarity (with an aligned encoder: the cosine of image and location embedding).

    Candidates without one come last in the list; no probability is claimed.

    Raises:
        NoSimilarityError: there are candidates and none carries a similarity.
    """
    if not pool.candidates:
        return Verdict(reasons=("no candidate",), strategy="similarity")
    values = np.array([-np.inf if one.similarity is None else one.similarity for one in pool.candidates], dtype=float)
    if not np.isfinite(values).any():
        raise NoSimilarityError(
            "none of the candidates carries a similarity; verify with 'calibrated', or give a gallery built with an "
            "aligned: encoder"
        )
    order = np.argsort(-values, kind="stable").tolist()
    best = pool.candidates[order[0]]
    scored = tuple(Scored(pool.candidates[row], float(values[row])) for row in order if np.isfinite(values[row]))
    scored += tuple(Scored(pool.candidates[row], 0.0) for row in order if not np.isfinite(values[row]))
    return Verdict(
        latitude=best.latitude,
        longitude=best.longitude,
        scored=scored,
        reasons=(f"the highest of {int(np.isfinite(values).sum())} similarities: {values[order[0]]:.3f}",),
        strategy="similarity",
    )
