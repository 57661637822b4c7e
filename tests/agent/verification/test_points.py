import numpy as np

from sextant.agent.verification.points import CENTRE, NAMED, RETRIEVED, SAID, answer_points
from sextant.geo.sphere import compute_great_circle_km


def points_of(retrieved, said, named=None):
    retrieved, said = (np.array(rows, dtype=float).reshape(-1, 2) for rows in (retrieved, said))
    named = np.full(said.shape, np.nan) if named is None else np.array(named, dtype=float)
    places = np.concatenate([retrieved, said])
    signs = np.zeros((0, 2))
    apart = compute_great_circle_km(places[:, None], places[None])
    return answer_points(retrieved, said, named, signs, np.ones(len(places)), apart)


def test_the_same_place_is_one_point():
    assert points_of([(1.0, 2.0), (1.0, 2.0), (40.0, 50.0)], [(1.0, 2.0)]).positions.tolist() == [[1, 2], [40, 50]]


def test_a_place_that_was_named_is_a_point_of_its_voice():
    points = points_of([], [(0.0, 0.0), (0.0, 90.0)], [(np.nan, np.nan), (10.0, 90.0)])
    assert points.positions[points.kind == NAMED].tolist() == [[10.0, 90.0]]
    assert points.source[points.kind == NAMED].tolist() == [1]


def test_a_camp_has_a_centre_that_is_no_candidate():
    points = points_of([(10.0, 10.0), (10.0, 10.2)], [])
    centre = points.positions[points.kind == CENTRE]
    assert np.allclose(centre, [(10.0, 10.1)], atol=1e-3)
    assert points.scale_km[points.kind == CENTRE].min() == 25.0


def test_the_centre_of_a_camp_across_the_date_line_lies_in_it():
    points = points_of([(0.0, 179.9), (0.0, -179.9)], [])
    centre = points.positions[points.kind == CENTRE][0]
    assert compute_great_circle_km(centre, (0.0, 180.0)) < 1


def test_antipodes_have_no_centre():
    assert CENTRE not in points_of([(0.0, 0.0)], [(0.0, 180.0)]).kind


def test_kinds_tell_photos_from_words():
    points = points_of([(0.0, 0.0)], [(0.0, 90.0)])
    assert points.kind.tolist() == [RETRIEVED, SAID]
