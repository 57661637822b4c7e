from dataclasses import replace

from sextant.agent.verification import verify
from sextant.agent.verification.scoring.retrieval_trust import retrieval_trust
from tests.agent.verification.pools import CROWD

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
