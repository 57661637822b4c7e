"""Photos of one trip help each other: what moves, what stays, what does not fit."""

import numpy as np

from sextant.agent.trips.evidence import make_evidence
from sextant.agent.trips.joint import locate_trip
from sextant.agent.trips.travel import Step

LISBON, PORTO, TOKYO, OSLO = (38.72, -9.14), (41.15, -8.61), (35.68, 139.69), (59.91, 10.75)


def photo(name, *towns, hours=None, anchor=None):
    """A photo whose candidates are (place, probability within 25 km), the first its answer."""
    candidates = [{"latitude": at[0], "longitude": at[1], "probability": {"25": mass}} for at, mass in towns]
    best = candidates[0] if candidates else None
    mass = towns[0][1] if towns else None
    wide = {"1": 0.01, "25": mass, "200": mass, "750": mass, "2500": mass} if towns else {}
    return make_evidence(name, best, wide, candidates, hours, anchor)


def find(places, name):
    return next(place for place in places if place.name == name)


def test_neighbours_that_agree_move_an_unsure_photo_to_their_town():
    trip = [
        photo("a", (LISBON, 0.6), hours=0.0),
        photo("b", (TOKYO, 0.30), (LISBON, 0.25), hours=1.0),
        photo("c", (LISBON, 0.6), hours=2.0),
    ]
    moved = find(locate_trip(trip), "b")
    assert (round(moved.latitude, 2), round(moved.longitude, 2)) == LISBON and moved.within_25_km > 0.5


def test_an_anchor_is_worth_more_than_an_answer_and_is_not_answered_itself():
    alone = find(locate_trip([photo("a", hours=0.0), photo("b", (OSLO, 0.3), (LISBON, 0.1), hours=0.5)]), "b")
    trip = [photo("a", (OSLO, 0.3), hours=0.0, anchor=LISBON), photo("b", (OSLO, 0.3), (LISBON, 0.1), hours=0.5)]
    places = locate_trip(trip)
    assert [place.name for place in places] == ["b"]
    assert round(alone.latitude, 2) == OSLO[0] and round(places[0].latitude, 2) == LISBON[0]


def test_a_photo_without_candidates_takes_the_place_of_its_neighbours():
    trip = [photo("a", (LISBON, 0.7), hours=0.0), photo("b", hours=0.1), photo("c", (LISBON, 0.7), hours=0.2)]
    assert round(find(locate_trip(trip), "b").latitude, 2) == LISBON[0]


def test_a_sure_photo_that_cannot_be_of_the_trip_does_not_fit():
    trip = [
        photo("a", hours=0.0, anchor=LISBON),
        photo("b", (TOKYO, 0.9), hours=0.5),
        photo("c", hours=1.0, anchor=LISBON),
    ]
    stranger = find(locate_trip(trip), "b")
    assert not stranger.fits
    assert find(locate_trip([photo("a", hours=0.0, anchor=LISBON), photo("b", (LISBON, 0.9), hours=0.5)]), "b").fits


def test_nobody_travels_faster_than_an_airliner():
    places = np.array([LISBON, TOKYO])
    chances = Step(1.0).compute_chances(places[:1], places)
    assert chances[0, 1] < 1e-6 < chances[0, 0]
    assert Step(48.0).compute_chances(places[:1], places)[0, 1] > 1e-6


def test_probabilities_are_probabilities_and_nothing_is_lost():
    trip = [photo(str(number), (PORTO, 0.2), (LISBON, 0.1), (OSLO, 0.1)) for number in range(30)]
    places = locate_trip(trip)
    assert len(places) == 30
    assert all(0 <= place.within_25_km <= place.within_200_km + 1e-9 <= 1 + 1e-6 for place in places)


def test_a_lone_photo_keeps_its_answer():
    (place,) = locate_trip([photo("a", (OSLO, 0.4), (LISBON, 0.2))])
    assert round(place.latitude, 2) == OSLO[0] and place.fits
