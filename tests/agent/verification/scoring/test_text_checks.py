"""A text that other evidence contradicts counts for nothing, and takes weight from answers that repeat it."""

from dataclasses import replace

import numpy as np
import pytest

from sextant.agent.verification import verify
from sextant.agent.verification.pool import Finding, Pool, TextCheck
from sextant.agent.verification.scoring.text_checks import (
    DRIVING_SIDE,
    LANGUAGE,
    MOST,
    check_retrieval,
    find_doubt,
    share_listed,
)
from sextant.gallery.profile import fit_profile
from tests.agent.verification.pools import CROWD, LISBON, NEW_YORK, TOKYO, around, retrieved, said, sign

CONFLICT = Finding.CONFLICTS


def checked(pool, place, **findings):
    return replace(pool, checks=(TextCheck("Tōkyō", *place, "1.a.0", **findings),))


@pytest.fixture(scope="module")
def profile():
    """A gallery whose first hits lie in the right city as a rule."""
    chance = np.random.default_rng(1)
    truths = chance.uniform((-60, -170), (60, 170), (200, 2))
    lists = [
        np.concatenate([truth + chance.normal(0, 0.05, (10, 2)), chance.uniform(-50, 50, (10, 2))]) for truth in truths
    ]
    return fit_profile(lists, truths, [str(row) for row in range(200)], None, "author")


def probability(pool, radius="25"):
    return verify(pool, "calibrated").probability[radius]


def test_an_answer_at_a_contradicted_text_loses_probability_by_every_conflict():
    pool = Pool(said(TOKYO))
    plain = probability(pool)
    agreed = probability(checked(pool, TOKYO, language=Finding.AGREES, driving_side=Finding.AGREES))
    one = probability(checked(pool, TOKYO, driving_side=CONFLICT))
    two = probability(checked(pool, TOKYO, driving_side=CONFLICT, language=CONFLICT))
    assert agreed == plain > one > two


def test_answers_elsewhere_keep_theirs():
    pool = Pool(said(LISBON))
    assert probability(checked(pool, TOKYO, language=CONFLICT)) == probability(pool)


def test_retrieved_photos_win_over_a_model_that_believes_a_false_sign():
    pool = Pool((*CROWD.candidates, *said(TOKYO, model="gpt-5")))
    assert verify(pool, "calibrated").latitude == TOKYO[0]
    after = verify(checked(pool, TOKYO, language=CONFLICT, driving_side=CONFLICT), "calibrated")
    assert after.latitude != TOKYO[0]
    assert any("other evidence contradicts" in reason for reason in after.reasons)


def test_the_learned_scorer_beside_a_good_gallery_does_not_choose_a_contradicted_answer(profile):
    pool = replace(Pool((*retrieved(*around(LISBON, 20)), *said(TOKYO))), profile=profile)
    assert profile.rich
    checks = checked(pool, TOKYO, retrieval=CONFLICT, language=CONFLICT, driving_side=CONFLICT)
    assert abs(verify(checks, "calibrated").latitude - LISBON[0]) < 1


def test_a_contradicted_text_adds_nothing_where_others_answer():
    pool = Pool((*said(LISBON), sign(LISBON, "b")))
    checks = checked(pool, LISBON, language=CONFLICT)
    assert all(one.score == 0 for one in verify(checks, "calibrated").scored if one.candidate.origin == "named")


def test_agreeing_answers_at_a_contradicted_text_do_not_end_the_run():
    pool = Pool(said(*[TOKYO] * 4))
    assert verify(pool, "calibrated").unanimous
    assert not verify(checked(pool, TOKYO, language=CONFLICT), "calibrated").unanimous


def test_the_silence_of_a_gallery_that_finds_places_is_a_conflict(profile):
    crowd = replace(Pool(retrieved(*around(LISBON, 14), *around(NEW_YORK, 6))), profile=profile)
    assert share_listed(crowd) > 0.5
    assert check_retrieval(crowd, *TOKYO) is CONFLICT
    assert check_retrieval(crowd, *LISBON) is Finding.AGREES
    assert check_retrieval(crowd, LISBON[0] + 1.0, LISBON[1]) is Finding.UNKNOWN  # between 25 and 200 km
    assert check_retrieval(Pool(crowd.candidates), *TOKYO) is Finding.UNKNOWN  # a gallery of unknown worth
    assert check_retrieval(Pool(said(LISBON)), *TOKYO) is Finding.UNKNOWN


def test_doubts_add_up_to_a_bound():
    check = TextCheck("Tōkyō", *TOKYO, "1.a.0", language=CONFLICT, driving_side=CONFLICT)
    assert find_doubt(check, 0.0) == pytest.approx(LANGUAGE + DRIVING_SIDE)
    everything = replace(check, retrieval=CONFLICT, map=CONFLICT)
    assert find_doubt(everything, 0.99) == MOST
