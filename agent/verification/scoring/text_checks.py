"""What speaks against a place that text in the photo names, and how much less it counts then.

Signs lie, and a model that reads one believes it. So the place that a text names is compared with evidence that is not
that text: the most similar photos, the map, the language of the other words, the side of the road that people drive on.
Where one of them conflicts, the text adds nothing, and answers at the place lose log odds, since they may only repeat
the sign. Agreement adds nothing here: it is weighed where it comes from.
"""

from collections.abc import Sequence

import numpy as np

from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.pool import Candidate, Finding, Pool, TextCheck, positions_of
from sextant.agent.verification.posterior import share_weights
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_all_pairs_km

# Log of how much rarer a conflict is at the true place than at a random one. Fitted on replies of models to photos with
# known places, by ``python -m bench.street.text_checks`` (docs/verification.md).
LANGUAGE = 2.2
DRIVING_SIDE = 1.8
# Bounds: no recorded data has photos, their text, a map and the truth; what retrieval says is in part weighed already.
MAP = 1.5
MOST_RETRIEVAL = 2.0
MOST = 4.0  # of all kinds together
CONTRADICTED = 1.5  # from here on an answer has no privilege: neither a strong model's, nor that of agreeing answers
_CITY, _REGION = 1, 2  # the radii that retrieval agrees within and is missed within
_LEAST_LISTED = 0.5  # of the probability lies near the retrieved photos where their silence means something


def check_retrieval(pool: Pool, latitude: float, longitude: float) -> Finding:
    """Return what the retrieved photos say of a place (degrees)."""
    retrieved = pool.nearest
    if not retrieved:
        return Finding.UNKNOWN
    away = compute_all_pairs_km(np.array([(latitude, longitude)]), positions_of(retrieved))[0]
    if (away <= RADII_KM[_CITY]).any():
        return Finding.AGREES
    missed = away.min() > RADII_KM[_REGION] and pool.profile.known
    return Finding.CONFLICTS if missed and share_listed(pool) >= _LEAST_LISTED else Finding.UNKNOWN


def share_listed(pool: Pool) -> float:
    """Return the probability that the photo was taken within 200 km of one of the retrieved photos, by the profile."""
    retrieved = pool.nearest
    if not retrieved:
        return 0.0
    places = positions_of(retrieved)
    held = pool.profile.probabilities(places, places, retrieved[0].similarity)[:, _REGION]
    near = compute_all_pairs_km(places, places) <= RADII_KM[_REGION]
    total = float((held * share_weights(near, np.ones(len(places), dtype=bool))).sum())
    return min(total, 1.0) * pool.retrieval_trust


def find_doubt(check: TextCheck, listed: float) -> float:
    """Return the log odds that answers at the place of a check lose; 0 where nothing conflicts.

    Args:
        listed: as `share_listed` gives it.
    """
    missing = -np.log(max(1.0 - listed, np.exp(-MOST_RETRIEVAL)))
    weights = {"retrieval": float(missing), "map": MAP, "language": LANGUAGE, "driving_side": DRIVING_SIDE}
    return min(MOST, sum(weights[kind] for kind in weights if getattr(check, kind) is Finding.CONFLICTS))


def measure_doubts(pool: Pool, candidates: Sequence[Candidate]) -> Floats:
    """Return the log odds (n,) that candidates lose: the doubt about a text whose place is within 25 km of them."""
    doubted = [
        one for one in pool.checks if Finding.CONFLICTS in (one.retrieval, one.map, one.language, one.driving_side)
    ]
    if not doubted or not candidates:
        return np.zeros(len(candidates))
    listed = share_listed(pool)
    doubts = np.array([find_doubt(one, listed) for one in doubted])
    places = np.array([(one.latitude, one.longitude) for one in doubted])
    near = compute_all_pairs_km(positions_of(candidates), places) <= RADII_KM[_CITY]
    return np.asarray(np.where(near, doubts[None], 0.0).max(1))
