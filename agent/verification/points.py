"""Where the answer may lie: every candidate's place, and the centres of what the candidates gather round."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.sphere import great_circle_km, positions_of, unit_vectors

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

RETRIEVED, SAID, CENTRE = 0, 1, 2
CENTRE_SCALES_KM = (25.0, 200.0, 750.0, 2000.0)
_CENTRES_PER_SCALE = 4
_SAME_DEGREES = 3  # decimals: candidates within about 100 m are one point


@dataclass(frozen=True)
class Points:
    """Possible answer points, one row each.

    `kind` is RETRIEVED, SAID or CENTRE; `source` the row of the voice behind it within its kind, or -1;
    `scale_km` the scale a centre was made at, else 0; `of_candidate` gives each candidate's point.
    """

    positions: Floats
    kind: Ints
    source: Ints
    scale_km: Floats
    of_candidate: Ints


def answer_points(retrieved: Floats, said: Floats, weights: Floats) -> Points:
    """The distinct places among retrieved photos and answers, and centres of their clusters at four scales.

    Args:
        retrieved: (n, 2) degrees; said: (m, 2) degrees.
        weights: (n + m,) how much each counts in a centre, retrieved first.
    """
    places = np.concatenate([retrieved, said])
    kind = np.repeat([RETRIEVED, SAID], [len(retrieved), len(said)])
    source = np.concatenate([np.arange(len(retrieved)), np.arange(len(said))])
    centres, scales = _centres(places, weights)
    everything = np.concatenate([places, centres])
    _, first, of_row = np.unique(np.round(everything, _SAME_DEGREES), axis=0, return_index=True, return_inverse=True)
    rows = np.sort(first)
    new_row = np.empty(len(everything), dtype=np.intp)
    new_row[rows] = np.arange(len(rows))
    return Points(
        positions=everything[rows],
        kind=np.concatenate([kind, np.full(len(centres), CENTRE)])[rows],
        source=np.concatenate([source, np.full(len(centres), -1)])[rows],
        scale_km=np.concatenate([np.zeros(len(places)), scales])[rows],
        of_candidate=new_row[first[of_row.ravel()[: len(places)]]],
    )


def _centres(places: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted centres of the heaviest neighbourhoods at each scale, none of a single place."""
    vectors = unit_vectors(places)
    distances = great_circle_km(places[:, None], places[None])
    centres: list[Floats] = []
    scales: list[float] = []
    for scale_km in CENTRE_SCALES_KM:
        free = np.ones(len(places), dtype=bool)
        near = distances <= scale_km
        for _ in range(_CENTRES_PER_SCALE):
            mass = np.where(free, near @ (weights * free), -1.0)
            members = near[int(np.argmax(mass))] & free
            if members.sum() < 2:
                break
            mean = weights[members] @ vectors[members]
            if float(np.linalg.norm(mean)) > 1e-9:
                centres.append(np.asarray(positions_of(mean)))
                scales.append(scale_km)
            free &= ~members
    return np.array(centres).reshape(-1, 2), np.array(scales)
