"""Where the answer may lie: every candidate's place, and the centres of what the candidates gather round."""

from dataclasses import dataclass

import numpy as np

from sextant.base.arrays import Floats, Ints
from sextant.geo.sphere import convert_to_positions, convert_to_vectors

RETRIEVED, SAID, CENTRE, NAMED, SIGN = 0, 1, 2, 3, 4
CENTRE_SCALES_KM = (25.0, 200.0, 750.0, 2000.0)
_CENTRES_PER_SCALE = 4
_SAME_DEGREES = 3  # decimals: candidates within about 100 m are one point


@dataclass(frozen=True)
class Points:
    """Possible answer points, one row each.

    `kind` is RETRIEVED, SAID, CENTRE, NAMED (where the gazetteer has the place a voice named, away from its
    coordinates) or SIGN (where text in the photo names a place, or a reference shows the same scene); `source` is the
    row within the retrieved or the opinions behind it, or -1; `scale_km` the scale a centre was made at, else 0.
    """

    positions: Floats
    kind: Ints
    source: Ints
    scale_km: Floats


def answer_points(
    retrieved: Floats, said: Floats, named: Floats, signs: Floats, weights: Floats, between_km: Floats
) -> Points:
    """Return the distinct places among retrieved photos and answers, and centres of their clusters at four scales.

    Args:
        retrieved: (n, 2) degrees; said: (m, 2) degrees; named: (m, 2) degrees, NaN where nothing was named.
        signs: (s, 2) degrees of places that were looked up for text in the photo, or found by geometry.
        weights: (n + m,) how much each counts in a centre, retrieved first.
        between_km: (n + m, n + m) their distances, in the same order.
    """
    places = np.concatenate([retrieved, said])
    kind = np.repeat([RETRIEVED, SAID], [len(retrieved), len(said)])
    source = np.concatenate([np.arange(len(retrieved)), np.arange(len(said))])
    centres, scales = _centres(places, weights, between_km)
    naming = np.flatnonzero(np.isfinite(named[:, 0]))
    everything = np.concatenate([places, centres, named[naming], signs])
    keys = np.round(everything, _SAME_DEGREES) @ np.array([1.0, 1j])  # one number a place: unique rows are slow
    _, first = np.unique(keys, return_index=True)
    rows = np.sort(first)
    others = ((len(centres), CENTRE), (len(naming), NAMED), (len(signs), SIGN))
    return Points(
        positions=everything[rows],
        kind=np.concatenate([kind, *(np.full(count, number) for count, number in others)])[rows],
        source=np.concatenate([source, np.full(len(centres), -1), naming, np.full(len(signs), -1)])[rows],
        scale_km=np.concatenate([np.zeros(len(places)), scales, np.zeros(len(naming) + len(signs))])[rows],
    )


def _centres(places: Floats, weights: Floats, between_km: Floats) -> tuple[Floats, Floats]:
    """Return the weighted centres of the heaviest neighbourhoods at each scale, none of a single place."""
    vectors = convert_to_vectors(places)
    means: list[Floats] = []
    scales: list[float] = []
    for scale_km in CENTRE_SCALES_KM:
        free = np.ones(len(places), dtype=bool)
        near = between_km <= scale_km
        for _ in range(_CENTRES_PER_SCALE):
            mass = np.where(free, near @ (weights * free), -1.0)
            members = near[int(np.argmax(mass))] & free
            if members.sum() < 2:
                break
            mean = weights[members] @ vectors[members]
            if float(mean @ mean) > 1e-18:  # else they cancel out: antipodes
                means.append(mean)
                scales.append(scale_km)
            free &= ~members
    return convert_to_positions(np.array(means).reshape(-1, 3)), np.array(scales)
