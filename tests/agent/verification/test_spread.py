import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.agent.verification.area import Area
from sextant.agent.verification.spread import spread_of
from sextant.geo.sphere import compute_great_circle_km
from tests.agent.verification.pools import LISBON, NEW_YORK

SURE = np.array([0.5, 0.3, 0.1, 0.05, 0.03, 0.02])
EITHER = np.array([0.2, 0.25, 0.03, 0.01, 0.0, 0.01])


def test_one_sure_place_is_one_circle_of_the_right_size():
    caps = spread_of(np.array([LISBON]), SURE[None]).caps(0.8)
    assert len(caps) == 1
    assert 20 < caps[0][2] < 35


def test_two_camps_are_two_circles_and_the_sea_between_them_is_none():
    spread = spread_of(np.array([LISBON, NEW_YORK]), np.stack([EITHER, EITHER]))
    area = Area(0.9, tuple(spread.caps(0.9)))
    assert len(area.caps) == 2
    assert area.contains(*LISBON) and area.contains(*NEW_YORK) and not area.contains(40.0, -40.0)


def test_the_same_place_twice_is_one_circle():
    positions = np.array([LISBON, (LISBON[0] + 0.005, LISBON[1])])
    assert len(spread_of(positions, np.stack([EITHER, EITHER])).positions) == 1


def test_a_share_nothing_reaches_is_the_whole_globe():
    caps = spread_of(np.array([LISBON]), SURE[None]).caps(1.1)
    assert Area(1.0, tuple(caps)).contains(-LISBON[0], LISBON[1] + 180)


rings = st.lists(st.floats(0.001, 1), min_size=6, max_size=6)
place = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(place, rings), min_size=1, max_size=8), place)
def test_regions_are_nested_and_hold_what_their_score_says(rows, truth):
    positions, mixture = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    spread = spread_of(positions, mixture / mixture.sum())
    assert (np.diff(spread.held) >= 0).all() and (np.diff(spread.radii_km, axis=0) >= -1e-9).all()
    score = spread.held_at(*truth)
    if score < 1:
        away = [float(compute_great_circle_km(cap[:2], truth)) - cap[2] for cap in spread.caps(score)]
        assert min(away) < 1e-6
