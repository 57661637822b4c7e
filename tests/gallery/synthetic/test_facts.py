import unicodedata

import pytest

from sextant.gallery.synthetic.facts import find_climate, find_relief, load_all_countries
from sextant.gallery.synthetic.lettering import _load_table, draw_sign_text
from sextant.gallery.synthetic.light import compute_sun_elevation
from sextant.gallery.synthetic.towns import choose_towns, list_towns


def test_every_country_has_towns_signs_and_houses():
    for code, facts in load_all_countries().items():
        assert list_towns(code) and facts.around and facts.houses
        assert facts.words or facts.script in _load_table()["imitations"]


def test_every_letter_of_every_shop_word_can_be_drawn():
    letters = _load_table()
    drawn = letters["letters"].keys() | letters["alike"].keys() | letters["marks"]["above"].keys()
    drawn |= letters["marks"]["below"].keys()
    for facts in load_all_countries().values():
        for character in unicodedata.normalize("NFD", "".join(facts.words)):
            name = f"{ord(character):04X}" if unicodedata.combining(character) else character
            assert character.isascii() or name in drawn, (facts.code, character)


def test_signs_of_every_country_hold_ink():
    import numpy as np

    for facts in load_all_countries().values():
        assert (np.asarray(draw_sign_text(facts, np.random.default_rng(0))) > 128).mean() > 0.02


@pytest.mark.parametrize(
    ("latitude", "longitude", "climate"),
    [(24.7, 46.7, "desert"), (-3.1, -60.0, "rainforest"), (65.0, 25.5, "boreal"), (38.0, 23.8, "mediterranean"),
     (-90, 0, "tundra"), (0, 180, "rainforest")],
)  # fmt: skip
def test_climates_are_those_of_the_map(latitude, longitude, climate):
    assert find_climate(latitude, longitude).name == climate


def test_the_alps_stand_higher_than_the_netherlands():
    assert find_relief(46.9, 7.8) > find_relief(52.1, 4.8)


def test_the_noon_sun_of_the_equinox_stands_at_ninety_degrees_less_the_latitude():
    assert compute_sun_elevation(40, day=81, hour=12) == pytest.approx(50, abs=1)


def test_the_drawn_towns_are_on_every_continent_and_a_short_list_begins_a_long_one():
    towns = choose_towns(400)
    assert choose_towns(50) == towns[:50]
    assert len({(town.latitude, town.longitude) for town in towns}) == 400
    assert {"US", "BR", "FR", "KE", "JP", "AU"} <= {town.country_code for town in towns}
