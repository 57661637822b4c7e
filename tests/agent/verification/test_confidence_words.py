import pytest

from sextant.agent.verification import Pool, Verdict, verify
from sextant.agent.verification.confidence_words import in_words
from sextant.agent.verification.decision import RADIUS_NAMES


def sure(*chances: float) -> Verdict:
    return Verdict(38.72, -9.14, dict(zip(RADIUS_NAMES, chances, strict=True)), calibrated=True)


@pytest.mark.parametrize(
    ("chances", "words"),
    [
        ((0.1, 0.96, 0.98, 0.99, 1.0), "almost surely Lisbon; the street is a guess"),
        ((0.9, 0.96, 0.98, 0.99, 1.0), "very likely Lisbon"),
        ((0.0, 0.2, 0.7, 0.9, 1.0), "likely the region of Lisbon; the city is a guess"),
        ((0.0, 0.1, 0.3, 0.85, 0.9), "very likely within 750 km of Lisbon; the region is a guess"),
        ((0.0, 0.1, 0.1, 0.2, 0.3), "Lisbon is a guess; even the continent is not sure (30%)"),
    ],
)
def test_words_follow_the_probabilities(chances, words):
    assert in_words(sure(*chances), "Lisbon") == words


def test_without_calibration_nothing_is_claimed():
    assert in_words(Verdict(1.0, 2.0)) == "1.0000, 2.0000; how sure is not known"


def test_without_a_candidate_there_is_no_place():
    assert in_words(verify(Pool(), "density")) == "no candidate, so no place"
