"""What text in the photo adds: a sign that names a place counts a little where something else agrees with it.

Where a map has several of the photo's texts together, such as a shop on a street, that place counts more: two signs
seldom lie together. It still only moves the answer inside its region.

Signs lie: with adversarial text in the picture, models follow it to the wrong place. So a sign alone has no weight.
Where an answer or a retrieved photo lies within 25 km, its place becomes a possible answer; it raises P(1 km) and
P(25 km) only where that other evidence does not come from the reply that read the sign. It never lowers anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.calibration import logit
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.pool import Candidate, positions_of
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_all_pairs_km

STREET, CITY = 0, 1  # the radii that a sign can speak of
# Neither number is fitted: no recorded data has photos, their text and the truth. Both are bounds chosen so that a
# sign which lies does little harm.
_AGREEING = 0.5  # log odds for a sign that other evidence agrees with, however many signs: 50 % becomes 62 %
_AT_SIGN = 0.15  # of P(25 km) lies within 1 km of a sign's place: shops have branches, signs point elsewhere
# The same of a place where the map has so many texts of the photo together, shared among the places that have as many.
_AT_MAP = {1: 0.3, 2: 0.65, 3: 0.8}
TOGETHER = 2  # texts from which on a place of the map may be the answer although a strong model said another


@dataclass(frozen=True)
class Signs:
    """Signs near other evidence: `candidates`, `positions` (s, 2) degrees, `backed` (s,) by who did not read them."""

    candidates: tuple[Candidate, ...]
    positions: Floats
    backed: NDArray[np.bool_]


def agreeing_signs(signs: Sequence[Candidate], retrieved: Floats, answers: Sequence[Candidate]) -> Signs:
    """Keep the signs within 25 km of a retrieved photo (n, 2 degrees) or an answer."""
    if not signs:
        return Signs((), np.zeros((0, 2)), np.zeros(0, dtype=bool))
    places = positions_of(signs)
    by_photo = (compute_all_pairs_km(places, retrieved) <= RADII_KM[CITY]).any(1)
    by_answer = compute_all_pairs_km(places, positions_of(answers)) <= RADII_KM[CITY]
    together = compute_all_pairs_km(places, places) <= RADII_KM[CITY]
    readers = [{signs[other].id for other in np.flatnonzero(row).tolist()} - {None} for row in together]
    others = np.array([[one.id not in read for one in answers] for read in readers], dtype=bool)
    backed = by_photo | (by_answer & others.reshape(by_answer.shape)).any(1)
    kept = np.flatnonzero(by_photo | by_answer.any(1)).tolist()
    return Signs(tuple(signs[row] for row in kept), places[kept], backed[kept])


def raise_by_signs(probabilities: Floats, positions: Floats, signs: Signs) -> Floats:
    """Raise P(within each radius) of points (m, 5) that signs speak for; positions (m, 2) in degrees."""
    if not signs.candidates:
        return probabilities
    away = compute_all_pairs_km(positions, signs.positions)
    raised = probabilities.copy()
    for radius in (STREET, CITY):
        spoken = (away[:, signs.backed] <= RADII_KM[radius]).any(1) & (probabilities[:, radius] > 0)
        odds = logit(probabilities[spoken, radius]) + _AGREEING
        raised[spoken, radius] = np.maximum(probabilities[spoken, radius], 1.0 / (1.0 + np.exp(-odds)))
    shares = np.array([_share_at(one) for one in signs.candidates])
    near = np.where(away <= RADII_KM[STREET], shares, 0.0).max(1)
    elsewhere = (away > RADII_KM[STREET]) & (away <= RADII_KM[CITY]) & _together(signs.candidates)
    left = np.maximum(0.0, 1.0 - (elsewhere * shares).sum(1))  # to points a map's place is not near
    raised[:, STREET] = np.maximum(left * raised[:, STREET], near * raised[:, CITY])
    return np.maximum.accumulate(raised, axis=1)


def _together(signs: Sequence[Candidate]) -> NDArray[np.bool_]:
    """Return which are places where the map has several texts of the photo: these take probability from others."""
    return np.array([one.origin == "map" and (one.agreeing or 1) >= TOGETHER for one in signs], dtype=bool)


def _share_at(sign: Candidate) -> float:
    """Return which share of P(25 km) lies within 1 km of a sign's place."""
    if sign.origin != "map":
        return _AT_SIGN
    texts = min(sign.agreeing or 1, max(_AT_MAP))
    return max(_AT_SIGN / (sign.alike or 1), _AT_MAP[texts] / (sign.alike or 1))
