import time

import pytest

from sextant.agent.llm.retry import LONGEST_DELAY_S, OutOfTimeError, RateLimiter, compute_backoff_s


def test_waits_double_and_stay_within_their_bounds() -> None:
    assert [compute_backoff_s(attempt, 0.5, 1.0) for attempt in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert compute_backoff_s(1, 0.5, 0.0) == 0.25
    assert compute_backoff_s(60, 0.5, 1.0) == LONGEST_DELAY_S


def test_a_turn_that_would_come_too_late_is_not_waited_for() -> None:
    limiter = RateLimiter(concurrency=1)
    limiter.pause(30.0)
    began = time.monotonic()
    with pytest.raises(OutOfTimeError), limiter.wait_for_slot(ends=began + 0.05):
        pass
    assert time.monotonic() - began < 5.0


def test_a_turn_that_failed_gives_its_slot_back() -> None:
    limiter = RateLimiter(concurrency=1)
    with pytest.raises(ValueError), limiter.wait_for_slot(None):
        raise ValueError
    with limiter.wait_for_slot(time.monotonic() + 1):
        pass
