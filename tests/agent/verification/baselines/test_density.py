from sextant.agent.verification import Pool, verify
from tests.agent.verification.pools import LISBON, TOKYO, around, retrieved, said


def test_the_answer_may_be_the_centre_of_a_camp():
    square = [(10.0, 10.0), (10.0, 10.4), (10.4, 10.0), (10.4, 10.4)]
    verdict = verify(Pool(said(*square)), "density")
    assert (verdict.latitude, verdict.longitude) in [*square] or 10.0 < verdict.latitude < 10.4


def test_an_answer_outweighs_a_single_photo():
    verdict = verify(Pool((*retrieved(TOKYO), *said(LISBON))), "density")
    assert (verdict.latitude, verdict.longitude) == LISBON


def test_many_photos_outweigh_an_answer():
    verdict = verify(Pool((*retrieved(*around(TOKYO, 20, 0.001)), *said(LISBON))), "density")
    assert verdict.longitude > 139


def test_its_probabilities_are_marked_as_shares():
    assert not verify(Pool(retrieved(LISBON)), "density").calibrated
