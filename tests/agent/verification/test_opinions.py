import numpy as np

from sextant.agent.verification import Candidate, Pool
from sextant.agent.verification.opinions import collect_opinions
from sextant.agent.verification.reliability import Reliability, model_name
from tests.agent.verification.pools import LISBON, NEW_YORK, models_say, retrieved, said

KNOWN = Reliability({"gpt-4o": (0.1, 0.3, 0.5, 0.8, 0.9)}, (0.05, 0.2, 0.4, 0.7, 0.85))


def test_a_model_is_known_under_any_provider():
    assert {model_name(name) for name in ("gpt-4o", "openai:gpt-4o", "openai:openai/gpt-4o")} == {"gpt-4o"}


def test_a_known_model_keeps_its_reliability():
    assert collect_opinions(Pool(said(LISBON)), KNOWN).reliability.tolist() == [[0.1, 0.3, 0.5, 0.8, 0.9]]


def test_an_unknown_model_alone_is_neutral():
    assert collect_opinions(Pool(models_say(LISBON)), KNOWN).reliability[0].tolist() == list(KNOWN.neutral)


def test_agreement_raises_an_unknown_model_and_standing_alone_lowers_it():
    opinions = collect_opinions(Pool(models_say(LISBON, LISBON, LISBON, NEW_YORK)), KNOWN)
    assert opinions.reliability[0][1] > KNOWN.neutral[1]
    assert (opinions.reliability[3] < KNOWN.neutral).all()


def test_many_samples_of_one_model_share_one_vote():
    opinions = collect_opinions(Pool(said(*[LISBON] * 9, NEW_YORK)), KNOWN)
    assert opinions.models == 1 and np.isclose(opinions.vote.sum(), 1.0)


def test_an_alternative_weighs_less_than_an_answer():
    pool = Pool((*said(LISBON), Candidate(*NEW_YORK, origin="alternative", model="gpt-4o")))
    first, second = collect_opinions(pool, KNOWN).vote
    assert first > 3 * second


def test_the_offline_model_is_no_second_voice():
    assert collect_opinions(Pool((*retrieved(LISBON), *said(LISBON, model="offline"))), KNOWN).models == 0


def test_a_town_named_far_from_the_coordinates_is_remembered():
    wrong = Candidate(67.7, 19.0, "answer", model="m", place="Kristiansund, Norway")
    right = Candidate(63.11, 7.73, "answer", model="m", place="Kristiansund, Norway")
    named = collect_opinions(Pool((wrong, right)), KNOWN).named
    assert abs(named[0] - (63.1, 7.7)).max() < 0.1 and np.isnan(named[1]).all()


def test_the_samples_that_agree_are_the_word_of_their_model():
    opinions = collect_opinions(Pool(said(*[LISBON] * 7, *[NEW_YORK] * 3)), KNOWN)
    assert opinions.vote[:7].sum() > 0.9
