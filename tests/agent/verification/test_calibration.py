import numpy as np
import pytest

from sextant.agent.verification.calibration import (
    IDENTITY,
    INPUTS,
    KINDS,
    Calibration,
    Company,
    calibration_of,
    inputs_of,
    kind_of,
    logit,
    situation_of,
    with_retrieved,
)

ALONE = Company(1, 0, 0)
NOTHING_TOLD = np.zeros(5)


def every(weights) -> Calibration:
    return Calibration(np.tile(np.array(weights, dtype=float), (len(KINDS), 5, 1)))


def mapped(weights, raw, company=ALONE, told=NOTHING_TOLD):
    return every(weights)(inputs_of(np.asarray(raw, dtype=float), company, told), 2)


def test_the_identity_changes_nothing():
    raw = np.array([0.1, 0.2, 0.5, 0.7, 0.9])
    assert np.allclose(mapped(IDENTITY, raw), raw, atol=1e-3)


def test_many_points_are_mapped_as_each_alone():
    raw = np.array([[0.1, 0.2, 0.5, 0.7, 0.9], [0.2, 0.3, 0.3, 0.4, 0.5]])
    both = mapped((0.5, 1, 0, 0, 0, 8), raw)
    assert np.array_equal(both, [mapped((0.5, 1, 0, 0, 0, 8), row) for row in raw])


def test_probability_never_falls_as_the_radius_grows():
    assert mapped(IDENTITY, [0.5, 0.3, 0.6, 0.2, 0.9]).tolist() == pytest.approx([0.5, 0.5, 0.6, 0.6, 0.9], abs=1e-3)


def test_a_slope_below_one_takes_confidence_back():
    assert 0.5 < mapped((0.5, 0, 0, 0, 0, 8), np.full(5, 0.9))[0] < 0.9


def test_nothing_is_surer_than_the_ceiling():
    assert mapped((1, 0, 0, 0, 0, 0), np.full(5, 0.999)).max() < 0.5


def test_refusals_may_count():
    wary = (1, 0, 0, -1, 0, 8)
    assert (mapped(wary, np.full(5, 0.5), Company(3, 0, 4)) < mapped(wary, np.full(5, 0.5), Company(3, 0, 0))).all()


def test_what_answers_tell_counts_at_its_own_radius():
    shifted = mapped((1, 0, 0, 0, 1, 8), np.full(5, 0.5), told=np.array([0.0, 0.0, 1.0, 1.0, 2.0]))
    assert shifted.round(2).tolist() == [0.5, 0.5, 0.73, 0.73, 0.88]


def test_the_shift_of_what_is_told_is_what_it_adds_to_the_log_odds():
    told = np.array([0.5, -1.0, 0.0, 1.0, 2.0])
    assert every((1, 0, 0, 0, 0.5, 8)).told_shift(told, 3).tolist() == (0.5 * told).tolist()


def test_certainty_has_finite_odds():
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


def test_situations_are_told_by_what_there_is():
    assert [situation_of(20, 0), situation_of(0, 3), situation_of(20, 1)] == [0, 1, 2]


def test_who_speaks_mostly_strangers_has_a_calibration_of_their_own():
    strangers, mixed = Company(3, 2, 0), Company(4, 2, 0)
    assert [KINDS[kind_of(situation, strangers)] for situation in (0, 1, 2)] == [
        *("retrieved", "several said, strangers", "both, strangers")
    ]
    assert [KINDS[kind_of(situation, mixed)] for situation in (0, 1, 2)] == ["retrieved", "several said", "both"]


def test_one_word_and_two_are_kinds_of_their_own():
    assert [KINDS[kind_of(1, Company(count, 0, 2))] for count in (1, 2, 3, 9)] == [
        *("one said", "two said", "several said", "several said")
    ]
    assert kind_of(2, Company(1, 0, 0)) == kind_of(2, Company(5, 0, 0))


def test_kinds_know_whether_anything_was_retrieved():
    assert [kind for number, kind in enumerate(KINDS) if with_retrieved(number)] == [
        *("retrieved", "both", "both, strangers")
    ]


def test_a_broken_calibration_is_refused():
    plain = every(IDENTITY).to_json()
    assert np.array_equal(calibration_of(plain).weights, every(IDENTITY).weights)
    for change, named in (({"weights": [[1.0]]}, "shape"), ({"inputs": ["luck"]}, "luck"), ({"kinds": []}, "kinds")):
        with pytest.raises(ValueError, match=named):
            calibration_of({**plain, **change})
    assert set(plain["inputs"]) == set(INPUTS)
