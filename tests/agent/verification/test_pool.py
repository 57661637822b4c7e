import math

import pytest

from sextant.agent.verification.pool import Candidate, Pool, PositionError, checked_position


@pytest.mark.parametrize(
    ("latitude", "longitude", "named"),
    [(math.nan, 0.0, "nan"), (0.0, math.inf, "inf"), (90.1, 0.0, "90.1"), (0.0, -180.5, "-180.5"), ("12", 3.0, "'12'")],
)
def test_what_is_no_position_is_refused_by_its_value(latitude, longitude, named):
    with pytest.raises(PositionError, match=named):
        checked_position(latitude, longitude)


def test_the_edges_of_the_world_are_positions():
    assert checked_position(-90, 180) == (-90.0, 180.0)


def test_a_candidate_and_a_far_side_are_checked_when_they_are_made():
    with pytest.raises(PositionError):
        Candidate(123.0, 4.0, "answer")
    with pytest.raises(PositionError):
        Pool((), ((0.0, 200.0),))


def test_nearest_come_by_rank_and_those_without_one_last():
    pool = Pool(tuple(Candidate(float(rank or 9), 0.0, "nearest", rank=rank) for rank in (2, None, 0)))
    assert [candidate.rank for candidate in pool.nearest] == [0, 2, None]


def test_an_answer_and_its_alternatives_are_one_voice():
    answer = Candidate(1.0, 2.0, "answer", model="m", variant="v", sample=3)
    other = Candidate(5.0, 6.0, "alternative", model="m", variant="v", sample=3)
    assert answer.voice == other.voice
