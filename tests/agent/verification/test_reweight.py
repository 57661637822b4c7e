import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.agent.verification.reweight import tilted

AWAY_KM = np.array([0.0, 300.0, 6000.0])
EVEN = np.full((3, 6), 1 / 18)
shifts = st.lists(st.floats(-5, 5), min_size=5, max_size=5)


def within(mixture, radius_km):
    """The mass of points that lie within the radius, with their rings of up to 25 km."""
    return mixture[radius_km >= AWAY_KM, :2].sum()


def test_what_speaks_for_the_chosen_point_gathers_the_spread_round_it():
    sure, unsure = (tilted(EVEN, AWAY_KM, np.full(5, shift), 1) for shift in (2.0, -2.0))
    assert within(sure, 1) > within(EVEN, 1) > within(unsure, 1)
    assert sure[2].sum() < EVEN[2].sum() < unsure[2].sum()


@given(shifts)
def test_it_stays_a_distribution(told):
    moved = tilted(EVEN, AWAY_KM, np.array(told), 1)
    assert (moved >= 0).all() and moved.sum() == pytest.approx(1.0)


def test_nothing_told_moves_nothing_and_neither_does_anything_beside_retrieved_photos():
    assert tilted(EVEN, AWAY_KM, np.zeros(5), 1) is EVEN
    assert tilted(EVEN, AWAY_KM, np.ones(5), 2) is EVEN


def test_a_shell_without_mass_gets_none():
    alone = np.array([[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    assert tilted(alone, np.zeros(1), np.full(5, -3.0), 1).tolist() == alone.tolist()
