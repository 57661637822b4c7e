"""Simplified outlines: few corners, close to the circles they stand for, whole at the poles and at ±180."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from sextant.geo.caps import compute_polygon_area_km2, draw_caps, is_covered
from sextant.geo.simplify import count_corners, simplify_geojson, simplify_in_steps
from sextant.geo.sphere import compute_great_circle_km

CAPS = st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.floats(0.05, 15_000)), min_size=1, max_size=5)


@given(CAPS)
def test_any_region_stays_valid_and_keeps_its_area(caps):
    drawn = draw_caps(caps)
    simple = simplify_geojson(drawn, 0.005)
    assert shape(simple).is_valid
    assert count_corners(simple) <= count_corners(drawn)
    assert compute_polygon_area_km2(simple) == pytest.approx(compute_polygon_area_km2(drawn), rel=0.06)


@pytest.mark.parametrize("radius_km", [0.055, 0.5, 30.0])
def test_a_small_circle_around_a_pole_keeps_its_area(radius_km):
    drawn = draw_caps([(90.0, 0.0, radius_km)])
    simple = simplify_geojson(drawn, 0.005)
    assert shape(simple).is_valid
    assert compute_polygon_area_km2(simple) == pytest.approx(compute_polygon_area_km2(drawn), rel=0.06)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0.05, 9_000), st.integers(0, 2**32 - 1))
def test_a_point_well_inside_or_outside_is_told_alike(latitude, longitude, radius_km, seed):
    simple = simplify_geojson(draw_caps([(latitude, longitude, radius_km)]), 0.005)
    chance = np.random.default_rng(seed)
    for _ in range(20):
        there = math.degrees(math.asin(chance.uniform(-1, 1))), chance.uniform(-180, 180)
        away = float(compute_great_circle_km((latitude, longitude), there))
        if abs(away - radius_km) > 0.12 * radius_km:
            assert is_covered(simple, *there) == (away < radius_km)


@given(CAPS)
def test_steps_are_what_each_share_gives(caps):
    drawn, shares = draw_caps(caps), (0.005, 0.01, 0.02)
    outlines = [simplify_geojson(drawn, share) for share in shares]
    steps = list(simplify_in_steps(drawn, shares, 100_000))
    assert steps[0] == outlines[0] and all(step in outlines for step in steps)


def test_a_circle_takes_one_step_where_its_shorter_side_is_what_counts():
    assert len(list(simplify_in_steps(draw_caps([(0.0, 0.0, 300.0)]), [0.02, 0.05], 100))) == 1


def test_outlines_with_too_many_corners_are_passed_over_but_for_the_last():
    drawn, shares = draw_caps([(0.0, 0.0, 300.0), (40.0, 60.0, 300.0)]), (0.001, 0.005, 0.01)
    every = list(simplify_in_steps(drawn, shares, 1_000))
    assert len(every) == 3
    assert list(simplify_in_steps(drawn, shares, count_corners(every[1]))) == every[1:]
    assert list(simplify_in_steps(drawn, shares, 1)) == every[2:]


@pytest.mark.parametrize("geojson", [{"type": "MultiPolygon", "coordinates": []}])
def test_an_empty_region_stays_empty(geojson):
    assert simplify_geojson(geojson, 0.01) == geojson


def test_a_circle_needs_some_twenty_corners():
    simple = simplify_geojson(draw_caps([(48.0, 2.0, 300.0)]), 0.005)
    assert 12 <= count_corners(simple) <= 40


@pytest.mark.parametrize(
    "cap", [(10.0, 179.9, 500.0), (-70.0, -179.0, 1500.0), (89.0, 10.0, 900.0), (-88.0, 0.0, 3000.0)]
)
def test_what_is_cut_at_the_edge_of_the_map_still_meets_there(cap):
    drawn, simple = draw_caps([cap]), simplify_geojson(draw_caps([cap]), 0.02)

    def edge(geojson):
        return {
            (abs(longitude), round(latitude, 2))
            for ring in (ring for part in shape(geojson).__geo_interface__["coordinates"] for ring in _rings(part))
            for longitude, latitude in ring
            if abs(longitude) == 180.0
        }

    assert set() != edge(simple) <= edge(drawn)
    ends = [latitude for _, latitude in edge(drawn)]
    assert max(ends) == pytest.approx(max(latitude for _, latitude in edge(simple)), abs=0.06)
    assert min(ends) == pytest.approx(min(latitude for _, latitude in edge(simple)), abs=0.06)


def _rings(part):
    return part if isinstance(part[0][0], tuple) else [part]
