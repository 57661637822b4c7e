from dataclasses import replace

from sextant.agent.verification import Pool, verify
from sextant.agent.verification.retrieval_trust import retrieval_trust
from tests.agent.verification.pools import CROWD, LISBON, TOKYO, around, retrieved, said

TYPICAL = {"1": 0.4, "50": 0.8}


def test_a_photo_like_the_gallery_is_trusted_and_a_stranger_is_not():
    assert retrieval_trust(0.41, TYPICAL) == 1.0
    assert retrieval_trust(0.39, TYPICAL) < 1.0


def test_a_gallery_without_percentiles_is_trusted():
    assert retrieval_trust(0.1, {}) == 1.0 and retrieval_trust(None, TYPICAL) == 1.0


def test_distrust_lowers_the_probability_and_says_so():
    sure, unsure = verify(CROWD, "calibrated"), verify(replace(CROWD, retrieval_trust=0.5), "calibrated")
    assert unsure.probability["25"] < sure.probability["25"]
    assert any("nothing that looks like" in reason for reason in unsure.reasons)


def test_distrust_moves_the_answer_towards_what_was_said():
    pool = Pool((*retrieved(*around(TOKYO, 20)), *said(LISBON)))
    assert verify(pool, "calibrated").longitude > 139
    shares = [
        next(entry.probabilities["25"] for entry in verdict.scored if entry.candidate.origin == "answer")
        for verdict in (verify(pool, "calibrated"), verify(replace(pool, retrieval_trust=0.5), "calibrated"))
    ]
    assert shares[1] > shares[0]


def test_one_retrieved_photo_is_worth_no_more_than_the_first_ever_is():
    alone = verify(Pool(retrieved(LISBON)), "calibrated")
    assert alone.probability["1"] < 0.2 and alone.probability["25"] < 0.4
    assert alone.region_50.area_km2 > 1000


def test_more_photos_in_one_place_are_surer():
    sure = [
        verify(Pool(retrieved(*around(LISBON, count, 0.003))), "calibrated").probability["25"] for count in (1, 4, 20)
    ]
    assert sure == sorted(sure) and sure[-1] > 0.9
