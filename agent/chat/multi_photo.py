"""Joint localisation of several photos of one place or one trip, and which photo does not fit.

Each photo brings its candidates with weights. ``locate_same_place`` multiplies the photos' evidence at every candidate
place; ``locate_same_trip`` chooses one candidate a photo so that nobody travels faster than an airliner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sextant.geo.sphere import compute_great_circle_km

SAME_KM = 25.0  # distance within which photos show one place: the benchmarks' city radius
DOUBT = 0.05  # weight of "this photo's candidates are all wrong": one bad photo cannot veto the others
FASTEST_KM_H = 900.0  # an airliner's cruising speed
SLACK_H = 1.0  # a camera clock may be off by a time zone or summer time
# A photo does not fit if its support for the joint place is under this share of that for its own best place.
MISFIT = 0.25


@dataclass(frozen=True)
class PhotoEvidence:
    """One photo's evidence: places (n, 2) in degrees, weights (n,) above 0, and when it was taken, if known."""

    name: str
    positions: NDArray[np.float64]
    weights: NDArray[np.float64]
    taken: datetime | None = None


@dataclass(frozen=True)
class Joint:
    """One place for all photos: degrees, its share of the joint evidence, and the photos that do not fit it."""

    latitude: float | None
    longitude: float | None
    share: float
    misfits: tuple[str, ...]


@dataclass(frozen=True)
class Leg:
    """The leg between two consecutive photos. ``possible`` is None when a time is unknown."""

    first: str
    second: str
    km: float
    hours: float | None
    possible: bool | None

    @property
    def km_h(self) -> float | None:
        """Return the speed that the leg requires, in km/h, with an hour of tolerance."""
        return None if self.hours is None else self.km / (self.hours + SLACK_H)


@dataclass(frozen=True)
class Trip:
    """One place per photo in the order of time, the legs between them, and the photos that do not fit."""

    places: tuple[tuple[str, float, float], ...]
    legs: tuple[Leg, ...]
    misfits: tuple[str, ...]


def locate_same_place(photos: Sequence[PhotoEvidence]) -> Joint:
    """Locate several photos of one place: the candidate place with the most joint evidence.

    The evidence of a photo for a place is the weight of its candidates round it, fading over 25 km, as a share of
    all its weight, plus a doubt that they are all wrong; the joint evidence is the product over photos.
    """
    heard = [photo for photo in photos if len(photo.positions)]
    if not heard:
        return Joint(None, None, 0.0, tuple(photo.name for photo in photos))
    places = np.concatenate([photo.positions for photo in heard])
    evidence = np.stack([_compute_support(photo, places) for photo in heard])
    joint = np.log(evidence).sum(axis=0)
    best = int(np.argmax(joint))
    # Candidates near each other are one place, so the share counts each neighbourhood once.
    mass = np.exp(joint - joint.max())
    near = compute_great_circle_km(places[best], places) <= SAME_KM
    apart = mass[~near].max() if (~near).any() else 0.0
    share = float(mass[best] / (mass[best] + apart))
    misfits = [photo.name for photo, row in zip(heard, evidence, strict=True) if row[best] < MISFIT * float(row.max())]
    silent = [photo.name for photo in photos if not len(photo.positions)]
    return Joint(float(places[best, 0]), float(places[best, 1]), share, (*misfits, *silent))


def locate_same_trip(photos: Sequence[PhotoEvidence]) -> Trip:
    """Locate photos of one trip: one candidate per photo, the likeliest trip without a leg faster than an airliner.

    Photos are ordered by time; those without a time come last, in the order given.
    A photo does not fit if its chosen place has under a quarter of its best place's weight, or if no possible leg
    reaches it.
    """
    heard = sorted(
        (photo for photo in photos if len(photo.positions)),
        key=lambda photo: (photo.taken is None, photo.taken.replace(tzinfo=None) if photo.taken else datetime.min),
    )
    silent = tuple(photo.name for photo in photos if not len(photo.positions))
    if not heard:
        return Trip((), (), silent)
    chosen = _find_likeliest_path(heard)
    places = [(photo.name, *photo.positions[index].tolist()) for photo, index in zip(heard, chosen, strict=True)]
    legs = [_make_leg(a, b, i, j) for (a, i), (b, j) in _list_pairs(list(zip(heard, chosen, strict=True)))]
    misfits = [
        photo.name
        for photo, index in zip(heard, chosen, strict=True)
        if _compute_support(photo, photo.positions)[index]
        < MISFIT * float(_compute_support(photo, photo.positions).max())
    ]
    misfits += [_choose_misfit(leg, heard) for leg in legs if leg.possible is False]
    return Trip(tuple(places), tuple(legs), tuple(dict.fromkeys((*misfits, *silent))))


def _compute_support(photo: PhotoEvidence, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute one photo's evidence for each place, (places,), in (0, 1]."""
    fading = np.exp(-compute_great_circle_km(places[:, None], photo.positions[None]) / SAME_KM)
    share: NDArray[np.float64] = fading @ (photo.weights / photo.weights.sum())
    return (1 - DOUBT) * share + DOUBT / 100


def _find_likeliest_path(photos: Sequence[PhotoEvidence]) -> list[int]:
    """Find the Viterbi path: one candidate per photo; impossible legs cost so much that they are a last resort."""
    scores = np.log(_compute_support(photos[0], photos[0].positions))
    back: list[NDArray[np.intp]] = []
    for before, photo in pairwise(photos):
        ways = scores[:, None] - _price_legs(before, photo)
        back.append(np.argmax(ways, axis=0))
        scores = ways.max(axis=0) + np.log(_compute_support(photo, photo.positions))
    path = [int(np.argmax(scores))]
    for choices in reversed(back):
        path.append(int(choices[path[-1]]))
    return path[::-1]


def _price_legs(before: PhotoEvidence, after: PhotoEvidence) -> NDArray[np.float64]:
    """Compute the cost of each leg in log evidence: 0 if possible, 20 if not; by distance when a time is unknown."""
    km = compute_great_circle_km(before.positions[:, None], after.positions[None])
    hours = _compute_hours(before, after)
    if hours is None:
        return km / 10_000.0  # without times, distance is only a weak penalty
    return np.where(km / (hours + SLACK_H) > FASTEST_KM_H, 20.0, 0.0)


def _compute_hours(before: PhotoEvidence, after: PhotoEvidence) -> float | None:
    if before.taken is None or after.taken is None:
        return None
    if (before.taken.tzinfo is None) != (after.taken.tzinfo is None):
        return abs((after.taken.replace(tzinfo=None) - before.taken.replace(tzinfo=None)).total_seconds()) / 3600
    return abs((after.taken - before.taken).total_seconds()) / 3600


def _make_leg(before: PhotoEvidence, after: PhotoEvidence, i: int, j: int) -> Leg:
    km = float(compute_great_circle_km(before.positions[i], after.positions[j]))
    hours = _compute_hours(before, after)
    possible = None if hours is None else km / (hours + SLACK_H) <= FASTEST_KM_H
    return Leg(before.name, after.name, km, hours, possible)


def _choose_misfit(leg: Leg, photos: Sequence[PhotoEvidence]) -> str:
    """Choose the photo of an impossible leg that does not fit: the one with the weaker best candidate."""
    sure = {photo.name: float(_compute_support(photo, photo.positions).max()) for photo in photos}
    return leg.second if sure[leg.second] <= sure[leg.first] else leg.first


def _list_pairs(
    items: list[tuple[PhotoEvidence, int]],
) -> list[tuple[tuple[PhotoEvidence, int], tuple[PhotoEvidence, int]]]:
    return list(pairwise(items))
