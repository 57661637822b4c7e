"""G3's verification: the candidate whose place looks most like the photo, by the score it carries."""

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.decision import Scored, Verdict
from sextant.agent.verification.pool import Pool, position_scores_of
from sextant.base.errors import SextantError
from sextant.base.settings import Optimise


class NoSimilarityError(SextantError):
    """The strategy cannot compare candidates that carry no similarity."""


def similarity(pool: Pool, optimise: Optimise = "balanced", target_radius_km: float = 25.0) -> Verdict:
    """Return the candidate of highest position score, or, where no candidate has one, of highest similarity.

    Candidates without it come last in the list; no probability is claimed.

    Raises:
        NoSimilarityError: no candidate has a similarity.
    """
    if not pool.candidates:
        return Verdict(reasons=("no candidate",), strategy="similarity")
    values = _values(pool)
    if not np.isfinite(values).any():
        raise NoSimilarityError(
            "no candidate has a similarity; use --verify calibrated, or a gallery built with an aligned: encoder"
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


def _values(pool: Pool) -> NDArray[np.float64]:
    """Return what the candidates are compared by, -inf for none."""
    scores = position_scores_of(pool.candidates)
    if not np.isfinite(scores).any():
        scores = np.array(
            [np.nan if one.similarity is None else one.similarity for one in pool.candidates], dtype=float
        )
    return np.where(np.isfinite(scores), scores, -np.inf)
