"""Locate the photos of one camera together: a hidden Markov chain over the towns that any of them proposes.

Each photo was taken in one of the towns that it or its neighbours propose, or elsewhere. What a photo says about a town
counts as a likelihood: its probability of the town against the town's own share of all photos. Steps between photos
follow ``travel``. Forward and backward passes give each photo's probability of every town, given all photos.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sextant.agent.trips.calibration import JointEvidence, calibrate
from sextant.agent.trips.evidence import TOWN_KM, PhotoEvidence, choose_apart
from sextant.agent.trips.travel import Step
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_great_circle_km

NEIGHBOURS = 4  # photos before and after whose towns a photo is tried at
BORROWED = 3  # towns of each neighbour
TOWN_SHARE = 1.0 / 500  # of all photos, that were taken in one town that a photo proposes
TRUST = 0.5  # exponent of a photo's likelihoods: answers of one model about one trip err together
# Both have the least log loss at 25 and 200 km on one half of the photographers: bench/library/trips.py --half a.
MISFIT = 0.25  # a photo does not fit if its joint place has under this share of its own place's support


@dataclass(frozen=True)
class JointPlace:
    """A photo's place by its trip.

    Attributes:
        name: of the photo.
        latitude: degrees; its own answer where the trip favours none of the towns.
        longitude: degrees.
        within_25_km: the probability that it was taken within 25 km of this place, given the whole trip.
        within_200_km: the same for 200 km.
        fits: False where the trip's place has much less support by the photo itself than its own.
    """

    name: str
    latitude: float
    longitude: float
    within_25_km: float
    within_200_km: float
    fits: bool


@dataclass(frozen=True)
class ChainPlace:
    """A photo's place by its trip with what calibration needs.

    Attributes:
        place: with the chain's own probabilities, which are too high.
        own: what the photo itself says of the place, within 25 and 200 km.
        anchored: whether a photo of the trip states its position.
    """

    place: JointPlace
    own: tuple[float, float]
    anchored: bool

    def calibrate(self) -> JointPlace:
        """Return the place with calibrated probabilities."""
        near, far = (
            float(calibrate(JointEvidence([chain], [own], [self.anchored]), radius)[0])
            for chain, own, radius in zip(
                (self.place.within_25_km, self.place.within_200_km), self.own, (25, 200), strict=True
            )
        )
        return replace(self.place, within_25_km=near, within_200_km=max(near, far))


def locate_trip(photos: Sequence[PhotoEvidence]) -> list[JointPlace]:
    """Locate the photos of a trip together, in their order; photos without any place are left out.

    A photo with an ``anchor`` stays there and helps the others.
    """
    return [found.calibrate() for found in chain_trip(photos)]


def chain_trip(photos: Sequence[PhotoEvidence]) -> list[ChainPlace]:
    """Locate the photos of a trip together, as `locate_trip`, before calibration."""
    states = [_list_states(photos, number) for number in range(len(photos))]
    chances = _pass(photos, states)
    anchored = any(photo.anchor is not None for photo in photos)
    found = []
    for photo, places, masses in zip(photos, states, chances, strict=True):
        if photo.anchor is None and (chosen := _choose(photo, places, masses)) is not None:
            found.append(ChainPlace(chosen, _weigh_own(photo, chosen), anchored))
    return found


def _list_states(photos: Sequence[PhotoEvidence], number: int) -> Floats:
    """List the towns at which a photo is tried: its own, and the strongest of its neighbours; (n, 2)."""
    photo = photos[number]
    if photo.anchor is not None:
        return np.array([photo.anchor])
    places: list[Floats] = [photo.towns]
    for other in photos[max(0, number - NEIGHBOURS) : number + NEIGHBOURS + 1]:
        places.append(np.array([other.anchor]) if other.anchor is not None else other.towns[:BORROWED])
    every = np.concatenate(places).reshape(-1, 2)
    return np.asarray(every[choose_apart(every)])


def _likelihoods(photo: PhotoEvidence, places: Floats) -> Floats:
    """Return the photo's likelihood of each place and, last, of elsewhere."""
    masses = photo.weigh(places)
    elsewhere = 1e-9 if photo.anchor is not None else max(0.02, 1.0 - float(masses.sum()))
    ratios = np.append(masses / TOWN_SHARE, elsewhere / (1.0 - len(places) * TOWN_SHARE))
    return ratios if photo.anchor is not None else np.asarray(ratios**TRUST)


