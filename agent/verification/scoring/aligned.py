"""What an `aligned:` encoder's scores say of a point: the photo's cosine with each candidate's place, if it was asked.

The height of such cosines is the encoder's own, so a score counts against the other scores of its pool alone.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sextant.agent.verification.pool import Candidate
from sextant.base.arrays import Floats

GROUP = "aligned"
_WITHIN_KM = (25.0, 200.0, 750.0, 2500.0)
_NAMES = ("has", "own", "below", "better", *(f"within_{radius:g}" for radius in _WITHIN_KM))


def aligned_columns(away_km: Floats, scores: Floats) -> dict[str, Floats | float]:
    """Return the group's features of m points; zero, and marked as missing, where no candidate has a score.

    A point has the score of the candidate nearest to it, in standard deviations from the pool's mean.

    Args:
        away_km: (m, n) from points to candidates; scores: (n,), NaN where a candidate has none.
    """
    known = np.isfinite(scores)
    if not known.any():
        return {f"{GROUP}.{name}": 0.0 for name in _NAMES}
    away, standing = away_km[:, known], _standardised(scores[known])
    own = standing[away.argmin(1)]
    share = np.exp(standing) / np.exp(standing).sum()
    within = [(away <= radius) @ share for radius in _WITHIN_KM]
    values = (1.0, own, standing.max() - own, (standing[None] > own[:, None]).mean(1), *within)
    return {f"{GROUP}.{name}": value for name, value in zip(_NAMES, values, strict=True)}


@lru_cache(maxsize=8)
def learned(names: tuple[str, ...]) -> bool:
    """Return whether a scorer of these features has learned from position scores."""
    return any(name.startswith(f"{GROUP}.") for name in names)


def unused_words(candidates: Sequence[Candidate], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the reason to give where there are scores and the fit had none to learn from."""
    if learned(names) or all(one.position_score is None for one in candidates):
        return ()
    return ("the aligned encoder's scores of places were not used: the fitted model has seen none",)


def _standardised(scores: Floats) -> Floats:
    deviation = float(scores.std())
    return np.asarray((scores - scores.mean()) / deviation if deviation > 0 else np.zeros_like(scores))
