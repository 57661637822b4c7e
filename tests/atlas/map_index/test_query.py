"""What a question to the map is read as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.atlas.map_index.feature_words import find_feature_word, name_kinds
from sextant.atlas.map_index.query import Relation, read_questions


@pytest.mark.parametrize(
    ("text", "what", "conditions", "where"),
    [
        ("a church within 100 m of a railway station", "church", [("railway station", "near", 100)], None),
        ("The bridge over a river beside a castle", "bridge", [("river", "over", 5), ("castle", "beside", 150)], None),
        ("museum less than 0.2 km from a church in Vaduz", "museum", [("church", "near", 200)], "Vaduz"),
        ("crossing of Landstrasse and Kirchgasse in Schaan", "Landstrasse", [("Kirchgasse", "crossing", 20)], "Schaan"),
        ("Landstrasse / Kirchgasse, Schaan", "Landstrasse", [("Kirchgasse", "crossing", 20)], "Schaan"),
        ("Städtle 32, Vaduz", "Städtle 32", [], "Vaduz"),
        ("Coop supermarket", "Coop supermarket", [], None),
        ("a shop on Landstrasse", "shop", [("Landstrasse", "on", 40)], None),
        ("ein Brunnen neben einer Kirche in Schaan", "Brunnen", [("Kirche", "beside", 150)], "Schaan"),
        ("une église en face de la gare à Vaduz", "église", [("gare", "beside", 150)], "Vaduz"),
        ("una iglesia cerca del castillo", "iglesia", [("castillo", "near", 300)], None),
        ("fountain in front of a church", "fountain", [("church", "beside", 150)], None),
        ("a station with a church within 0,5 km", "station", [("church", "near", 500)], None),
        ("where Landstrasse meets Kirchgasse in Schaan", "Landstrasse", [("Kirchgasse", "crossing", 20)], "Schaan"),
        ("Landstrasse and Kirchgasse crossing", "Landstrasse", [("Kirchgasse", "crossing", 20)], None),
        ("a school called Rosenhof", "school Rosenhof", [], None),
    ],
)
def test_a_question_is_read(text: str, what: str, conditions: list[tuple[str, str, float]], where: str | None) -> None:
    question = read_questions(text)[0]
    assert (question.what, question.where) == (what, where)
    assert [(one.what, one.relation.value, one.metres) for one in question.conditions] == conditions


def test_a_text_that_may_be_a_name_is_also_tried_as_one() -> None:
    inside, anywhere, bare = read_questions("Haus am See in Rot")
    assert (inside.name, inside.where) == ("Haus am See", "Rot")
    assert anywhere.name == bare.what == "Haus am See in Rot"


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    for question in read_questions(text):
        assert question.what and len(question.what) <= 300
        assert all(one.metres > 0 and isinstance(one.relation, Relation) for one in question.conditions)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("churches", "church"),
        ("railway stations", "railway station"),
        ("Bahnhof", "railway station"),
        ("Landstrasse", None),
    ],
)
def test_words_for_things_are_known_in_several_languages(text: str, word: str | None) -> None:
    found = find_feature_word(text)
    assert (found.word if found else None) == word


def test_things_are_called_by_their_words() -> None:
    assert name_kinds(["building=church", "amenity=place_of_worship"]) == "church"
    assert name_kinds(["shop=pet_food"]) == "pet food shop"
    assert name_kinds(["building=retail"]) == "retail building" and name_kinds(["craft=carpenter"]) == "carpenter"
    assert name_kinds(["railway=signal_box"]) == "signal box"
    assert name_kinds([]) == "address"
