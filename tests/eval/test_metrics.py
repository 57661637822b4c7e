import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.eval.metrics import (
    bootstrap_interval,
    compute_accuracy,
    compute_calibration_error,
    compute_calibration_p_value,
    compute_chance_calibration_error,
    compute_coverage,
    compute_oracle_km,
    find_fixed_radius_km,
)

shares = st.lists(st.floats(0, 1), min_size=1, max_size=50)


def test_accuracy_counts_the_edge_of_a_radius_as_outside():
    assert compute_accuracy([1.0, 25.0, 199.9, math.inf]) == (0.0, 0.25, 0.75, 0.75, 0.75)


def test_an_answer_that_was_not_given_stays_in_the_denominator():
    assert compute_accuracy([0.5, math.inf])[-1] == 0.5


def test_figures_of_no_photos_are_not_numbers():
    assert all(math.isnan(value) for value in compute_accuracy([]))
    assert math.isnan(compute_calibration_error([], [])) and math.isnan(compute_coverage([]))


def test_the_oracle_is_the_nearest_candidate_and_infinitely_far_without_one():
    assert compute_oracle_km([(0, 0), (0, 2)], (0.0, 1.9)) == pytest.approx(11.1, abs=0.1)
    assert math.isinf(compute_oracle_km([], (0.0, 0.0)))


def test_calibration_error_is_the_gap_between_stated_and_happened():
    assert compute_calibration_error([0.9] * 10, [True] * 6 + [False] * 4) == pytest.approx(0.3)
    assert compute_calibration_error([0.25] * 4 + [0.75] * 4, [1, 0, 0, 0, 1, 1, 1, 0]) == pytest.approx(0.0)


def test_certainty_falls_into_the_last_bin():
    assert compute_calibration_error([1.0, 1.0], [True, False]) == pytest.approx(0.5)


@given(shares)
def test_calibration_error_is_a_share(stated):
    assert 0 <= compute_calibration_error(stated, [True] * len(stated)) <= 1


def test_chance_error_shrinks_with_the_sample():
    assert compute_chance_calibration_error(np.full(1000, 0.5)) < compute_chance_calibration_error(np.full(20, 0.5))


def test_p_value_is_small_for_overconfidence_and_not_for_perfect_probabilities():
    stated = np.random.default_rng(1).random(800)
    true = np.random.default_rng(2).random(800) < stated
    assert compute_calibration_p_value(stated, true) > 0.05
    assert compute_calibration_p_value(np.sqrt(stated), true) < 0.01


def test_one_fixed_radius_holds_the_share_it_was_chosen_for():
    distances = [1.0, 5.0, 9.0, 300.0]
    assert np.mean(np.array(distances) <= find_fixed_radius_km(distances, 0.75)) >= 0.75


def test_a_bootstrap_draws_whole_groups():
    alone = bootstrap_interval([1, 1, 1, 0, 0, 0], ["a"] * 3 + ["b"] * 3)
    assert (alone.low, alone.high) == (0.0, 1.0)
    assert bootstrap_interval([1, 0, 1, 0], list("abcd")) == bootstrap_interval([1, 0, 1, 0], list("abcd"))
