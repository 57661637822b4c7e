from sextant.agent.cost.budget import (
    Budget,
    compute_seconds_left,
    count_calls_left,
    is_last_wave,
)
from sextant.agent.state import NOTHING_SPENT, Spent, add_spent


def spent(**amounts) -> Spent:
    return Spent(**{**NOTHING_SPENT, **amounts})


def test_calls_that_were_debited_are_gone():
    assert count_calls_left(Budget(calls=5, rounds=1), spent(calls=3), 0.0) == 2


def test_time_that_is_over_ends_everything():
    limit = Budget(calls=5, rounds=1, seconds=10.0)
    assert count_calls_left(limit, spent(), 10.0) == 0
    assert count_calls_left(limit, spent(), 9.9) == 5
    assert compute_seconds_left(limit, 12.0) == 0.0


def test_a_wave_is_the_last_when_the_budget_cannot_pay_it_again():
    assert is_last_wave(fits=3, wave=3) and is_last_wave(fits=7, wave=4)
    assert not is_last_wave(fits=8, wave=4)


def test_spending_adds_up_in_any_order():
    a, b = {"calls": 1, "usd": 0.25}, {"input_tokens": 7, "usd": 0.5}
    assert add_spent(add_spent(None, a), b) == add_spent(add_spent(None, b), a)
