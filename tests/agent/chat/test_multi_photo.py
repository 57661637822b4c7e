from datetime import datetime

import numpy as np

from sextant.agent.chat.multi_photo import PhotoEvidence, locate_same_place, locate_same_trip

LISBON, OSLO, TOKYO = (38.72, -9.14), (59.91, 10.75), (35.68, 139.69)


def photo(name, *places, weights=None, taken=None):
    weights = np.array(weights or [1.0] * len(places))
    positions = np.array(places, dtype=float).reshape(-1, 2)
    return PhotoEvidence(name, positions, weights, datetime.fromisoformat(taken) if taken else None)


def test_what_all_photos_half_believe_beats_what_one_believes():
    photos = [photo("a", OSLO, LISBON, weights=[2, 1]), photo("b", TOKYO, LISBON, weights=[2, 1])]
    joint = locate_same_place(photos)
    assert round(joint.latitude) == 39
    assert joint.misfits == ()


def test_a_photo_of_elsewhere_does_not_fit_and_does_not_veto():
    joint = locate_same_place([photo("a", LISBON), photo("b", LISBON), photo("c", TOKYO)])
    assert round(joint.latitude) == 39
    assert joint.misfits == ("c",)
    assert joint.share > 0.9


def test_a_photo_without_candidates_fits_nothing():
    assert locate_same_place([photo("a", LISBON), photo("b")]).misfits == ("b",)
    assert locate_same_place([photo("b")]).latitude is None


def test_an_impossible_leg_makes_the_weaker_candidate_likelier():
    first = photo("a", LISBON, taken="2024-05-01T10:00:00")
    second = photo("b", TOKYO, OSLO, weights=[3, 2], taken="2024-05-01T13:00:00")
    trip = locate_same_trip([first, second])
    assert round(trip.places[1][1]) == 60
    assert trip.legs[0].possible is True


def test_a_leg_that_no_candidate_makes_possible_is_reported():
    first = photo("a", LISBON, LISBON, taken="2024-05-01T10:00:00")
    second = photo("b", TOKYO, taken="2024-05-01T12:00:00")
    trip = locate_same_trip([second, first])
    assert [name for name, _, _ in trip.places] == ["a", "b"]
    assert trip.legs[0].possible is False
    assert trip.legs[0].km_h > 900
    assert len(trip.misfits) == 1


def test_without_times_nothing_is_impossible():
    trip = locate_same_trip([photo("a", LISBON), photo("b", TOKYO)])
    assert trip.legs[0].possible is None
    assert trip.misfits == ()


def test_times_with_and_without_a_zone_are_compared():
    first = photo("a", LISBON, taken="2024-05-01T10:00:00+01:00")
    second = photo("b", TOKYO, taken="2024-05-01T12:00:00")
    assert locate_same_trip([first, second]).legs[0].possible is False
