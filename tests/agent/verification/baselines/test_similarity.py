from dataclasses import replace

import pytest

from sextant.agent.verification import Pool, verify
from sextant.agent.verification.baselines.similarity import NoSimilarityError
from tests.agent.verification.pools import LISBON, NEW_YORK, TOKYO, retrieved


def test_the_highest_similarity_wins_and_the_unknown_come_last():
    first, second, third = retrieved(LISBON, NEW_YORK, TOKYO)
    verdict = verify(Pool((first, replace(second, similarity=0.2), replace(third, similarity=0.7))), "similarity")
    assert [entry.candidate.id or entry.candidate.rank for entry in verdict.scored] == [2, 1, 0]
    assert (verdict.latitude, verdict.longitude) == TOKYO


def test_candidates_without_similarity_are_an_error_that_says_the_way_out():
    with pytest.raises(NoSimilarityError, match="calibrated"):
        verify(Pool(retrieved(LISBON)), "similarity")
