"""What an answer is worth at most that only replies which read text in the photo speak for.

A model that reads a sign believes it, several times over if it is asked several times. Such an answer is a lead: its
probability is held to how often such answers were right, raised by what retrieval adds to that.
"""

from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.pool import Candidate, Finding, Pool, TextCheck, positions_of
from sextant.agent.verification.scoring.pool_features import PoolFeatures
from sextant.base.arrays import Floats, expit, logit
from sextant.gallery.profile import WORLD_CHANCE
from sextant.geo.sphere import compute_all_pairs_km

# How often the town that a model read in the photo, and answered with, was right within each radius, on 50 photos of
# part 0. On the 47 photos of part 1: 26, 50, 64, 81 and 85 %. By ``python -m bench.street.text_checks``
# (docs/verification.md).
TRUST = np.array([0.25, 0.56, 0.6, 0.77, 0.88])
_BACKING = 1.0  # log odds within 25 km from which on the retrieved photos speak for a place, and not chance
_CITY, _COUNTRY = 1, 3


def hold_to_trust(probabilities: Floats, features: PoolFeatures, pool: Pool, proven: NDArray[np.bool_]) -> Floats:
    """Lower P(within each radius) of points (m, 5) that rest on text alone to what such answers are worth.

    Retrieval raises the limit. It does not apply where the map finds several of the texts together. If language or
    driving side agree, the country is supported, so that P within 750 km and more is not lowered.

    Args:
        probabilities: (m, 5) calibrated.
        features: of the pool.
        pool: with the places that were looked up, and the checks of text.
        proven: (m,) points that a matched scene or a second look speaks for.
    """
    positions = features.points.positions
    alone = np.flatnonzero(find_text_alone(pool, positions) & ~proven).tolist()
    if not alone:
        return probabilities
    held = probabilities.copy()
    listed = _list_near(features, positions[alone])
    # Never below what the retrieved photos say alone.
    limits = np.maximum(_raise_trust(_compare_chance(listed)), np.maximum.accumulate(listed, axis=1))
    for point, limit in zip(alone, limits, strict=True):
        known = _list_agreeing(pool.checks, positions[point])
        if "map" not in known:
            radii = slice(0, _COUNTRY if known & {"language", "driving_side"} else None)
            held[point, radii] = np.minimum(held[point, radii], limit[radii])
    return held


def _raise_trust(backing: Floats) -> Floats:
    """Return the limits (m, 5) that the log odds of retrieval (m, 5) leave.

    From the largest radius down: of P within a radius, the share within the next smaller one is raised by what the
    photos say of that one beyond what they said of the larger. A board of a neighbouring town is backed by photos of
    the region too; these do not speak for the town.
    """
    outer = np.append(TRUST[1:], 1.0)
    beyond = np.maximum(0.0, backing - np.pad(backing[:, 1:], ((0, 0), (0, 1))))
    shares = expit(logit(TRUST / outer) + beyond)
    return np.asarray(np.cumprod(shares[:, ::-1], axis=1)[:, ::-1])


def rests_on_text(features: PoolFeatures, pool: Pool, position: Floats) -> bool:
    """Return whether only replies that read text speak for a position (2,), degrees."""
    if not find_text_alone(pool, position[None])[0] or "map" in _list_agreeing(pool.checks, position):
        return False
    return bool(_compare_chance(_list_near(features, position[None]))[0, _CITY] < _BACKING)


def find_text_alone(pool: Pool, positions: Floats) -> NDArray[np.bool_]:
    """Return which positions (m, 2) lie within 25 km of a text's place, and of no answer of who did not read it."""
    named = [one for one in pool.signs if one.origin == "named"]
    if not named:
        return np.zeros(len(positions), dtype=bool)
    near = compute_all_pairs_km(positions, positions_of(named)) <= RADII_KM[_CITY]
    agreeing = compute_all_pairs_km(positions, positions_of(pool.answers)) <= RADII_KM[_CITY]
    rows = zip(near.tolist(), agreeing.tolist(), strict=True)
    return np.array([any(signs) and _have_read(pool, named, signs, answers) for signs, answers in rows], dtype=bool)


def _have_read(pool: Pool, named: Sequence[Candidate], signs: Sequence[bool], answers: Sequence[bool]) -> bool:
    """Return whether all answers marked come from replies that read one of the texts marked."""
    readers = {one.id for one in compress(named, signs)} - {None}
    return all(one.id in readers for one in compress(pool.answers, answers))


def _list_near(features: PoolFeatures, positions: Floats) -> Floats:
    """Return P(within each radius) of positions (m, 2) by the retrieved photos alone, (m, 5)."""
    if not len(features.retrieved):
        return np.zeros((len(positions), len(RADII_KM)))
    pool = features.pool
    found = pool.profile.probabilities(positions, features.retrieved, pool.nearest[0].similarity)
    return np.asarray(pool.retrieval_trust * found)


def _compare_chance(listed: Floats) -> Floats:
    """Return the log odds (m, 5) that the retrieved photos add to those of any place, at least zero."""
    held = np.clip(listed, 1e-9, 1.0 - 1e-9)
    return np.asarray(np.maximum(0.0, logit(held) - logit(np.array(WORLD_CHANCE))))


def _list_agreeing(checks: Sequence[TextCheck], position: Floats) -> set[str]:
    """List the kinds of evidence that agree with a text whose place lies within 25 km of a position."""
    if not checks:
        return set()
    places = np.array([(one.latitude, one.longitude) for one in checks])
    near = (compute_all_pairs_km(position[None], places)[0] <= RADII_KM[_CITY]).tolist()
    kinds = ("map", "language", "driving_side")
    return {
        kind
        for one, close in zip(checks, near, strict=True)
        for kind in kinds
        if close and getattr(one, kind) is Finding.AGREES
    }
