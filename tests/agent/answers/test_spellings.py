"""A fuzz of answers: 5,000 spellings of 200 positions, none read on the wrong side or in the wrong order."""

import random

import pytest

from sextant.agent.answers import parse_answer
from tests.support.answer_spellings import NO_POSITION, SPELLINGS

COARSE = {"coarse1": 0.06, "zh_sentence": 0.02, "zh_trad": 0.02, "east_first_dms": 0.02, "es_situado": 0.02}
"""Degrees lost by spellings that leave out decimals or seconds."""


def positions(count: int, chance: random.Random) -> list[tuple[float, float]]:
    """Positions in all four hemispheres, far from the equator and the meridian where rounding hides a side."""
    found = []
    for number in range(count):
        south, west = number % 2, number // 2 % 2
        latitude = chance.uniform(1.2, 71.0) * (-1 if south else 1)
        longitude = chance.uniform(1.2, 178.5) * (-1 if west else 1)
        found.append((round(latitude, 4), round(longitude, 4)))
    return found


def test_five_thousand_spellings_are_read_and_none_wrongly():
    chance = random.Random(21)
    unread, wrong, count = [], [], 0
    for latitude, longitude in positions(200, chance):
        for kind in chance.sample(sorted(SPELLINGS), 25):
            count += 1
            text = SPELLINGS[kind](latitude, longitude)
            outcome = parse_answer(text)
            if outcome.latitude is None:
                unread.append((kind, text))
            elif (outcome.latitude, outcome.longitude) != pytest.approx(
                (latitude, longitude), abs=COARSE.get(kind, 0.018)
            ):
                wrong.append((kind, text, outcome.latitude, outcome.longitude))
    assert count == 5000
    assert wrong == []
    assert len(unread) <= 0.03 * count, unread[:20]


@pytest.mark.parametrize("kind", sorted(SPELLINGS))
def test_every_spelling_is_read_in_each_hemisphere(kind):
    for latitude, longitude in positions(4, random.Random(kind)):
        outcome = parse_answer(SPELLINGS[kind](latitude, longitude))
        assert outcome.latitude is not None, SPELLINGS[kind](latitude, longitude)
        assert (outcome.latitude, outcome.longitude) == pytest.approx(
            (latitude, longitude), abs=COARSE.get(kind, 0.018)
        )


@pytest.mark.parametrize("text", NO_POSITION.values(), ids=NO_POSITION)
def test_numbers_of_other_things_are_no_position(text):
    assert parse_answer(text).latitude is None


@pytest.mark.parametrize(
    "text",
    [
        "33.87° qwerty, 151.21° asdfgh",
        "33.87° S, 151.21° asdfgh",
        "https://api.map.baidu.com/marker?location=39.916979,116.410240&coord_type=bd09ll",
        "https://uri.amap.com/marker?position=116.473195,39.993253",
    ],
)
def test_an_unknown_side_or_datum_is_not_guessed(text):
    assert parse_answer(text).latitude is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("41.9028, 12.4964 north of Rome", (41.9028, 12.4964)),
        ("La latitude est 48.85 et la longitude est 2.35", (48.85, 2.35)),
        ("Prices 12.50, 13.90 and it may be 38.7223, -9.1393", (38.7223, -9.1393)),
        ("https://osm.org/go/0EEQjE--", (51.511, 0.055)),
        ("Scores 12.50, 13.90. I believe this is Lisbon, Portugal.", (38.72, -9.14)),
        ("Breite 3.5 m, Länge 12.5 m. Ich glaube, das ist Berlin.", (52.52, 13.40)),
    ],
)
def test_words_beside_a_position_do_not_move_it(text, place):
    outcome = parse_answer(text)
    assert (outcome.latitude, outcome.longitude) == pytest.approx(place, abs=0.03)
