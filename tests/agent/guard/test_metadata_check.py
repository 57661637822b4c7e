import pytest

from sextant.agent.guard.metadata_check import compare_metadata, parse_taken_at

LISBON = {"latitude": 38.72, "longitude": -9.14}


def test_a_position_near_the_answer_agrees():
    said = compare_metadata({"latitude": 38.8, "longitude": -9.2}, LISBON, None)
    assert said["verdict"] == "agrees"
    assert said["distance_km"] == pytest.approx(10.3, abs=0.3)


def test_a_position_elsewhere_conflicts_with_its_distance():
    said = compare_metadata({"latitude": 41.15, "longitude": -8.61}, LISBON, None)
    assert said["verdict"] == "conflicts"
    assert "274 km" in said["text"]


def test_inside_one_circle_of_ninety_percent_it_agrees():
    assert (
        compare_metadata({"latitude": 41.15, "longitude": -8.61}, LISBON, {"radius_km": 300.0})["verdict"] == "agrees"
    )


def test_without_a_position_or_an_answer_it_is_absent():
    assert compare_metadata({}, LISBON, None)["verdict"] == "absent"
    assert compare_metadata({"latitude": 1.0, "longitude": 2.0}, None, None)["verdict"] == "absent"


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("2024-05-01T10:00:00+01:00", "fits the answer"),
        ("2024-05-01T10:00:00+12:00", "does not fit"),
        ("2024-05-01T10:00:00", "without a zone"),
    ],
)
def test_a_time_zone_is_compared_with_the_sun(time, words):
    assert words in compare_metadata({"captured_at": time}, LISBON, None)["time"]


def test_across_the_date_line_zones_meet():
    fiji = {"latitude": -17.7, "longitude": 178.0}
    assert "fits" in compare_metadata({"captured_at": "2024-05-01T10:00:00-12:00"}, fiji, None)["time"]


def test_a_time_that_is_none_is_none():
    assert parse_taken_at("yesterday") is None
    assert parse_taken_at(None) is None


def test_what_makes_the_position_doubtful_is_said():
    file = {"latitude": 38.8, "longitude": -9.2, "source": "exif", "notes": ["the file marks it as not measured"]}
    assert compare_metadata(file, LISBON, None)["text"].endswith("doubtful: the file marks it as not measured.")
