"""Signs lie: one alone moves nothing, and one that agrees moves the answer no farther than its region."""

from dataclasses import replace

import pytest
from hypothesis import given

from sextant.agent.verification import Candidate, Pool, verify
from sextant.agent.verification.strategies import STRATEGIES
from sextant.geo.sphere import compute_great_circle_km
from tests.agent.verification.pools import CROWD, LISBON, NEW_YORK, TOKYO, around, retrieved, said, sign
from tests.agent.verification.test_posterior import PLACES, pools

BAIXA = (38.7115, -9.1365)  # a street 1 km from the middle of Lisbon
BELEM = (38.6975, -9.2063)  # 6 km from it


def with_signs(pool: Pool, *signs: Candidate) -> Pool:
    return replace(pool, candidates=(*pool.candidates, *signs))


def weigh(pool: Pool, *signs: Candidate):
    return verify(with_signs(pool, *signs), "calibrated")


POOLS = {
    "answers": Pool(said(LISBON, LISBON, NEW_YORK)),
    "photos": CROWD,
    "both": Pool((*CROWD.candidates, *said(LISBON))),
    "one weak answer": Pool(said(LISBON, model="llava-v1.6-mistral-7b")),
}


@pytest.mark.parametrize("pool", POOLS.values(), ids=list(POOLS))
@pytest.mark.parametrize("lie", [TOKYO, (-33.87, 151.21), (38.2, -9.14)])
def test_a_sign_that_nothing_agrees_with_moves_nothing(pool, lie):
    before, after = weigh(pool), weigh(pool, sign(lie), sign(lie, "b"))
    assert (after.latitude, after.longitude) == (before.latitude, before.longitude)
    assert after.probability == before.probability and after.region_90 == before.region_90
    shown = [one for one in after.scored if one.candidate.origin == "named"]
    assert len(shown) == 2 and all(one.score == 0 and one.probabilities["25"] is None for one in shown)
    assert any("nothing else agrees" in reason for reason in after.reasons)


@given(pool=pools(), lie=PLACES)
def test_no_sign_moves_the_answer_out_of_its_region(pool, lie):
    plain = pool.without_looked_up()
    before = verify(plain, "calibrated")
    if before.latitude is None:
        return
    rivals = [one.candidate for one in before.scored]
    lies = [sign((one.latitude, one.longitude), "b") for one in rivals[-3:]]
    after = weigh(pool, sign(lie), *lies)
    assert after.latitude is not None and before.region_90 is not None
    here, there = (after.latitude, after.longitude), (before.latitude, before.longitude)
    assert here == there or before.region_90.contains(*here)
    assert float(compute_great_circle_km(here, there)) <= 25.0


def test_a_true_sign_raises_what_it_agrees_with():
    pool = Pool((*retrieved(*around(LISBON, 5)), *said(LISBON)))
    before, after = weigh(pool), weigh(pool, sign(BAIXA, "elsewhere"))
    assert after.probability["25"] > before.probability["25"] and after.probability["1"] >= before.probability["1"]
    assert after.probability["25"] < before.probability["25"] + 0.13  # a bound, however much it agrees
    many = weigh(pool, *(sign(BAIXA, branch) for branch in "bcdef"))
    assert many.probability == after.probability


def test_the_answer_that_rests_on_the_sign_does_not_confirm_it():
    answer = Candidate(*LISBON, origin="answer", model="gpt-4o", id="a")
    before, own, other = (weigh(Pool((answer,)), *signs) for signs in ([], [sign(BAIXA)], [sign(BAIXA, "b")]))
    assert own.probability["25"] == before.probability["25"] < other.probability["25"]


def test_a_sign_beside_the_answer_is_a_place_to_consider():
    town = said(LISBON, model="unheard")
    found = next(one for one in weigh(Pool(town), sign(BELEM)).scored if one.candidate.origin == "named")
    assert found.probabilities["1"] > 0 and found.score > 0


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_signs_alone_are_not_an_answer(strategy):
    verdict = verify(Pool((sign(LISBON),)), strategy)
    assert verdict.latitude is None and verdict.reasons


@pytest.mark.parametrize("strategy", ["density", "top1"])
def test_the_baselines_do_not_weigh_signs(strategy):
    assert verify(with_signs(CROWD, sign(TOKYO)), strategy) == verify(CROWD, strategy)