def _pass(photos: Sequence[PhotoEvidence], states: Sequence[Floats]) -> list[Floats]:
    """Return each photo's probability of each of its states, the last being elsewhere."""
    seen = [_likelihoods(photo, places) for photo, places in zip(photos, states, strict=True)]
    moves = [_move(photos[i], photos[i + 1], states[i], states[i + 1]) for i in range(len(photos) - 1)]
    first = np.append(np.full(len(states[0]), TOWN_SHARE), 1.0 - len(states[0]) * TOWN_SHARE)
    forward = [_normalise(first * seen[0])]
    for move, likelihood in zip(moves, seen[1:], strict=True):
        forward.append(_normalise((forward[-1] @ move) * likelihood))
    backward = [np.ones(len(seen[-1]))]
    for move, likelihood in zip(reversed(moves), reversed(seen[1:]), strict=True):
        backward.append(_normalise(move @ (likelihood * backward[-1])))
    return [_normalise(a * b) for a, b in zip(forward, reversed(backward), strict=True)]


def _move(before: PhotoEvidence, after: PhotoEvidence, first: Floats, second: Floats) -> Floats:
    """Return the chances of the steps between two photos' states: (n + 1, m + 1), each row with the sum 1."""
    known = before.hours is not None and after.hours is not None
    step = Step(abs((after.hours or 0.0) - (before.hours or 0.0)) if known else None)
    moves = np.zeros((len(first) + 1, len(second) + 1))
    if len(first) and len(second):
        moves[:-1, :-1] = step.compute_chances(first, second)
    moves[-1, :-1] = (1.0 - step.stays) * TOWN_SHARE
    total = moves[:, :-1].sum(axis=1, keepdims=True)
    moves[:, :-1] /= np.maximum(1.0, total / 0.999)
    moves[:, -1] = 1.0 - moves[:, :-1].sum(axis=1)
    return moves


def _choose(photo: PhotoEvidence, places: Floats, masses: Floats) -> JointPlace | None:
    """Choose a photo's place: the likeliest town, or its own answer where elsewhere is likelier than any."""
    if not len(places):
        return None
    number = int(np.argmax(masses[:-1]))
    place = places[number]
    support = photo.weigh(places)
    if photo.best is not None and masses[number] < masses[-1] * float(support.max()):
        place = np.array(photo.best)
    near = compute_great_circle_km(places, place)
    rings = photo.rings if photo.best is not None else (0.0,) * 5
    # Elsewhere holds what no town was proposed for; of that, as much lies near as by the photo's own answer.
    left = 1.0 - rings[0]
    nearby = rings[1] / left if left > 0 and photo.best and _is_near(place, photo.best) else 0.0
    within_25 = float(masses[:-1][near <= TOWN_KM].sum())
    within_200 = float(masses[:-1][near <= 200.0].sum()) + nearby * float(masses[-1])
    fits = photo.best is None or float(photo.weigh(place[None])[0]) >= MISFIT * float(support.max()) * _fading(photo)
    return JointPlace(photo.name, float(place[0]), float(place[1]), within_25, min(1.0, within_200), fits)


def _weigh_own(photo: PhotoEvidence, found: JointPlace) -> tuple[float, float]:
    """Return what a photo itself says of a joint place, within 25 and 200 km."""
    place = np.array([found.latitude, found.longitude])
    if photo.best is not None and _is_near(place, photo.best):
        return photo.rings[0], photo.rings[0] + photo.rings[1]
    share = float(photo.weigh(place[None])[0])
    return share, share


def _is_near(place: Floats, best: tuple[float, float]) -> bool:
    return float(compute_great_circle_km(place, np.array(best))) <= TOWN_KM


def _fading(photo: PhotoEvidence) -> float:
    """Return how much a photo's own place counts against its trip: an unsure photo fits nearly anywhere."""
    return float(photo.masses.max()) if len(photo.masses) else 0.0


def _normalise(values: Floats) -> Floats:
    total = float(values.sum())
    return values / total if total > 0 else np.full(len(values), 1.0 / len(values))
