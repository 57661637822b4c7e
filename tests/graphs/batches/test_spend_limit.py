import threading

import pytest

from sextant.graphs.batches.spend_limit import SpendLimit, SpendLimitReached


def test_what_is_reserved_and_spent_never_passes_the_limit():
    purse = SpendLimit(1.0, spent=0.5)
    purse.reserve(0.4)
    purse.settle(0.4, 0.4)
    with pytest.raises(SpendLimitReached, match=r"--max-usd 1 leaves 0.1000, and the next call may cost 0.4000"):
        purse.reserve(0.4)


def test_a_call_waits_for_those_in_flight_which_often_cost_less():
    purse, done = SpendLimit(1.0), []
    purse.reserve(0.9)
    waiting = threading.Thread(target=lambda: (purse.reserve(0.5), done.append(True)))
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    purse.settle(0.9, 0.1)
    waiting.join(5)
    assert done == [True]


def test_calls_that_wait_for_each_other_in_vain_are_told():
    purse, told = SpendLimit(1.0), []

    def ask():
        try:
            purse.reserve(0.8)
        except SpendLimitReached:
            told.append(True)

    purse.reserve(0.9)
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    purse.settle(0.9, 0.9)
    for thread in threads:
        thread.join(5)
    assert told == [True] * 3
