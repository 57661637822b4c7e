"""Drawn circles hold what the circles hold: at poles, at ±180, and larger than a hemisphere."""

import numpy as np
import pytest

from sextant.geo.caps import HALF_ROUND_KM, draw_caps, is_covered
from sextant.geo.sphere import compute_great_circle_km, find_destination

_EDGE = 0.002  # of the radius: the polygon's sides touch the circle from outside


def random_caps(chance):
    """One to three circles, some at a pole or at ±180, from half a kilometre to the whole globe."""
    caps = []
    for _ in range(chance.integers(1, 4)):
        latitude = chance.choice([90.0, -90.0, 89.5, -88.0]) if chance.random() < 0.2 else random_latitude(chance)
        longitude = chance.choice([180.0, -180.0, 179.9]) if chance.random() < 0.2 else chance.uniform(-180, 180)
        caps.append((float(latitude), float(longitude), float(np.exp(chance.uniform(-0.7, np.log(HALF_ROUND_KM))))))
    return caps


def random_latitude(chance):
    return float(np.degrees(np.arcsin(chance.uniform(-1, 1))))


def random_position(chance, caps):
    """A position anywhere, or near the edge of a circle."""
    if chance.random() < 0.5:
        return random_latitude(chance), float(chance.uniform(-180, 180))
    latitude, longitude, km = caps[chance.integers(len(caps))]
    there = find_destination((latitude, longitude), np.array([chance.uniform(0, 360)]), km * chance.uniform(0.9, 1.1))
    return tuple(np.asarray(there).reshape(-1).tolist())


@pytest.mark.parametrize("seed", range(20))
def test_the_drawing_of_25_random_regions_holds_what_their_circles_hold(seed):
    chance = np.random.default_rng(seed)
    for _ in range(25):
        caps = random_caps(chance)
        drawn = draw_caps(caps)
        for _ in range(20):
            here = random_position(chance, caps)
            beyond = [float(compute_great_circle_km(cap[:2], here)) - cap[2] for cap in caps]
            nearest = int(np.argmin(beyond))
            size = min(caps[nearest][2], HALF_ROUND_KM - caps[nearest][2])
            if abs(beyond[nearest]) > _EDGE * max(size, 1e-3):
                assert is_covered(drawn, *here) == (beyond[nearest] <= 0), (caps, here)
