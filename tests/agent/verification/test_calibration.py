from dataclasses import replace

import numpy as np
import pytest

from sextant.agent.verification.calibration import (
    IDENTITY,
    REGION_BUCKETS,
    PoolKind,
    calibration_of,
    counted_support,
    logit,
    pool_kind,
    region_bucket,
)
from sextant.agent.verification.scoring.support import Support

SUPPORTED = np.zeros((5, len(Support)))


def test_the_identity_changes_nothing():
    raw = np.array([0.1, 0.2, 0.5, 0.7, 0.9])
    assert np.allclose(IDENTITY(raw, PoolKind.BOTH, SUPPORTED - 1), raw, atol=1e-3)


def test_a_place_without_support_stays_impossible():
    assert IDENTITY(np.zeros(5), PoolKind.ANSWERED, SUPPORTED).tolist() == [0.0] * 5


def test_probability_never_falls_as_the_radius_grows():
    raw = np.array([0.5, 0.3, 0.6, 0.2, 0.9])
    assert IDENTITY(raw, PoolKind.BOTH, SUPPORTED).tolist() == pytest.approx([0.5, 0.5, 0.6, 0.6, 0.9], abs=1e-3)


def test_each_kind_of_pool_has_its_own_map():
    slopes = IDENTITY.slopes.copy()
    slopes[PoolKind.RICH_BOTH] = 0.5
    halved = replace(IDENTITY, slopes=slopes)
    rich, weak = (halved(np.full(5, 0.9), kind, SUPPORTED)[0] for kind in (PoolKind.RICH_BOTH, PoolKind.BOTH))
    assert 0.5 < rich < weak


def test_a_place_that_no_photo_or_no_answer_supports_is_less_probable():
    weights = np.zeros((5, 5, len(Support)))
    weights[..., Support.LISTED], weights[..., Support.SAID] = 1.0, 2.0
    costly = replace(IDENTITY, support=weights)
    raw = np.full(5, 0.6)
    both, said, listed = (
        costly(raw, PoolKind.BOTH, np.where(np.arange(len(Support)) == missing, -1.0, SUPPORTED))[0]
        for missing in (None, Support.LISTED, Support.SAID)
    )
    assert both == pytest.approx(0.6, abs=1e-3) and listed < said < both


def test_a_missing_list_tells_something_only_beside_answers():
    assert counted_support(PoolKind.RETRIEVED).tolist() == [False] * 6
    assert counted_support(PoolKind.ANSWERED).tolist() == [False, False, True, True, True, True]
    assert counted_support(PoolKind.RICH_BOTH).all()


def test_a_calibration_fitted_before_support_had_weights_is_read():
    plain = IDENTITY.to_json()
    del plain["support"]
    found = calibration_of(plain | {"unlisted": np.full((5, 5), -0.5).tolist(), "unsaid": np.zeros((5, 5)).tolist()})
    assert (found.support[..., Support.LISTED] == 0.5).all() and found.support.sum() == 12.5


def test_certainty_has_finite_odds():
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


def test_the_kind_of_a_pool_does_not_depend_on_the_number_of_its_answers():
    assert pool_kind(20, 0, False) == PoolKind.RETRIEVED
    assert pool_kind(20, 0, True) == PoolKind.RICH_RETRIEVED
    assert {pool_kind(0, count, False) for count in (1, 2, 60)} == {PoolKind.ANSWERED}
    assert {pool_kind(5, count, True) for count in (1, 2, 60)} == {PoolKind.RICH_BOTH}


def test_levels_of_regions_go_by_the_number_of_answers():
    assert [region_bucket(count) for count in (0, *REGION_BUCKETS, 60)] == [0, 0, 1, 2, 3, 4, 4]


def test_a_broken_calibration_is_refused():
    plain = IDENTITY.to_json()
    assert np.array_equal(calibration_of(plain).slopes, IDENTITY.slopes)
    for change in (
        {"slopes": [[1.0]]},
        {"kinds": []},
        {"slopes": (-IDENTITY.slopes).tolist()},
        {"support": (-np.ones((5, 5, 6))).tolist()},
    ):
        with pytest.raises(ValueError, match=r"calibration"):
            calibration_of({**plain, **change})
