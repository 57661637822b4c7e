from sextant.agent.verification import Pool, verify
from tests.agent.verification.pools import LISBON, NEW_YORK, TOKYO, retrieved, said


def test_the_first_answer_goes_before_the_most_similar_photo():
    verdict = verify(Pool((*retrieved(TOKYO), *said(LISBON, NEW_YORK))), "top1")
    assert (verdict.latitude, verdict.longitude) == LISBON


def test_without_an_answer_it_is_the_most_similar_photo():
    verdict = verify(Pool(retrieved(TOKYO, LISBON)), "top1")
    assert (verdict.latitude, verdict.longitude) == TOKYO


def test_it_claims_no_probability_and_no_agreement():
    verdict = verify(Pool(said(LISBON)), "top1")
    assert verdict.probability["25"] is None and not verdict.agreement and not verdict.calibrated
