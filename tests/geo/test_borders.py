import json
import subprocess
import sys

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import mapping, shape

from sextant.base.errors import WrongUse
from sextant.geo.borders import (
    find_countries,
    find_country,
    find_inner_position,
    find_nearest_country,
    load_country_polygon,
    make_outlines,
    measure_border_km,
    measure_distance_to_land_km,
)
from sextant.geo.countries import load_countries_by_code
from sextant.geo.polygons import list_names_on_map, load_polygons
from sextant.geo.sphere import compute_great_circle_km
from tests.support.cli import ROOT

# What maps and travellers agree on. None: at sea.
KNOWN = [
    (48.8597, -113.4360, "US"),  # Glacier park, 15 km south of Canada
    (46.6013, 10.4229, "CH"),  # Val Müstair
    (23.0, 9.9, "DZ"),
    (0, -150, None),
    (71.2, -179.999, "RU"), (71.2, 179.999, "RU"), (71.2, 180, "RU"), (71.2, -180, "RU"),  # Wrangel Island
    (66.5, -179.9, "RU"), (66.5, 179.9, "RU"), (67, 180, "RU"), (64.42, -173.23, "RU"),  # Chukotka
    (65.78, -169.05, "RU"), (65.757, -168.93, "US"),  # the Diomedes, 4 km and a day apart
    (43.7384, 7.4246, "MC"), (41.9029, 12.4534, "VA"), (43.9367, 12.4467, "SM"), (42.507, 1.522, "AD"),
    (47.14, 9.52, "LI"), (49.61, 6.13, "LU"), (36.14, -5.35, "GI"), (35.89, -5.31, "ES"), (54.7, 20.5, "RU"),
    (41.8902, 12.4922, "IT"), (41.905, 12.4658, "IT"),  # Colosseum, Castel Sant'Angelo
    (-29.31, 27.48, "LS"), (-29.12, 26.21, "ZA"), (-26.3, 31.1, "SZ"), (13.45, -16.0, "GM"),
    (-90, 0, "AQ"), (-90, 180, "AQ"), (-89.99, 33, "AQ"), (-85, 180, "AQ"), (-85, -180, "AQ"), (-86, -179.99, "AQ"),
    (-77.85, 166.67, "AQ"), (-62.05, -58.3, "AQ"), (-70, 0, None), (-75, 0, "AQ"), (-69, 39.8, "AQ"),
    (90, 0, None), (90, 180, None), (0, 0, None), (47, -38, None), (45, 13, None), (-60, 179.999, None),
    (-16.85, -179.97, "FJ"), (-16.85, 179.97, "FJ"), (-16.85, 180, "FJ"), (-16.85, -180, "FJ"),  # Taveuni
    (42, 50.5, None), (43.65, 51.16, "KZ"), (40.4, 49.87, "AZ"),  # the Caspian and its shores
    (46.5, 6.5, "CH"), (43.7, -79.4, "CA"), (42.33, -83.05, "US"), (42.3, -83.0, "CA"),  # Detroit, Windsor
    (32.53, -117.03, "MX"), (32.72, -117.16, "US"), (31.76, -106.48, "US"), (31.69, -106.42, "MX"),
    (50.85, 4.35, "BE"), (47.557, 7.55, "CH"), (48.58, 7.75, "FR"), (48.573, 7.83, "DE"),  # Strasbourg, Kehl
    (1.3, 103.85, "SG"), (1.49, 103.74, "MY"), (22.28, 114.16, "HK"), (22.54, 114.06, "CN"), (25.03, 121.56, "TW"),
    (4.92, -52.3, "FR"), (-21.1, 55.5, "FR"), (12.17, -68.98, "CW"), (-10.49, 105.63, "CX"),
    (-51.69, -57.87, "FK"), (64.14, -21.9, "IS"), (70, -40, "GL"), (78.22, 15.55, "NO"), (-37.1, -12.28, "SH"),
    (27.8, 86.71, "NP"), (28.19, 86.83, "CN"), (-22.9, -43.2, "BR"), (-54.78, -68.35, "AR"), (-54.93, -67.6, "CL"),
]  # fmt: skip

