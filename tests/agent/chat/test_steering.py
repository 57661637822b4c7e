import numpy as np
import pytest

from sextant.agent.chat.constraints import draw, exclude, find_allowed, ignore, pin, reject, relies_on, restrict_to
from sextant.agent.chat.steering import ReweighInput, steer
from sextant.agent.verification import Candidate
from sextant.base.errors import WrongUse

LISBON, PORTO, NAIROBI, OSLO = (38.72, -9.14), (41.15, -8.61), (-1.28, 36.82), (59.91, 10.75)


def candidate(place, rank=None, **more):
    return Candidate(*place, origin="nearest" if rank is not None else "answer", rank=rank, **more)


def evidence(**more):
    places = [
        candidate(LISBON, 0),
        candidate(PORTO, 1),
        candidate(NAIROBI, 2),
        candidate(OSLO, id="1.a.0", variant="a"),
    ]
    return ReweighInput(tuple(places), strategy="density", **more)


def place_of(*constraints, **more):
    verdict = steer(evidence(**more), constraints).verdict
    return None if verdict.latitude is None else (round(verdict.latitude), round(verdict.longitude))


def test_an_excluded_country_is_not_answered():
    assert place_of() == (60, 11)
    assert place_of(exclude({"country": "NO"}, "not Norway")) == (39, -9)


def test_only_holds_with_every_other_only():
    africa, south = restrict_to({"continent": "Africa"}, "only Africa"), restrict_to({"half": "southern"}, "south")
    assert place_of(africa, south) == (-1, 37)
    assert place_of(africa, restrict_to({"half": "northern"}, "north")) is None


def test_each_constraint_says_what_it_alone_rules_out():
    result = steer(evidence(), [exclude({"country": "PT"}, "not Portugal"), reject(*NAIROBI)])
    assert [count for _, count in result.ruled_out] == [2, 1]
    assert result.left == 1


def test_a_pin_leaves_what_lies_near_it():
    assert place_of(pin(-1.3, 36.8)) == (-1, 37)


def test_a_pier_belongs_to_its_country():
    off_lisbon = np.array([(38.69, -9.42)])
    assert find_allowed([restrict_to({"country": "PT"}, "")], off_lisbon).tolist() == [True]


def test_near_the_sea_is_measured_at_the_coast():
    places = np.array([LISBON, (40.42, -3.70)])
    assert find_allowed([restrict_to({"sea_within_km": 30.0}, "")], places).tolist() == [True, False]


def test_an_answer_that_leans_on_an_ignored_clue_does_not_count():
    clues = {"1.a.0": [{"text": "The sign reads Oslo", "source": "read"}]}
    assert place_of(ignore("sign"), clues=clues) == (39, -9)
    assert place_of(ignore("sign"), clues={"1.a.0": [{"text": "Fjords", "source": "seen"}]}) == (60, 11)


def test_an_answer_leans_on_a_clue_when_half_its_clues_speak_of_it():
    clues = [{"text": "Red roofs", "source": "seen"}, {"text": "A yellow tram", "source": "seen"}]
    assert relies_on("roofs", clues)
    assert not relies_on("roofs", [*clues, {"text": "Palms", "source": "seen"}])


@pytest.mark.parametrize("turn", [0, 360, -360])
def test_a_polygon_over_the_date_line_holds_both_sides(turn):
    ring = [(10, 170 + turn), (10, 190 + turn), (-30, 190 + turn), (-30, 170 + turn)]
    places = np.array([(-17.7, 178.0), (-13.8, -171.8), (0.0, 0.0)])
    assert find_allowed([draw(ring)], places).tolist() == [True, True, False]


def test_a_polygon_that_crosses_itself_keeps_both_lobes():
    places = np.array([(5.0, 2.0), (5.0, 8.0), (9.0, 5.0), (1.0, 5.0)])
    bow_tie = draw([(0, 0), (10, 10), (10, 0), (0, 10)])
    assert find_allowed([bow_tie], places).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    "ring",
    [
        [(0, 0), (0, 0), (0, 0)],
        [(0, 0), (1, 1)],
        [(0, 0), (5, 5), (10, 10)],
        [(91, 0), (0, 1), (1, 0)],
        [(float("nan"), 0), (0, 1), (1, 0)],
    ],
)
def test_what_encloses_nothing_is_refused(ring):
    with pytest.raises(WrongUse):
        draw(ring)


def test_a_ring_round_the_pole_is_refused():
    with pytest.raises(WrongUse, match="pole"):
        draw([(80, longitude) for longitude in range(-180, 180, 30)])
