"""The guard on the labelled sentences: what it reaches must not be lost again."""

import pytest

from bench.phantoms import count_struck, read_labelled
from sextant.agent.guard.claim_patterns import ANY_TOOL, find_claimed_checks, load_languages

EVERY = list(read_labelled())


@pytest.mark.parametrize("part", sorted({one.part for one in EVERY}))
def test_phantom_checks_are_struck_and_other_sentences_stand(part):
    found = count_struck([one for one in EVERY if one.part == part])
    assert found["precision"] >= 0.9
    assert found["recall"] >= 0.8


@pytest.mark.parametrize("language", sorted({one.language for one in EVERY}))
def test_no_language_is_let_through(language):
    ours = [one for one in EVERY if one.language == language and one.part == "development"]
    assert count_struck(ours)["recall"] >= 0.9


def test_a_source_out_of_reach_is_no_tool_at_all():
    assert find_claimed_checks("I checked it on Google Maps.") == [()]


def test_a_check_of_nothing_named_is_any_tool():
    assert find_claimed_checks("I verified this.") == [ANY_TOOL]


def test_quoted_words_are_not_the_models():
    assert find_claimed_checks('The poster says "verified on Google Maps".') is None


@pytest.mark.parametrize("language", load_languages())
def test_every_pattern_of_a_language_can_be_compiled(language):
    words = load_languages()[language]
    assert all(pattern.pattern for pattern in (words.named, words.done, words.leads, words.denied))
    assert words.topics and (words.looking is None or words.looking.pattern)
