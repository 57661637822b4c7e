from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.agent.verification import Candidate, Pool, verify
from sextant.agent.verification.model_file import shipped_model
from sextant.agent.verification.posterior import Pooling, greedy_camps, pooling_of, ring_mixture
from sextant.gallery.profile import WEAK, WEAK_WEIGHTS, RetrievalProfile
from tests.agent.verification.pools import LISBON, NEW_YORK, TOKYO, around, models_say, retrieved, said

PLACES = st.tuples(st.floats(-60, 70), st.floats(-170, 170))
MODELS = st.sampled_from(
    ["gpt-4o", "gpt-5", "llava-v1.6-mistral-7b", "unheard-of", "gemini-2.0-flash", "claude-opus-4"]
)
RICH = RetrievalProfile(
    photos=500, groups=50, left_out="author", unknown=None, first_within=(0.2, 0.4, 0.5, 0.7, 0.8), ranks_within=()
)


@st.composite
def profiles(draw) -> RetrievalProfile:
    """Galleries that were not measured, and ones of any worth: their weights lie about those of real galleries."""
    if draw(st.booleans()):
        return WEAK
    worth = draw(st.floats(0.0, 1.0))  # from that of `builtin` to that of a gallery of millions
    first = tuple(worth * top for top in (0.2, 0.5, 0.65, 0.8, 0.9))
    weights = tuple(
        (row[0] + 2.5 * worth, draw(st.floats(0.4, 2.0)), draw(st.floats(-0.6, 0.2)), 0.2, draw(st.floats(-0.6, 0.3)))
        for row in WEAK_WEIGHTS
    )
    return RetrievalProfile(
        photos=500,
        groups=50,
        left_out="author",
        unknown=None,
        first_within=first,
        weights=weights,
        similarity=(0.7, 0.1),
    )


@st.composite
def pools(draw) -> Pool:
    """Random pools: retrieved photos, answers, alternatives and signs, many at one of four places."""
    hubs = draw(st.lists(PLACES, min_size=1, max_size=4))
    place = st.one_of(st.sampled_from(hubs), PLACES)
    nearest = draw(st.lists(place, max_size=20))
    answers = draw(st.lists(st.tuples(place, MODELS, st.none() | place), max_size=12))
    similarity = draw(st.none() | st.floats(0.4, 0.95))
    candidates = [
        Candidate(*where, origin="nearest", rank=rank, similarity=similarity) for rank, where in enumerate(nearest)
    ]
    for number, (where, model, other) in enumerate(answers):
        candidates.append(
            Candidate(*where, origin="answer", model=model, variant=f"v{number}", id="a" if number else None)
        )
        if other:
            candidates.append(Candidate(*other, origin="alternative", model=model, variant=f"v{number}"))
    for number, where in enumerate(draw(st.lists(place, max_size=3))):
        candidates.append(Candidate(*where, origin="named", id=draw(st.sampled_from(["a", "b"])), place=f"{number}"))
    trust = draw(st.sampled_from([1.0, 0.5]))
    return Pool(tuple(candidates), retrieval_trust=trust, profile=draw(profiles()))


@pytest.mark.parametrize("with_scorer", [True, False])
@given(pool=pools(), model=MODELS)
def test_an_answer_that_agrees_with_the_leading_place_never_lowers_its_probability(with_scorer, pool, model):
    fitted = shipped_model() if with_scorer else replace(shipped_model(), scorer=None)
    before = verify(pool, "calibrated", model=fitted)
    if before.latitude is None:
        return
    agreeing = Candidate(before.latitude, before.longitude, origin="answer", model=model, variant="one more")
    after = verify(replace(pool, candidates=(*pool.candidates, agreeing)), "calibrated", model=fitted)
    same = next(one for one in after.scored if one.candidate == agreeing)
    for radius, chance in before.probability.items():
        assert same.probabilities[radius] >= chance - 1e-3


def test_four_variants_that_agree_are_surer_than_one_and_less_sure_than_four_models():
    alone, variants, models = (
        verify(Pool(candidates), "calibrated").probability["25"]
        for candidates in (
            said(LISBON, model="unheard-0"),
            said(*[LISBON] * 4, model="unheard-0"),
            models_say(*[LISBON] * 4),
        )
    )
    assert alone < variants < models


def test_samples_that_disagree_are_less_sure_than_one():
    alone = verify(Pool(said(LISBON)), "calibrated").probability["25"]
    torn = verify(Pool(said(LISBON, NEW_YORK)), "calibrated").probability["25"]
    assert torn < alone


def test_the_answer_of_a_strong_model_is_not_outvoted_by_a_weak_gallery_or_a_small_model():
    strong = Candidate(*LISBON, origin="answer", model="gpt-5")
    small = Candidate(*TOKYO, origin="answer", model="llava-v1.6-mistral-7b")
    verdict = verify(Pool((*retrieved(*around(TOKYO, 10)), strong, small)), "calibrated")
    assert (verdict.latitude, verdict.longitude) == LISBON


def test_ten_equal_answers_beside_an_unrelated_gallery_are_the_answer():
    elsewhere = retrieved((50.9, 7.0), (10.0, 10.0), (-30.0, 20.0), (60.0, 100.0))
    verdict = verify(Pool((*elsewhere, *said(*[LISBON] * 10))), "calibrated")
    assert (verdict.latitude, verdict.longitude) == LISBON
    assert verdict.agreement and verdict.unanimous and verdict.probability["25"] > 0.3


def test_a_list_counts_as_much_as_its_gallery_is_worth():
    chances = [
        verify(Pool(retrieved(*around(LISBON, 20, 0.003)), profile=profile), "calibrated").probability["25"]
        for profile in (WEAK, RICH.model_copy(update={"weights": ((1.0, 2.0, 0.0, 0.0, 0.5),) * 5}))
    ]
    assert chances[0] < 0.3 < chances[1]


def test_the_mixture_keeps_what_is_known_of_the_best_point_and_sums_to_one():
    probabilities = np.array([[0.1, 0.4, 0.5, 0.6, 0.7], [0.0, 0.2, 0.2, 0.2, 0.3]])
    mixture = ring_mixture(probabilities, np.array([[0.0, 1000.0], [1000.0, 0.0]]), 0)
    assert mixture.sum() == pytest.approx(1.0)
    assert mixture[0, :4].cumsum().tolist() == pytest.approx([0.1, 0.4, 0.5, 0.6])
    assert mixture[1].sum() > 0


def test_camps_lie_apart():
    within = np.array([[True, True, False], [True, True, False], [False, False, True]])
    assert greedy_camps(np.array([1.0, 2.0, 0.5]), within, 0.0).tolist() == [1, 2]


def test_numbers_under_which_agreement_could_count_against_a_place_are_refused():
    plain = Pooling(*(np.full(5, 0.5) for _ in range(5))).to_json()
    assert pooling_of(plain).to_json() == plain
    for name, value in (("dissent", -0.1), ("between_models", 1.5)):
        with pytest.raises(ValueError, match=name):
            pooling_of({**plain, name: [value] * 5})
