import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sextant.base.errors import WrongUse
from sextant.geo.borders import OFF_THE_COAST_KM
from sextant.geo.places import describe, label, name_wind
from sextant.geo.sphere import compute_bearing_degrees, compute_great_circle_km
from sextant.geo.towns import load_gazetteer


@given(st.floats(-90, 90), st.floats(-180, 180))
@example(38.625, 0.0)  # 11 m off the Spanish coast, which still counts as Spain
@settings(max_examples=80, deadline=None)
def test_every_valid_position_is_described(latitude, longitude):
    place = describe(latitude, longitude)
    assert place.at_sea == (place.country is None)
    assert place.land_km > 0 if place.at_sea else place.land_km <= OFF_THE_COAST_KM
    assert (place.border_km is None) == place.at_sea
    assert place.place and place.neighbour and place.neighbour != place.country
    assert 0 <= place.place_bearing < 360 and place.place_km >= 0
    json.dumps(place.to_json(), allow_nan=False)


@given(st.floats(-90, 90), st.floats(-180, 180))
@settings(max_examples=50, deadline=None)
def test_a_label_is_the_place_and_the_country_of_the_description(latitude, longitude):
    place = describe(latitude, longitude)
    assert label(latitude, longitude) == (f"{place.place}, {place.country}" if place.country else place.place)


def test_the_place_lies_in_the_country_where_the_nearest_of_all_does_not():
    place = describe(48.8597, -113.4360)
    assert (place.country_code, place.admin1, place.place_country_code) == ("US", "Montana", "US")
    row, _ = load_gazetteer().nearest(48.8597, -113.4360)
    assert load_gazetteer().codes[row] == "CA"
    assert (place.neighbour_code, place.border_km) == ("CA", pytest.approx(15, abs=1.5))


def test_val_muestair_is_swiss():
    place = describe(46.6013, 10.4229)
    assert (place.country, place.admin1, place.neighbour) == ("Switzerland", "Grisons", "Italy")


def test_mid_ocean_is_at_sea_and_says_how_far_land_is():
    place = describe(0, -150)
    assert place.at_sea and place.country is None and place.admin1 is None
    assert place.land_km == pytest.approx(709, abs=5) and place.neighbour == "Kiribati"


def test_a_position_just_off_the_coast_has_the_country_beside_it():
    place = describe(43.2, 5.3)
    assert not place.at_sea and place.country_code == "FR" and 0 < place.land_km < 5


@pytest.mark.parametrize(
    ("name", "latitude", "longitude", "code"),
    [
        ("Stavanger", 58.9696, 5.7325, "NO"),
        ("Hong Kong Central", 22.2819, 114.1589, "HK"),
        ("Las Palmas", 28.1, -15.4, "ES"),
        ("Funafuti", -8.52, 179.2, "TV"),
        ("Longyearbyen", 78.2232, 15.6267, "NO"),
        ("Santa Monica pier", 34.0083, -118.4987, "US"),
        ("Brighton pier", 50.8150, -0.1370, "GB"),
    ],
)
def test_quays_and_piers_are_in_their_country(name, latitude, longitude, code):
    place = describe(latitude, longitude)
    assert (place.country_code, place.at_sea) == (code, False)


def test_the_open_sea_has_no_country():
    place = describe(43.0, 5.3)
    assert place.at_sea and place.neighbour_code == "FR" and place.land_km > 5


def test_distance_and_bearing_lead_from_the_place_to_the_position():
    place = describe(48.3, 11.6)
    row, _ = load_gazetteer().nearest(48.3, 11.6)
    assert load_gazetteer().names[row] == place.place
    origin = load_gazetteer().positions[row]
    assert place.place_km == pytest.approx(float(compute_great_circle_km(origin, (48.3, 11.6))))
    assert place.place_bearing == pytest.approx(float(compute_bearing_degrees(origin, (48.3, 11.6))))


def test_a_lone_island_is_not_given_a_division_of_its_mainland():
    place = describe(-54.42, 3.36)  # Bouvet Island
    assert (place.country, place.admin1) == ("Norway", None)


def test_disputed_areas_say_who_claims_them():
    place = describe(35.33, 33.32)
    assert (place.country, place.country_code, place.disputed) == ("N. Cyprus", None, True)
    assert "Cyprus" in place.dispute and place.place == "Kyrenia"


@pytest.mark.parametrize("longitude", [-180.0, -179.999, 179.999, 180.0])
def test_wrangel_island_is_russian_on_both_sides(longitude):
    place = describe(71.2, longitude)
    assert place.country == "Russia" and place.place_km < 500


@pytest.mark.parametrize("longitude", [-180, -1, 0, 90, 180])
def test_the_south_pole_is_one_place(longitude):
    place = describe(-90, longitude)
    assert place.country == "Antarctica" and place.place_km == pytest.approx(describe(-90, 0).place_km)


@pytest.mark.parametrize("position", [(91, 0), (0, 181), (float("nan"), 0), (0, float("-inf"))])
def test_positions_out_of_range_are_refused(position):
    with pytest.raises(WrongUse, match="outside"):
        describe(*position)


@pytest.mark.parametrize(
    ("bearing", "name"), [(0, "north"), (22, "north"), (45, "north-east"), (359, "north"), (225, "south-west")]
)
def test_winds(bearing, name):
    assert name_wind(bearing) == name


def test_nothing_reaches_stdout(capfd):
    load_gazetteer.cache_clear()
    describe(10, 10)
    assert capfd.readouterr() == ("", "")
