import json
import math

import pytest

from sextant.agent.verification import STRATEGIES, Candidate, Pool, Verdict, verify
from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.agent.verification.strategies import UnknownStrategyError
from tests.agent.verification.pools import CROWD, LISBON, STRANGE

BY_PLACE = ["top1", "density", "calibrated"]


@pytest.mark.parametrize("strategy", BY_PLACE)
@pytest.mark.parametrize("name", STRANGE)
def test_any_pool_gives_a_verdict_that_is_plain_json(strategy, name):
    plain = verify(STRANGE[name], strategy).to_json()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


@pytest.mark.parametrize("strategy", BY_PLACE)
@pytest.mark.parametrize("name", STRANGE)
def test_every_verdict_keeps_its_promises(strategy, name):
    pool, verdict = STRANGE[name], verify(STRANGE[name], strategy)
    assert (verdict.latitude is None) == (not pool.candidates)
    if strategy != "top1":
        weighed = pool if strategy == "calibrated" else pool.without_looked_up()
        assert len(verdict.scored) == len(weighed.candidates)
    scores = [entry.score for entry in verdict.scored]
    assert scores == sorted(scores, reverse=True)
    chances = [verdict.probability[radius] for radius in RADIUS_NAMES]
    if verdict.latitude is not None and chances[0] is not None:
        assert chances == sorted(chances) and chances[0] >= 0 and chances[-1] <= 1
        assert -90 <= verdict.latitude <= 90 and -180 <= verdict.longitude <= 180
        assert verdict.region_50.area_km2 <= verdict.region_90.area_km2 * (1 + 1e-6)


@pytest.mark.parametrize("strategy", [*BY_PLACE, "similarity"])
def test_an_empty_pool_claims_nothing(strategy):
    assert verify(STRANGE["only outcomes"], strategy) == Verdict(reasons=("no candidate",), strategy=strategy)


@pytest.mark.parametrize("strategy", ["density", "calibrated"])
def test_the_larger_camp_wins_and_the_smaller_is_the_rival(strategy):
    verdict = verify(CROWD, strategy)
    assert math.isclose(verdict.latitude, LISBON[0], abs_tol=0.3)
    assert verdict.rival.longitude < -70
    assert verdict.rival.candidate in CROWD.candidates


@pytest.mark.parametrize("strategy", BY_PLACE)
def test_the_same_pool_gives_the_same_bytes(strategy):
    first, second = (json.dumps(verify(STRANGE["everything"], strategy).to_json()) for _ in range(2))
    assert first == second


def test_a_wrong_name_is_answered_with_the_right_ones():
    with pytest.raises(UnknownStrategyError, match=r"'best'.*calibrated, density, random, similarity, top1"):
        verify(CROWD, "best")
    with pytest.raises(UnknownStrategyError, match=r"'town'.*balanced"):
        verify(CROWD, "density", "town")


def test_there_are_five_strategies():
    assert set(STRATEGIES) == {"top1", "density", "random", "similarity", "calibrated"}


def test_a_random_draw_is_the_same_for_the_same_candidates_in_any_order_and_reaches_all_of_them():
    places = [(10.0 * row, 5.0 * row) for row in range(6)]
    drawn = set()
    for moved in range(60):
        candidates = tuple(Candidate(lat, lon + moved / 10, "answer") for lat, lon in places)
        found = {(v.latitude, v.longitude) for v in (verify(Pool(c), "random") for c in (candidates, candidates[::-1]))}
        assert len(found) == 1
        drawn.add(found.pop()[0])
    assert drawn == {lat for lat, _ in places}
    assert verify(Pool(()), "random").latitude is None
