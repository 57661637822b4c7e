from dataclasses import replace

import numpy as np
import pytest

from sextant.agent.verification import Pool, verify
from sextant.agent.verification.model_file import shipped_model
from sextant.agent.verification.scoring.aligned import aligned_columns, learned, unused_words
from tests.agent.verification.pools import CROWD, LISBON, NEW_YORK, STRANGE, TOKYO, retrieved, said

AWAY_KM = np.array([[0.0, 100.0, 9000.0], [9000.0, 8900.0, 0.0]])  # two points, three candidates


def scored(pool: Pool, scores) -> Pool:
    return replace(
        pool,
        candidates=tuple(replace(one, position_score=s) for one, s in zip(pool.candidates, scores, strict=True)),
    )


def test_without_scores_the_group_is_zero_and_says_so():
    assert set(aligned_columns(AWAY_KM, np.full(3, np.nan)).values()) == {0.0}


def test_the_place_of_the_highest_score_is_below_none():
    columns = aligned_columns(AWAY_KM, np.array([0.1, 0.2, 0.6]))
    assert columns["aligned.below"][1] == 0 and columns["aligned.better"][1] == 0
    assert columns["aligned.below"][0] > 0 and columns["aligned.better"][0] == pytest.approx(2 / 3)
    assert columns["aligned.within_2500"].sum() == pytest.approx(1.0)
    assert columns["aligned.within_25"][1] > columns["aligned.within_25"][0]


def test_another_encoders_height_and_range_change_nothing():
    scores = np.array([0.1, 0.2, 0.6])
    first, second = aligned_columns(AWAY_KM, scores), aligned_columns(AWAY_KM, 5 + 3 * scores)
    assert all(np.allclose(first[name], second[name]) for name in first)


def test_equal_scores_prefer_no_place():
    columns = aligned_columns(AWAY_KM, np.full(3, 0.3))
    assert (columns["aligned.own"] == 0).all() and (columns["aligned.below"] == 0).all()


def test_a_candidate_without_a_score_is_passed_over():
    columns = aligned_columns(AWAY_KM, np.array([0.5, np.nan, 0.1]))
    alone = aligned_columns(AWAY_KM[:, [0, 2]], np.array([0.5, 0.1]))
    assert all(np.allclose(columns[name], alone[name]) for name in columns)


@pytest.mark.parametrize("name", [name for name, pool in STRANGE.items() if pool.candidates])
def test_a_fit_that_never_saw_scores_judges_the_same_with_and_without_them(name):
    pool = STRANGE[name]
    assert not learned(shipped_model().scorer.names)
    plain = verify(pool).to_json()
    told = verify(scored(pool, np.linspace(-1, 1, len(pool.candidates)))).to_json()
    assert "were not used" in told["reasons"][-1]
    assert told["reasons"][:-1] == plain["reasons"]
    for verdict in (plain, told):
        del verdict["reasons"], verdict["candidates"], verdict["rival"]
    assert told == plain


def test_nothing_is_said_of_scores_where_there_are_none_or_they_count():
    assert unused_words(CROWD.candidates, ("pool.models",)) == ()
    assert unused_words(scored(CROWD, [0.1] * 20).candidates, ("aligned.own",)) == ()


def test_similarity_compares_places_where_they_were_scored():
    first, second, third = retrieved(LISBON, NEW_YORK, TOKYO)
    pool = Pool((replace(first, similarity=0.9, position_score=0.1), replace(second, position_score=0.3), third))
    assert verify(pool, "similarity").latitude == NEW_YORK[0]
    assert verify(Pool((*pool.candidates, *said(LISBON))), "similarity").latitude == NEW_YORK[0]
