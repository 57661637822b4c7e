import numpy as np
import pytest

from agent.verification.calibration import (
    IDENTITY,
    KINDS,
    Calibration,
    Company,
    calibration_of,
    kind_of,
    logit,
    region_kind_of,
    situation_of,
)

ALONE = Company(1, 0, 0)


def every(weights) -> Calibration:
    return Calibration(np.tile(np.array(weights, dtype=float), (KINDS, 5, 1)))


def test_the_identity_changes_nothing():
    raw = np.array([0.1, 0.2, 0.5, 0.7, 0.9])
    assert np.allclose(every(IDENTITY)(raw, 0, ALONE), raw, atol=1e-3)


def test_probability_never_falls_as_the_radius_grows():
    mapped = every(IDENTITY)(np.array([0.5, 0.3, 0.6, 0.2, 0.9]), 1, ALONE)
    assert mapped.tolist() == pytest.approx([0.5, 0.5, 0.6, 0.6, 0.9], abs=1e-3)


def test_a_slope_below_one_takes_confidence_back():
    assert 0.5 < every((0.5, 0, 0, 0, 8))(np.full(5, 0.9), 2, ALONE)[0] < 0.9


def test_nothing_is_surer_than_the_ceiling():
    assert every((1, 0, 0, 0, 0))(np.full(5, 0.999), 2, ALONE).max() < 0.5


def test_refusals_may_count():
    wary = every((1, 0, 0, -1, 8))
    assert (wary(np.full(5, 0.5), 1, Company(3, 0, 4)) < wary(np.full(5, 0.5), 1, Company(3, 0, 0))).all()


def test_certainty_has_finite_odds():
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


def test_situations_are_told_by_what_there_is():
    assert [situation_of(20, 0), situation_of(0, 3), situation_of(20, 1)] == [0, 1, 2]


def test_who_speaks_mostly_strangers_has_a_calibration_of_their_own():
    strangers, mixed = Company(3, 2, 0), Company(4, 2, 0)
    assert [kind_of(situation, strangers) for situation in (0, 1, 2)] == [0, 3, 4]
    assert [kind_of(situation, mixed) for situation in (0, 1, 2)] == [0, 1, 2]


def test_the_region_round_a_single_models_word_is_of_its_own_kind():
    alone, stranger, several = Company(1, 0, 2), Company(1, 1, 0), Company(2, 0, 0)
    assert [region_kind_of(1, who) for who in (several, alone, stranger)] == [1, KINDS, KINDS + 1]
    assert [region_kind_of(2, who) for who in (several, alone, stranger)] == [2, 2, 4]


def test_a_broken_calibration_is_refused():
    with pytest.raises(ValueError, match="shape"):
        calibration_of({"weights": [[1.0]]})
