import numpy as np
import pytest

from agent.verification.calibration import Calibration, calibration_of, logit, situation_of

IDENTITY = Calibration(np.ones((3, 5)), np.zeros((3, 5)))


def test_the_identity_changes_nothing():
    raw = np.array([0.1, 0.2, 0.5, 0.7, 0.9])
    assert np.allclose(IDENTITY(raw, 0), raw)


def test_probability_never_falls_as_the_radius_grows():
    assert IDENTITY(np.array([0.5, 0.3, 0.6, 0.2, 0.9]), 1).tolist() == pytest.approx([0.5, 0.5, 0.6, 0.6, 0.9])


def test_a_slope_below_one_takes_confidence_back():
    mapped = Calibration(np.full((3, 5), 0.5), np.zeros((3, 5)))(np.full(5, 0.9), 2)
    assert 0.5 < mapped[0] < 0.9


def test_certainty_has_finite_odds():
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


def test_situations_are_told_by_what_there_is():
    assert [situation_of(20, 0), situation_of(0, 3), situation_of(20, 1)] == [0, 1, 2]


def test_a_broken_calibration_is_refused():
    with pytest.raises(ValueError, match="shape"):
        calibration_of({"slope": [[1.0]], "offset": [[0.0]]})
