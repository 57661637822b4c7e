import numpy as np
import pytest

from sextant.agent.answers import Outcome
from sextant.agent.answers.wording import KINDS
from sextant.agent.verification import Candidate
from sextant.agent.verification.reliability import Reliability
from sextant.agent.verification.wording_shift import SILENT
from sextant.eval.fitting.recorded import Answer, Record
from sextant.eval.fitting.wording_fit import fit_telling

MIDDLING = Reliability({}, (0.1, 0.3, 0.5, 0.7, 0.9))


def photos(count: int, worded: bool = True) -> list[Record]:
    """Half the photos show a sight: of these alone the answers are right, and only their words say so."""
    return [_photo(number, number % 2 == 0, worded) for number in range(count)]


def _photo(number: int, sight: bool, worded: bool) -> Record:
    wording = dict.fromkeys(KINDS, 2) | {"sights": 8 if sight else 0, "words": 100}
    place = (10.0, 20.0) if sight else (-40.0, 100.0)
    outcome = Outcome("answered", *place, how="made up", wording=wording if worded else None)
    return Record(f"{number}.jpg", None, 10.0, 20.0, answers=(Answer("a", outcome), Answer("b", outcome)))


def test_words_that_come_with_right_answers_raise_them():
    telling = fit_telling(photos(150), MIDDLING)
    sight = Candidate(0.0, 0.0, "answer", wording=photos(1)[0].answers[0].outcome.wording)
    plain = Candidate(0.0, 0.0, "answer", wording=photos(2)[1].answers[0].outcome.wording)
    assert (telling([sight]) > telling([plain]) + 2).all()
    assert abs(telling.weights[:, KINDS.index("nature")]).max() < 0.01


@pytest.mark.parametrize("records", [photos(20), photos(150, worded=False), []])
def test_of_too_few_answers_in_prose_nothing_is_told(records):
    assert fit_telling(records, MIDDLING) is SILENT


def test_the_same_answers_give_the_same_telling():
    first, second = (fit_telling(photos(120), MIDDLING).to_json() for _ in range(2))
    assert first == second and np.isfinite(first["weights"]).all()
