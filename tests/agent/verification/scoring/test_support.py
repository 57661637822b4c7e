import numpy as np
import pytest

from sextant.agent.verification.scoring.support import Support, describe_support

FAR = 9000.0
NOBODY = np.zeros((1, 5))


def support_of(away_km, model, first=None):
    """Return the features at 25 km of one point, answers of numbered models lying so far from it."""
    away, count = np.array([away_km], dtype=float), len(away_km)
    chosen = np.ones(count, dtype=bool) if first is None else np.array(first)
    return describe_support(away, np.array(model, dtype=np.intp), chosen, NOBODY)[0, 1]


def test_a_point_without_answers_and_photos_has_no_support():
    assert support_of([], []).tolist() == [-1, -1, 0, 0, 0, 0]


def test_models_and_replies_that_agree_are_counted():
    found = support_of([0, 3, 10, FAR], [0, 0, 1, 2])
    assert found[Support.SAID] == 0
    assert found[[Support.MODELS, Support.REPLIES]].tolist() == pytest.approx([np.log(2), np.log(2)])
    assert found[Support.SHARE] == pytest.approx(np.log(4 / 5))
    assert found[Support.DISSENTERS] == pytest.approx(-np.log(2))


def test_models_that_agree_count_no_less_than_as_many_replies_of_one():
    models, replies = support_of([0] * 4, [0, 1, 2, 3]), support_of([0] * 4, [0] * 4)
    assert (models >= replies).all() and models[Support.REPLIES] == replies[Support.REPLIES]


def test_an_alternative_counts_as_said_and_as_nothing_else():
    found = support_of([0, FAR], [0, 0], [False, True])
    assert found[Support.SAID] == 0 and found[Support.MODELS] == 0
    assert found[Support.SHARE] == pytest.approx(np.log(1 / 2))


def test_an_answer_that_agrees_lowers_no_feature():
    chance = np.random.default_rng(5)
    for _ in range(200):
        count = int(chance.integers(0, 12))
        away, model = chance.choice([0.0, 15.0, 100.0, FAR], count), chance.integers(0, 4, count)
        model = np.unique(model, return_inverse=True)[1]  # numbered without gaps
        before = support_of(away.tolist(), model)
        for own in range(int(model.max(initial=-1)) + 2):
            after = support_of([*away, 5.0], [*model, own])
            assert (after >= before - 1e-12).all()
