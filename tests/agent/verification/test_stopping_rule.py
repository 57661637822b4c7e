import numpy as np

from sextant.agent.verification.stopping_rule import UNANIMOUS, Gain, missing, stopping

PROMISING = Gain(2.0)
HOPELESS = Gain(0.0)
SURE = np.array([0.6, 0.9, 0.95, 0.98, 0.99])
UNSURE = np.array([0.0, 0.2, 0.4, 0.6, 0.8])
REGION = np.array([0.0, 0.4, 0.97, 0.98, 0.99])


def test_enough_probability_at_the_target_ends_the_run():
    assert stopping(SURE, 0, True, 25.0, PROMISING).agreement
    assert not stopping(UNSURE, 0, True, 25.0, PROMISING).agreement


def test_certainty_at_region_scale_is_a_plateau_that_ends_it_too():
    stop = stopping(REGION, 0, True, 25.0, PROMISING)
    assert stop.agreement and any("200 km" in reason for reason in stop.reasons)


def test_a_call_that_adds_too_little_is_not_made():
    stop = stopping(UNSURE, 0, True, 25.0, HOPELESS)
    assert stop.agreement and any("below its cost" in reason for reason in stop.reasons)


def test_before_the_first_answer_a_call_is_always_worth_it():
    assert not stopping(UNSURE, 0, False, 25.0, HOPELESS).agreement


def test_a_dear_call_is_made_less_often_than_a_cheap_one():
    assert stopping(UNSURE, 0, True, 25.0, PROMISING, cost=1.5).agreement
    assert not stopping(UNSURE, 0, True, 25.0, PROMISING, cost=0.1).agreement


def test_the_target_may_be_another_radius():
    assert not stopping(np.array([0.1, 0.8, 0.8, 0.8, 0.8]), 0, True, 1.0, PROMISING).agreement


def test_a_call_is_worth_most_where_the_answer_is_lost_and_nothing_where_it_is_sure():
    lost, toss, sure = (np.array([0.0, 0.1, p, 0.99, 1.0]) for p in (0.1, 0.5, 1.0))
    assert missing(lost) > missing(toss) > missing(sure) == 0.0
    assert PROMISING(lost) == 2.0 * missing(lost)


def test_answers_that_all_agree_end_a_run_however_little_each_proves():
    assert stopping(UNSURE, UNANIMOUS, True, 25.0, PROMISING).unanimous
    assert not stopping(UNSURE, UNANIMOUS - 1, True, 25.0, PROMISING).agreement
