from importlib.resources import files

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sextant.agent.answers import parse_answer
from sextant.agent.answers.wording import KINDS, count_wording, find_word_kind

CERTAIN = "This is clearly the famous cathedral on the main square of the old town, at the heart of Lisbon."
UNSURE = "The vegetation could be that of many regions; it might possibly be a rural area in this or a similar country."


def test_words_are_counted_by_what_they_tell():
    certain, unsure = count_wording(CERTAIN), count_wording(UNSURE)
    assert certain["sights"] == 3 and certain["centre"] == 1 and certain["certain"] == 1 and certain["unsure"] == 0
    assert unsure["unsure"] == 4 and unsure["nature"] == 1 and unsure["country"] == 1 and unsure["sights"] == 0
    assert certain["words"] == 19


def test_an_ending_may_differ_where_the_list_says_so():
    assert count_wording("The suburbs and the suburban streets of the city")["outskirts"] == 2


@pytest.mark.parametrize(
    "text",
    ["", '{"lat": 1.5, "lon": 2.5}', "Dom, Köln", "東京タワー", "Quod erat demonstrandum."],
)
def test_of_what_is_no_prose_in_a_known_language_nothing_is_told(text):
    assert count_wording(text) is None


def test_no_word_is_of_two_kinds():
    lists = yaml.safe_load(files("sextant.agent.answers").joinpath("data/wording.yaml").read_text(encoding="utf-8"))
    listed = {word.removesuffix("*"): kind for kind, words in lists.items() for word in words.split()}
    assert set(lists) == set(KINDS) and len(listed) == sum(len(words.split()) for words in lists.values())
    assert {word: find_word_kind(word) for word in listed} == listed


@given(st.text())
def test_no_text_breaks_the_count(text):
    counts = count_wording(text)
    assert counts is None or (set(counts) == {*KINDS, "words"} and max(counts.values()) == counts["words"])


def test_an_answer_carries_the_wording_of_its_reply():
    outcome = parse_answer(f'{CERTAIN}\n{{"lat": 38.71, "lon": -9.13}}')
    assert outcome.kind == "answered" and outcome.wording == count_wording(CERTAIN)


def test_only_what_is_said_behind_a_thinking_block_counts():
    outcome = parse_answer(f'<think>{UNSURE}</think>{CERTAIN} {{"lat": 38.71, "lon": -9.13}}')
    assert outcome.wording["unsure"] == 0


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Das ist der Dom zu Köln, ganz sicher, mitten in der Altstadt.", {"sights": 1, "centre": 1, "certain": 1}),
        ("Ce pourrait être un village dans une région de collines.", {"unsure": 1, "outskirts": 1, "broad": 1}),
        ("Es probablemente un pueblo en las montañas, pero no se ve el nombre.", {"unsure": 1, "nature": 1}),
        ("È chiaramente il duomo, nel centro della città, e la piazza è famosa.", {"certain": 1, "sights": 3}),
        ("É talvez uma aldeia em Portugal, com uma igreja e a praça.", {"unsure": 1, "outskirts": 1, "sights": 2}),
        ("Это, возможно, деревня на севере страны, и не в горах.", {"unsure": 1, "outskirts": 1, "country": 1}),
    ],
)
def test_replies_in_other_languages_are_counted_by_their_own_lists(text, counts):
    told = count_wording(text)
    assert {kind: told[kind] for kind in counts} == counts


def test_every_language_has_every_kind_and_no_word_of_two():
    text = files("sextant.agent.answers").joinpath("data/wording_languages.yaml").read_text(encoding="utf-8")
    for language, lists in yaml.safe_load(text).items():
        assert set(lists) == {*KINDS, "small"}, language
        listed = [word for kind in KINDS for word in lists[kind].split()]
        assert len(listed) == len(set(listed)), language
