"""What geometry adds: a reference that shows the same scene puts the photo where the reference was taken.

Local features that one camera pose explains do not agree by chance; what remains in doubt is whether the reference's
own position is right. So this evidence may move the answer anywhere, unlike a sign or a map.
"""

from collections.abc import Sequence

import numpy as np

from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.pool import Candidate, positions_of
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_all_pairs_km

LEAST = 0.5  # probability of one scene below which nothing follows
CERTAIN = 0.95
# P(the reference's stated position is within each radius of its true one). Not fitted: no data at hand has photos with
# stated and true positions. Bounds after the usual faults of geotagged photos: indoor fixes, one tag for a whole album.
_STATED_WELL = np.array([0.9, 0.96, 0.97, 0.98, 0.98])


def keep_likely(scenes: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Keep the matches that are more likely one scene than not."""
    return tuple(one for one in scenes if (one.confidence or 0.0) >= LEAST)


def weigh_scenes(probabilities: Floats, positions: Floats, scenes: Sequence[Candidate]) -> Floats:
    """Raise P(within each radius) of points (m, 5) near the scenes' places, and lower that of points elsewhere.

    Args:
        probabilities: (m, 5) calibrated.
        positions: (m, 2) degrees.
        scenes: matches that are likely.
    """
    found = probabilities.copy()
    for scene in strongest_by_place(scenes):
        share = (scene.confidence or 0.0) * _STATED_WELL
        away = compute_all_pairs_km(positions, positions_of([scene]))[:, 0]
        within = away[:, None] <= np.array(RADII_KM)
        found = np.where(within, 1 - (1 - found) * (1 - share), found * (1 - share))
    return np.maximum.accumulate(found, axis=1)


def strongest_by_place(scenes: Sequence[Candidate]) -> list[Candidate]:
    """Return of each place its most certain match: two references of one street corner are one piece of evidence."""
    kept: list[Candidate] = []
    for scene in sorted(scenes, key=lambda one: (-(one.confidence or 0.0), -(one.inliers or 0), one.id or "")):
        places = positions_of(kept)
        if not kept or compute_all_pairs_km(positions_of([scene]), places).min() > RADII_KM[0]:
            kept.append(scene)
    return kept