DISPUTED = [
    (35.33, 33.32, "N. Cyprus", None),
    (42.66, 21.16, "Kosovo", "XK"),
    (9.56, 44.06, "Somaliland", None),
    (24.2, -13.0, "Western Sahara", "EH"),
    (35.5, 77.0, "Siachen Glacier", None),
    (31.9, 35.2, "Palestine", "PS"),
    (25.03, 121.56, "Taiwan", "TW"),
    (-51.7, -57.85, "Falkland Islands", "FK"),
]
VALID = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(("latitude", "longitude", "code"), KNOWN)
def test_known_positions_lie_in_their_country(latitude, longitude, code):
    country = find_country(latitude, longitude)
    assert (country.code if country else None) == code


@pytest.mark.parametrize(("latitude", "longitude", "name", "code"), DISPUTED)
def test_disputed_areas_are_named_and_flagged(latitude, longitude, name, code):
    country = find_country(latitude, longitude)
    assert (country.name, country.code, country.disputed) == (name, code, True)
    assert country.dispute


def test_leased_areas_carry_the_code_of_their_holder_and_no_flag():
    baikonur = find_country(46, 63.3)
    assert (baikonur.name, baikonur.code, baikonur.disputed) == ("Baikonur", "KZ", False)


def test_many_positions_at_once_are_what_each_is_alone():
    positions = [(latitude, longitude) for latitude, longitude, _ in KNOWN]
    assert find_countries(positions) == [find_country(*position) for position in positions]
    assert find_countries(np.empty((0, 2))) == []


@given(VALID)
def test_both_names_of_the_antimeridian_are_one(position):
    assert find_country(position[0], 180.0) == find_country(position[0], -180.0)


def test_the_whole_south_polar_plateau_is_antarctica_without_a_seam():
    positions = [(latitude, longitude) for latitude in (-90, -88, -86) for longitude in np.arange(-180, 180.5, 0.5)]
    assert {country.code if country else None for country in find_countries(positions)} == {"AQ"}


def test_about_three_tenths_of_the_globe_are_land():
    steps = np.arange(20_000) + 0.5
    latitude = np.degrees(np.arcsin(1 - 2 * steps / len(steps)))
    longitude = (steps * 137.50776) % 360 - 180  # golden angle: even over the sphere
    land = [country is not None for country in find_countries(np.column_stack([latitude, longitude]))]
    assert 0.27 < np.mean(land) < 0.30


def test_the_map_and_the_table_of_countries_agree():
    world = load_polygons()
    assert {country.natural_earth for country in world.countries} == list_names_on_map()
    undrawn = set(load_countries_by_code()) - {country.code for country in world.countries}
    # Parts of France, the Netherlands, New Zealand and Norway, which the map draws with them.
    assert undrawn == {"BQ", "BV", "GF", "GP", "MQ", "RE", "SJ", "TK", "YT"}


@pytest.mark.parametrize(
    ("position", "km", "neighbour"),
    [
        ((48.8597, -113.4360), 15.6, "CA"),  # 0.1403 degrees below the 49th parallel, which bulges on the sphere
        ((51.13, 1.32), 34, "FR"),  # Dover
        ((40.0, 116.4), 560, "MN"),
        ((-29.31, 27.48), 2.5, "ZA"),
        ((41.9022, 12.4539), 0.3, "IT"),
    ],
)
def test_borders_are_as_near_as_known(position, km, neighbour):
    distance, country = measure_border_km(*position)
    assert country.code == neighbour
    assert distance == pytest.approx(km, rel=0.1, abs=0.6)


@pytest.mark.parametrize(
    ("position", "km", "tolerance"),
    [
        ((90, 0), 707, 5),  # Kaffeklubben Island, 83.66 north
        ((-48.877, -123.393), 2688, 15),  # Point Nemo
        ((0, 180), 310, 150),
        ((66.5, -179.9), 0, 0),
        ((43.285, 5.33), 2, 2),  # off the Old Port of Marseille
    ],
)
def test_distance_to_land(position, km, tolerance):
    assert measure_distance_to_land_km(*position) == pytest.approx(km, abs=tolerance)


