import unicodedata

import pytest

from sextant.gallery.synthetic.facts import all_countries, climate_at, relief_at
from sextant.gallery.synthetic.lettering import _table, sign_text
from sextant.gallery.synthetic.light import sun_elevation
from sextant.gallery.synthetic.towns import choose_towns, towns_in


def test_every_country_has_towns_signs_and_houses():
    for code, facts in all_countries().items():
        assert towns_in(code) and facts.around and facts.houses
        assert facts.words or facts.script in _table()["imitations"]


def test_every_letter_of_every_shop_word_can_be_drawn():
    letters = _table()
    drawn = letters["letters"].keys() | letters["alike"].keys() | letters["marks"]["above"].keys()
    drawn |= letters["marks"]["below"].keys()
    for facts in all_countries().values():
        for character in unicodedata.normalize("NFD", "".join(facts.words)):
            name = f"{ord(character):04X}" if unicodedata.combining(character) else character
            assert character.isascii() or name in drawn, (facts.code, character)


def test_signs_of_every_country_hold_ink():
    import numpy as np

    for facts in all_countries().values():
        assert (np.asarray(sign_text(facts, np.random.default_rng(0))) > 128).mean() > 0.02


@pytest.mark.parametrize(
    ("latitude", "longitude", "climate"),
    [(24.7, 46.7, "desert"), (-3.1, -60.0, "rainforest"), (65.0, 25.5, "boreal"), (38.0, 23.8, "mediterranean"),
     (-90, 0, "tundra"), (0, 180, "rainforest")],
)  # fmt: skip
def test_climates_are_those_of_the_map(latitude, longitude, climate):
    assert climate_at(latitude, longitude).name == climate


def test_the_alps_stand_higher_than_the_netherlands():
    assert relief_at(46.9, 7.8) > relief_at(52.1, 4.8)


def test_the_noon_sun_of_the_equinox_stands_at_ninety_degrees_less_the_latitude():
    assert sun_elevation(40, day=81, hour=12) == pytest.approx(50, abs=1)


def test_the_drawn_towns_are_on_every_continent_and_a_short_list_begins_a_long_one():
    towns = choose_towns(400)
    assert choose_towns(50) == towns[:50]
    assert len({(town.latitude, town.longitude) for town in towns}) == 400
    assert {"US", "BR", "FR", "KE", "JP", "AU"} <= {town.country_code for town in towns}
