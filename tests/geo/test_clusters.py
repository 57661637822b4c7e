import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.base.errors import WrongUse
from sextant.geo.clusters import cluster
from sextant.geo.sphere import compute_great_circle_km

POSITIONS = st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=20)


def test_positions_across_the_antimeridian_lie_together():
    assert cluster([(0, 179.99), (0, -179.99), (10, 0)], 10).tolist() == [0, 0, 1]


def test_all_longitudes_meet_at_a_pole():
    assert cluster([(90, 0), (90, 120), (89.999, -77)], 1).tolist() == [0, 0, 0]


def test_label_0_is_the_heaviest_by_weight_not_by_number():
    assert cluster([(0, 0), (0, 0), (50, 50)], 10, [1, 1, 5]).tolist() == [1, 1, 0]


def test_a_chain_is_not_one_cluster():
    labels = cluster([(0, step * 0.5) for step in range(9)], 60)  # each 56 km from the next
    assert len(set(labels.tolist())) > 1


@given(POSITIONS, st.floats(0, 5000))
def test_members_lie_within_a_radius_of_one_of_them(positions, radius_km):
    labels = cluster(positions, radius_km)
    assert set(labels.tolist()) == set(range(labels.max() + 1))
    for label in range(labels.max() + 1):
        members = np.array(positions)[labels == label]
        reach = compute_great_circle_km(members[:, None], members[None]).max(axis=1).min()
        assert reach <= radius_km + 0.001


@given(POSITIONS, st.floats(0, 5000), st.randoms(use_true_random=False))
def test_the_order_of_positions_does_not_matter(positions, radius_km, random):
    order = list(range(len(positions)))
    random.shuffle(order)
    labels = cluster(positions, radius_km)
    assert cluster([positions[n] for n in order], radius_km).tolist() == labels[order].tolist()


@given(POSITIONS)
def test_weights_fall_with_the_label(positions):
    weights = np.arange(1, len(positions) + 1) / 3
    labels = cluster(positions, 500, weights)
    mass = np.bincount(labels, weights=weights)
    assert (np.diff(mass) <= 1e-9).all()


def test_no_positions_have_no_labels():
    assert cluster(np.empty((0, 2)), 10).tolist() == []


@pytest.mark.parametrize(("radius_km", "weights"), [(-1, None), (float("nan"), None), (1, [1, 2]), (1, [-1])])
def test_what_is_no_radius_or_weight_is_refused(radius_km, weights):
    with pytest.raises(WrongUse):
        cluster([(0, 0)], radius_km, weights)
