import numpy as np
import pytest

from sextant.agent.answers.wording import KINDS
from sextant.agent.verification import Candidate
from sextant.agent.verification.wording_shift import SILENT, Telling, telling_of, told_words

USUAL = dict.fromkeys(KINDS, 2) | {"words": 100}
# A word of the first kind in fifty is usual; more of them speak for the street, and for nothing else.
TELLING = Telling(np.full(len(KINDS), 0.02), np.eye(5, len(KINDS)) * [[2.0], [0.0], [0.0], [0.0], [0.0]])


def answer(**counts: int) -> Candidate:
    return Candidate(1.0, 2.0, "answer", model="m", wording={**USUAL, **counts})


def test_usual_wording_shifts_nothing():
    assert TELLING([answer()]).tolist() == [0.0] * 5


def test_more_of_a_kind_shifts_by_its_weight_at_its_radius():
    shifts = TELLING([answer(**{KINDS[0]: 6})])
    assert shifts[0] == pytest.approx(2 * np.log(2)) and not shifts[1:].any()


def test_all_replies_count_alike_and_those_without_prose_not_at_all():
    bare = Candidate(1.0, 2.0, "answer", model="n")
    one, both = [answer(**{KINDS[0]: 6})], [answer(**{KINDS[0]: 6}), answer()]
    assert TELLING([*one, bare]).tolist() == TELLING(one).tolist()
    assert TELLING(both)[0] == pytest.approx(TELLING(one)[0] / 2)


def test_without_prose_nothing_is_told():
    assert TELLING([]).tolist() == TELLING([Candidate(1.0, 2.0, "answer")]).tolist() == [0.0] * 5
    assert SILENT([answer(**{KINDS[0]: 50})]).tolist() == [0.0] * 5


def test_a_short_reply_tells_little():
    short = Candidate(1.0, 2.0, "answer", wording=dict.fromkeys(KINDS, 0) | {"words": 5})
    assert abs(TELLING([short])[0]) < 0.1 < abs(TELLING([answer(**{KINDS[0]: 0})])[0])


def test_a_telling_survives_its_own_json():
    assert telling_of(TELLING.to_json()).to_json() == TELLING.to_json()


@pytest.mark.parametrize(
    ("change", "named"),
    [({"kinds": ["smells"]}, "smells"), ({"weights": [[1.0]]}, "shape"), ({"shares": [0.0] * len(KINDS)}, "shape")],
)
def test_a_telling_of_another_kind_is_refused(change, named):
    with pytest.raises(ValueError, match=named):
        telling_of({**TELLING.to_json(), **change})


def test_a_candidate_of_stored_json_is_told_alike():
    assert hash(answer()) == hash(answer(**{KINDS[1]: 9})) and answer() != answer(**{KINDS[1]: 9})


def test_wording_that_moves_much_is_given_as_a_reason():
    assert told_words(0.1) == told_words(-0.1) == ()
    assert "are sure of" in told_words(1.0)[0] and "unsure of" in told_words(-1.0)[0]
