import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sextant.base.errors import WrongUse
from sextant.geo.sphere import (
    EARTH_RADIUS_KM,
    check_position,
    compute_all_pairs_km,
    compute_bearing_degrees,
    compute_geodesic_km,
    compute_great_circle_km,
    convert_to_positions,
    convert_to_vectors,
    find_destination,
    find_weighted_centre,
    normalise_longitude,
)

POSITIONS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
LONDON, PARIS, SYDNEY = (51.5074, -0.1278), (48.8566, 2.3522), (-33.8688, 151.2093)


def test_known_distances():
    assert float(compute_great_circle_km(LONDON, PARIS)) == pytest.approx(343.6, abs=0.5)
    assert float(compute_geodesic_km(LONDON, PARIS)) == pytest.approx(343.9, abs=0.5)
    assert float(compute_great_circle_km((0, 0), (0, 180))) == pytest.approx(np.pi * EARTH_RADIUS_KM)


def test_shapes_broadcast():
    table = compute_great_circle_km(np.zeros((4, 1, 2)), np.ones((3, 2)))
    assert table.shape == (4, 3)
    assert compute_geodesic_km([LONDON, SYDNEY], PARIS).shape == (2,)


@given(POSITIONS, POSITIONS)
def test_all_pairs_are_as_far_apart_as_each_pair(a, b):
    table, single = compute_all_pairs_km([a, LONDON], [b]), float(compute_great_circle_km(a, b))
    near_antipodes = single > np.pi * EARTH_RADIUS_KM - 10
    assert table.shape == (2, 1)
    assert table[0, 0] == pytest.approx(single, abs=0.1 if near_antipodes else 1e-6)
    assert compute_all_pairs_km([a], [a])[0, 0] == 0


@given(POSITIONS, POSITIONS)
def test_distance_is_symmetric_and_at_most_half_round(a, b):
    there, back = float(compute_great_circle_km(a, b)), float(compute_great_circle_km(b, a))
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= np.pi * EARTH_RADIUS_KM + 1e-6


@given(POSITIONS, POSITIONS, POSITIONS)
def test_no_detour_is_shorter(a, b, c):
    assert (
        float(compute_great_circle_km(a, c))
        <= float(compute_great_circle_km(a, b)) + float(compute_great_circle_km(b, c)) + 1e-6
    )


@given(POSITIONS, POSITIONS)
def test_sphere_and_ellipsoid_differ_by_less_than_the_stated_share(a, b):
    sphere, ellipsoid = float(compute_great_circle_km(a, b)), float(compute_geodesic_km(a, b))
    assert abs(sphere - ellipsoid) <= 0.0057 * ellipsoid + 1e-6


@given(st.floats(-90, 90), st.floats(0, 10))
def test_the_antimeridian_is_no_wall(latitude, gap):
    across = float(compute_great_circle_km((latitude, 180 - gap / 2), (latitude, -180 + gap / 2)))
    assert across == pytest.approx(float(compute_great_circle_km((latitude, -gap / 2), (latitude, gap / 2))), abs=1e-6)


@given(POSITIONS, st.floats(0, 360), st.floats(0, 20000))
def test_the_destination_lies_as_far_as_it_was_told(start, bearing, distance_km):
    end = find_destination(start, bearing, distance_km)
    assert float(compute_great_circle_km(start, end)) == pytest.approx(distance_km, abs=1e-3)
    assert abs(end[0]) <= 90 and -180 <= end[1] < 180


@given(POSITIONS, POSITIONS)
def test_following_the_bearing_arrives(a, b):
    distance = float(compute_great_circle_km(a, b))
    assume(distance < 19_900)  # near the antipode every bearing is right and none is exact
    end = find_destination(a, compute_bearing_degrees(a, b), distance)
    assert float(compute_great_circle_km(end, b)) < 0.01


@pytest.mark.parametrize(("b", "bearing"), [((1, 0), 0), ((0, 1), 90), ((-1, 0), 180), ((0, -1), 270)])
def test_bearings_are_clockwise_from_north(b, bearing):
    assert float(compute_bearing_degrees((0, 0), b)) == pytest.approx(bearing)


@given(POSITIONS, POSITIONS)
def test_bearings_stay_below_360(a, b):
    assert 0 <= float(compute_bearing_degrees(a, b)) < 360


@pytest.mark.parametrize(
    ("longitude", "same"), [(180, -180), (-180, -180), (190, -170), (540, -180), (0, 0), (359.5, -0.5)]
)
def test_longitudes_are_normalised_to_one_turn(longitude, same):
    assert float(normalise_longitude(longitude)) == pytest.approx(same)


def test_a_longitude_just_short_of_minus_180_stays_in_range():
    assert -180 <= float(normalise_longitude(-180 - 1e-14)) < 180


@given(POSITIONS)
def test_vectors_and_positions_agree(position):
    assert float(compute_great_circle_km(convert_to_positions(convert_to_vectors(position)), position)) < 1e-6


def test_the_centre_lies_between_across_the_antimeridian():
    assert find_weighted_centre([(0, 179), (0, -179)]) == pytest.approx((0, -180))


def test_the_centre_of_a_ring_round_the_pole_is_the_pole():
    latitude, _ = find_weighted_centre([(80, 0), (80, 120), (80, -120)])
    assert latitude == pytest.approx(90)


def test_the_centre_leans_to_the_weight():
    assert find_weighted_centre([(0, 0), (0, 10)], [9, 1])[1] == pytest.approx(1, abs=0.02)


def test_the_centre_of_antipodes_is_the_heavier():
    assert find_weighted_centre([(0, 0), (0, 180)], [1, 1]) == (0, 0)
    assert find_weighted_centre([(10, 0), (-10, 180)], [0.5, 0.5]) == (10, 0)


def test_no_positions_have_no_centre():
    with pytest.raises(WrongUse, match="at least one position"):
        find_weighted_centre([])


@pytest.mark.parametrize("position", [(90.01, 0), (0, -180.5), (float("nan"), 0), (0, float("inf"))])
def test_positions_out_of_range_are_refused(position):
    with pytest.raises(WrongUse, match="outside"):
        check_position(*position)