@given(VALID)
@settings(max_examples=60, deadline=None)
def test_the_nearest_country_is_no_farther_than_any_corner_of_the_map(position):
    near = find_nearest_country(*position)
    corners = float(compute_great_circle_km(position, load_polygons().points[::7]).min())
    if not find_country(*position):
        assert near.km <= corners + 0.001
    foot = float(compute_great_circle_km(position, (near.latitude, near.longitude)))
    assert near.km == pytest.approx(foot, abs=0.01)


@given(VALID)
@settings(max_examples=60, deadline=None)
def test_the_neighbour_is_another_country(position):
    country = find_country(*position)
    km, neighbour = measure_border_km(*position)
    assert neighbour != country and km >= 0


def test_the_cut_at_the_antimeridian_is_no_coast():
    # Inside Chukotka, far from any shore, on the cut itself.
    near = find_nearest_country(67.5, 180.0)
    assert near.country.code == "RU" and near.km > 30


def test_polygons_are_had_by_code_and_by_name():
    assert load_country_polygon("PT").is_valid and load_country_polygon("PT").equals(load_country_polygon("Portugal"))
    assert load_country_polygon("N. Cyprus").area < load_country_polygon("CY").area * 2
    with pytest.raises(WrongUse, match="Atlantis"):
        load_country_polygon("Atlantis")


@pytest.mark.parametrize("code", ["FR", "FJ", "AQ", "KI", "VA", "NO", "CC", "CX"])
def test_inner_positions_lie_inside(code):
    assert find_country(*find_inner_position(code)).code == code


def test_outlines_are_small_plain_geojson():
    world = json.loads(json.dumps(make_outlines(0.5)))
    assert world["type"] == "FeatureCollection"
    names = {feature["properties"]["name"] for feature in world["features"]}
    assert {"France", "Antarctica", "Fiji", "Kosovo"} <= names
    assert all(not shape(feature["geometry"]).is_empty for feature in world["features"])
    assert len(json.dumps(world)) < 600_000


def test_outlines_are_those_of_polygons_made_one_by_one():
    world = load_polygons()
    alone = world.take(np.arange(len(world.owners)))
    assert bool(shapely.equals_exact(world.shapes, alone, tolerance=0).all())
    large = alone[shapely.area(alone) >= 0.25]
    simple = shapely.simplify(large[shapely.is_valid(large)], 0.5, preserve_topology=False)
    drawn = {polygon for one in make_outlines(0.5)["features"] for polygon in one["geometry"]["coordinates"]}
    kept = [one for one in simple if one.geom_type == "Polygon" and not one.is_empty and one.is_valid]
    assert len(kept) > 100 and {mapping(one)["coordinates"] for one in kept} <= drawn


def test_a_harbour_has_its_country_when_asked_to_reach_that_far():
    off_marseille = (43.2, 5.3)
    assert find_country(*off_marseille) is None
    assert find_country(*off_marseille, reach_km=10).code == "FR"
    assert find_country(*off_marseille, reach_km=1) is None
    assert [country and country.code for country in find_countries([off_marseille, (0, -150)], 10)] == ["FR", None]


ASKED_BY_MANY_THREADS = """
import sys, threading
import numpy as np
from sextant.geo.borders import find_countries
from sextant.geo.polygons import load_polygons

load_polygons()
sys.setswitchinterval(1e-5)
places = np.random.default_rng(5).uniform((30, -120), (60, 140), (400, 2))
go = threading.Barrier(12)

def ask():
    go.wait()
    for place in places:
        find_countries([place])

threads = [threading.Thread(target=ask) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_many_threads_may_ask_at_once():
    """In processes of their own: polygons whose index two threads built at once ended one in three of them."""
    for _ in range(3):
        asked = subprocess.run(
            [sys.executable, "-c", ASKED_BY_MANY_THREADS], capture_output=True, cwd=ROOT, check=False
        )
        assert asked.returncode == 0, asked.stderr


def test_reach_finds_what_the_nearest_outline_says():
    coast = np.random.default_rng(3).uniform((35, -10), (60, 30), (300, 2))
    for reach_km in (2.0, 30.0):
        within = [near.country if near.km <= reach_km else None for near in (find_nearest_country(*at) for at in coast)]
        expected = [held or near for held, near in zip(find_countries(coast), within, strict=True)]
        assert find_countries(coast, reach_km) == expected
