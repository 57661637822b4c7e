import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.agent.privacy.precision import CAPS, Policy, coarsen, load_policy, redact_coordinates, snap_position
from sextant.base.errors import WrongUse
from sextant.geo.sphere import compute_great_circle_km

LATITUDES, LONGITUDES = st.floats(-90, 90), st.floats(-180, 180)


@settings(deadline=None)
@given(LATITUDES, LONGITUDES, st.sampled_from(CAPS))
def test_snapping_twice_changes_nothing(latitude, longitude, cap):
    once = snap_position(latitude, longitude, Policy(cap))
    assert snap_position(*once, Policy(cap)) == once
    assert abs(once[0]) <= 90 and abs(once[1]) <= 180.0


@settings(deadline=None)
@given(LATITUDES, LONGITUDES, st.floats(0.1, 3000), st.sampled_from(CAPS))
def test_a_widened_region_holds_what_it_held(latitude, longitude, radius_km, cap):
    part = {"latitude": latitude, "longitude": longitude, "radius_km": radius_km}
    region = {"probability": 0.9, **part, "parts": [part]}
    shown = coarsen(region, Policy(cap))
    away = float(compute_great_circle_km((latitude, longitude), (shown["latitude"], shown["longitude"])))
    assert shown["radius_km"] >= away + radius_km - 1e-6 or away == 0
    assert coarsen(shown, Policy(cap)) == shown


@pytest.mark.parametrize("cap", CAPS)
def test_no_exact_coordinate_is_left_in_a_document(cap):
    place = {"latitude": 38.713912, "longitude": -9.139456}
    document = {
        "best": {**place, "country": "Portugal", "country_code": "PT", "admin1": "Lisbon", "place": "Lisbon"},
        "probability": {"1": 0.1, "25": 0.5, "200": 0.7, "750": 0.8, "2500": 0.9},
        "candidates": [{**place, "origin": "answer", "place": "Rua Augusta 12", "score": 1.0}],
        "nearest": [{**place, "similarity": 0.9, "id": "38.713912.jpg", "place": "Lisbon, Portugal"}],
        "scene": {**place, "origin": "scene", "id": "38.713912.jpg", "evidence": "drawing-of-both"},
        "args": {"latitude_a": 38.713912, "longitude_a": -9.139456},
        "shape": {"type": "Point", "coordinates": [-9.139456, 38.713912]},
        "words": "seen at 38.713912, −9.139456 or 38°42'50\" N",
    }
    text = json.dumps(coarsen(document, Policy(cap)), ensure_ascii=False)
    for exact in ("38.7139", "9.1394", "38°42", "drawing-of-both"):
        assert exact not in text


def test_names_and_radii_finer_than_the_cap_are_gone():
    best = {
        "latitude": 38.7,
        "longitude": -9.1,
        "country": "Portugal",
        "country_code": "PT",
        "admin1": "A",
        "place": "P",
    }
    answer = {"best": best, "probability": {"1": 0.1, "25": 0.2, "200": 0.3, "750": 0.4, "2500": 0.5}}
    country = coarsen(answer, Policy("country"))
    assert (country["best"]["admin1"], country["best"]["place"]) == (None, None)
    assert list(country["probability"].values()) == [None, None, None, 0.4, 0.5]
    region = coarsen(answer, Policy("region"))
    assert (region["best"]["admin1"], region["best"]["place"]) == ("A", None)


def test_without_a_cap_nothing_changes():
    document = {"latitude": 1.23456, "longitude": 2.34567}
    assert coarsen(document, Policy()) is document


def test_a_policy_may_be_coarser_in_some_countries(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("precision: city\nreason: the owner asked\ncountries: {no: country}\n")
    policy = load_policy(None, str(file))
    assert snap_position(59.91, 10.75, policy) != snap_position(59.91, 10.75, Policy("city"))
    assert snap_position(38.72, -9.14, policy) == snap_position(38.72, -9.14, Policy("city"))
    assert policy.to_json() == {"cap": "city", "countries": {"NO": "country"}, "reason": "the owner asked"}


def test_the_coarser_of_option_and_file_holds(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("precision: city\n")
    assert load_policy("country", str(file)).cap == "country"
    assert load_policy("street", str(file)).cap == "city"


@pytest.mark.parametrize("text", ["precision: planet", "[1", "colour: red", "countries: {NO: nowhere}"])
def test_a_file_that_is_no_policy_is_refused(tmp_path, text):
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with pytest.raises(WrongUse, match=r"policy\.yaml"):
        load_policy(None, str(file))


@pytest.mark.parametrize("name", ["IMG_38.7139_-9.1394.jpg", "N38.7139W9.1394.jpg", "a(38,7139;-9,1394)b"])
def test_coordinates_in_a_file_name_are_rounded(name):
    assert not any(exact in redact_coordinates(name, Policy("street")) for exact in ("7139", "1394"))


def test_numbers_that_are_no_coordinates_stay():
    assert redact_coordinates("version 1.2, 12 km, 3.5 %", Policy("country")) == "version 1.2, 12 km, 3.5 %"
