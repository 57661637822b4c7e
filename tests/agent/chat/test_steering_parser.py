import pytest

from sextant.agent.chat.steering_parser import is_steering, read_steering
from sextant.base.errors import WrongUse

STEERING = {
    "not Europe": [("exclude", {"continent": "Europe"})],
    "only in Peru": [("only", {"country": "PE"})],
    "it isn't in Portugal": [("exclude", {"country": "PT"})],
    "not Europe, only in Peru": [("exclude", {"continent": "Europe"}), ("only", {"country": "PE"})],
    "Not in Spain or Portugal".replace(" or ", " and "): [
        ("exclude", {"country": "ES"}),
        ("exclude", {"country": "PT"}),
    ],
    "it's in Bosnia and Herzegovina": [("only", {"country": "BA"})],
    "it is near the sea": [("only", {"sea_within_km": 30.0})],
    "inland": [("exclude", {"sea_within_km": 30.0})],
    "the southern hemisphere": [("only", {"half": "southern"})],
    "ignore the sign": [("ignore", None)],
    "Côte d’Ivoire": [("only", {"country": "CI"})],
}
QUESTIONS = ["why?", "where is it?", "what else could it be", "is it not Europe?", "tell me about the sign", ""]


@pytest.mark.parametrize("text", STEERING)
def test_words_become_constraints(text):
    assert is_steering(text)
    found = [(one["rule"], one.get("area")) for one in read_steering(text)]
    assert found == STEERING[text]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_no_steering(text):
    assert not is_steering(text)


def test_near_a_town_is_a_circle_round_it():
    (one,) = read_steering("near Lisbon")
    latitude, longitude, km = one["area"]["circle"]
    assert (round(latitude), round(longitude), km) == (39, -9, 25.0)


def test_an_unknown_name_is_said():
    with pytest.raises(WrongUse, match="called 'xyzzyqwv'"):
        read_steering("not Xyzzyqwv")
