import pytest

from sextant.geo.outlines import normalise_outline

SQUARE = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]]
HOLE = [[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 1.0], [1.0, 1.0]]
OTHER_HOLE = [[3.0, 1.0], [3.0, 2.0], [3.5, 1.0], [3.0, 1.0]]
FAR = [[9.0, 9.0], [10.0, 9.0], [9.0, 10.0], [9.0, 9.0]]


def turn(ring, by):
    return [*ring[by:-1], *ring[: by + 1]]


def test_outlines_drawn_from_other_corners_in_another_order_are_alike():
    drawn = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE, OTHER_HOLE], [FAR]]}
    again = {
        "type": "MultiPolygon",
        "coordinates": [[turn(FAR, 1)], [turn(SQUARE, 2), turn(OTHER_HOLE, 1), turn(HOLE, 3)]],
    }
    assert again != drawn
    assert normalise_outline(again) == normalise_outline(drawn)
    assert normalise_outline(normalise_outline(drawn)) == normalise_outline(drawn)


def test_one_polygon_keeps_its_outer_ring_first():
    drawn = {"type": "Polygon", "coordinates": [turn(SQUARE, 3), HOLE]}
    assert normalise_outline(drawn) == {"type": "Polygon", "coordinates": [SQUARE, HOLE]}


def test_another_corner_or_direction_stays_a_difference():
    moved = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.000001], [0.0, 4.0], [0.0, 0.0]]
    plain = normalise_outline({"type": "Polygon", "coordinates": [SQUARE]})
    assert normalise_outline({"type": "Polygon", "coordinates": [moved]}) != plain
    assert normalise_outline({"type": "Polygon", "coordinates": [SQUARE[::-1]]}) != plain


@pytest.mark.parametrize("coordinates", [[], [[]], [5], [[[1.0, "x"], [1.0, 1.0], [1.0, "x"]]], "abc"])
def test_what_is_no_outline_is_an_error_of_python(coordinates):
    with pytest.raises((IndexError, TypeError, ValueError)):
        normalise_outline({"type": "Polygon", "coordinates": coordinates})
