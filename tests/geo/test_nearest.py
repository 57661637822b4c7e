"""The nearest points, by measuring all and by the tree: the same rows in the same order."""

import numpy as np
import pytest

from sextant.geo.nearest import NearestPoints

RNG = np.random.default_rng(3)


def make_points(number: int) -> np.ndarray:
    raw = RNG.normal(size=(number, 3))
    unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    return np.concatenate([unit, unit[: number // 4]])  # a quarter of them twice


@pytest.mark.parametrize("number", [1, 2, 7, 40])
def test_both_ways_find_the_same_rows_in_the_same_order(number):
    vectors = make_points(400)
    with_tree, without = NearestPoints(vectors), NearestPoints(vectors)
    assert with_tree.tree is not None
    for here in make_points(12)[:12]:
        found = without.find(here, number)
        assert "tree" not in without.__dict__
        assert found.tolist() == with_tree.find(here, number).tolist()
        chords = np.linalg.norm(vectors - here, axis=1)
        assert chords[found] == pytest.approx(np.sort(chords)[:number])
        assert list(found) == sorted(found, key=lambda row: (round(chords[row], 12), row))


def test_all_within_a_margin_of_the_nearest():
    vectors = make_points(400)
    with_tree, without = NearestPoints(vectors), NearestPoints(vectors)
    assert with_tree.tree is not None
    for here in make_points(10)[:10]:
        assert sorted(with_tree.find_within(here, 0.1)) == without.find_within(here, 0.1).tolist()


def test_many_questions_build_the_tree_and_one_does_not():
    points = NearestPoints(make_points(40))
    points.find(points.vectors[3])
    assert "tree" not in points.__dict__
    for _ in range(40):
        points.find(points.vectors[3])
    assert "tree" in points.__dict__


def test_more_than_there_are_is_all():
    assert NearestPoints(make_points(4)).find(np.array([1.0, 0.0, 0.0]), 50).shape == (5,)
