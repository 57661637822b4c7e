from hypothesis import given
from hypothesis import strategies as st

from sextant.agent.cost.budget import (
    Budget,
    CallCost,
    compute_seconds_left,
    count_affordable_calls,
    is_last_wave,
)
from sextant.agent.state import NOTHING_SPENT, Spent, add_spent

FREE = CallCost(tokens=0)


def spent(**amounts) -> Spent:
    return Spent(**{**NOTHING_SPENT, **amounts})


def test_calls_that_were_debited_are_gone():
    assert count_affordable_calls(Budget(calls=5, rounds=1), spent(calls=3), 0.0, FREE) == 2


def test_tokens_count_each_call_at_its_greatest_cost():
    limit = Budget(calls=100, rounds=1, tokens=10_000)
    assert (
        count_affordable_calls(limit, spent(input_tokens=3_000, output_tokens=1_000), 0.0, CallCost(tokens=2_500)) == 2
    )


def test_money_with_an_unknown_price_buys_nothing():
    assert count_affordable_calls(Budget(calls=5, rounds=1, usd=1.0), spent(), 0.0, CallCost(tokens=10, usd=None)) == 0


def test_money_buys_whole_calls():
    assert (
        count_affordable_calls(Budget(calls=50, rounds=1, usd=1.0), spent(usd=0.5), 0.0, CallCost(tokens=1, usd=0.2))
        == 2
    )


def test_a_free_model_is_held_by_the_calls_alone():
    assert count_affordable_calls(Budget(calls=5, rounds=1, usd=1.0), spent(), 0.0, CallCost(tokens=1, usd=0.0)) == 5


def test_time_that_is_over_ends_everything():
    limit = Budget(calls=5, rounds=1, seconds=10.0)
    assert count_affordable_calls(limit, spent(), 10.0, FREE) == 0
    assert count_affordable_calls(limit, spent(), 9.9, FREE) == 5
    assert compute_seconds_left(limit, 12.0) == 0.0


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 10_000), st.integers(1, 5_000))
def test_what_is_affordable_never_overshoots(calls, used, tokens, cost):
    limit = Budget(calls=calls, rounds=1, tokens=tokens)
    fits = count_affordable_calls(limit, spent(calls=used), 0.0, CallCost(tokens=cost))
    assert fits == 0 or (used + fits <= calls and fits * cost <= tokens)


def test_a_wave_is_the_last_when_the_budget_cannot_pay_it_again():
    assert is_last_wave(fits=3, wave=3) and is_last_wave(fits=7, wave=4)
    assert not is_last_wave(fits=8, wave=4)


def test_spending_adds_up_in_any_order():
    a, b = {"calls": 1, "usd": 0.25}, {"input_tokens": 7, "usd": 0.5}
    assert add_spent(add_spent(None, a), b) == add_spent(add_spent(None, b), a)
