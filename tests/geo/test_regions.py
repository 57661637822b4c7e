import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from sextant.base.errors import WrongUse
from sextant.geo.caps import HALF_ROUND_KM, compute_cap_area_km2, compute_polygon_area_km2, draw_caps, is_covered
from sextant.geo.regions import Region, find_smallest_cap, find_smallest_region, unite_caps
from sextant.geo.sphere import EARTH_RADIUS_KM, compute_great_circle_km, find_destination

POSITION = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
WEIGHTED = st.lists(st.tuples(POSITION, st.floats(0.01, 10)), min_size=1, max_size=12)
AWKWARD_CAPS = [
    (0, 0, 100), (60, 179, 500), (89, 20, 500), (-89, 20, 500), (90, 0, 1000), (0, 180, 10), (89.9999, 0, 1),
    (70, -180, 2500), (80, 10, 1111.9), (0, 0, 10007.5), (0, 0, 15000), (45, 10, 12000), (-90, 45, 3000),
]  # fmt: skip


@given(POSITION, st.floats(1, 20000), st.floats(0, 360), st.floats(0.0, 0.999))
def test_a_cap_holds_what_is_nearer_than_its_radius(centre, radius_km, bearing, share):
    region = Region(*centre, radius_km)
    assert region.contains(*find_destination(centre, bearing, radius_km * share))
    if radius_km * 1.01 < HALF_ROUND_KM:
        assert not region.contains(*find_destination(centre, bearing, radius_km * 1.01))


def test_areas_of_caps():
    assert compute_cap_area_km2(1) == pytest.approx(np.pi, rel=1e-6)
    assert compute_cap_area_km2(HALF_ROUND_KM) == pytest.approx(4 * np.pi * EARTH_RADIUS_KM**2)


@pytest.mark.parametrize("cap", AWKWARD_CAPS)
def test_drawn_caps_are_valid_and_as_large_as_the_circle(cap):
    geojson = draw_caps([cap])
    drawn = shape(geojson)
    assert drawn.is_valid
    west, south, east, north = drawn.bounds
    assert west >= -180 and east <= 180 and south >= -90 and north <= 90
    assert compute_polygon_area_km2(geojson) == pytest.approx(compute_cap_area_km2(cap[2]), rel=1e-3)


@given(POSITION, st.floats(1, 19000), POSITION)
def test_drawn_caps_hold_what_the_circle_holds(centre, radius_km, position):
    distance = float(compute_great_circle_km(centre, position))
    geojson = draw_caps([(*centre, radius_km)])
    if distance < 0.98 * radius_km:
        assert is_covered(geojson, *position)
    elif distance > 1.02 * radius_km + 1:
        assert not is_covered(geojson, *position)


def test_outer_rings_run_against_the_clock_as_rfc_7946_asks():
    drawn = shape(draw_caps([(0, 0, 100), (0, 179.9, 100)]))
    assert all(part.exterior.is_ccw for part in drawn.geoms)


def test_a_union_across_the_antimeridian_is_cut_there():
    region = unite_caps([(0, 179.5, 300), (0, -179.5, 300)], share=0.9)
    assert region.geojson["type"] == "MultiPolygon"
    assert region.contains(0, 180) and region.contains(0, -180) and not region.contains(0, 170)
    assert region.area_km2 < 2 * compute_cap_area_km2(300)
    assert json.loads(json.dumps(region.to_json())) == {"geojson": region.geojson}


def test_a_union_of_one_is_a_circle():
    assert unite_caps([(10, 20, 5)]).to_json() == {"radius_km": 5, "latitude": 10, "longitude": 20}


def test_overlapping_caps_count_once():
    assert unite_caps([(0, 0, 100), (0, 0, 100)]).area_km2 == pytest.approx(compute_cap_area_km2(100), rel=1e-3)


@given(WEIGHTED, st.floats(0.01, 1))
def test_the_smallest_cap_holds_its_mass(weighted, mass):
    positions, weights = np.array([p for p, _ in weighted]), np.array([w for _, w in weighted])
    region = find_smallest_cap(positions, weights, mass)
    inside = np.array([region.contains(*position) for position in positions])
    assert weights[inside].sum() / weights.sum() >= mass - 1e-9
    assert region.share >= mass - 1e-9


@given(WEIGHTED)
def test_more_mass_needs_no_smaller_cap(weighted):
    positions, weights = [p for p, _ in weighted], [w for _, w in weighted]
    radii = [find_smallest_cap(positions, weights, mass).radius_km for mass in (0.25, 0.5, 0.9, 1.0)]
    assert radii == sorted(radii)


def test_the_smallest_cap_can_be_centred():
    region = find_smallest_cap([(0, 0), (0, 1), (0, 10)], None, 0.6, centre=(0, 0))
    assert (region.latitude, region.longitude) == (0, 0)
    assert region.radius_km == pytest.approx(111.2, abs=0.1)


@given(WEIGHTED, st.floats(0.05, 1))
def test_the_smallest_region_holds_its_mass_and_is_no_larger_than_one_cap(weighted, mass):
    positions, weights = np.array([p for p, _ in weighted]), np.array([w for _, w in weighted])
    region = find_smallest_region(positions, weights, mass, radius_km=200)
    inside = np.array([region.contains(*position) for position in positions])
    assert weights[inside].sum() / weights.sum() >= mass - 1e-6
    assert region.area_km2 <= find_smallest_cap(positions, weights, mass).area_km2 * 1.000001


def test_two_far_clusters_make_two_parts():
    region = find_smallest_region([(0, 0), (0, 0.1), (40, 100), (40, 100.1)], None, 0.95, 200, least_km=25)
    assert region.radius_km is None
    assert region.contains(0, 0.05) and region.contains(40, 100) and not region.contains(20, 50)
    assert len(shapely.get_parts(shape(region.geojson))) == 2


def test_no_cap_is_smaller_than_the_least():
    assert find_smallest_region([(5, 5)], None, 0.5, 200, least_km=7).radius_km == 7


@pytest.mark.parametrize(
    ("positions", "weights", "mass"), [([], None, 0.5), ([(0, 0)], None, 0), ([(0, 0)], [1, 2], 0.5)]
)
def test_regions_of_nothing_are_refused(positions, weights, mass):
    with pytest.raises(WrongUse):
        find_smallest_cap(positions, weights, mass)


def test_a_region_is_a_circle_or_a_polygon():
    with pytest.raises(WrongUse, match="either"):
        Region(0, 0, None)
