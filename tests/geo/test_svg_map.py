import math
import re

import pytest

from sextant.geo.svg_map import Window, draw_dot, draw_svg, list_rings, make_window_around, make_world_window

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]


def test_the_world_is_equirectangular_with_north_above():
    whole = make_world_window(360.0)
    assert (whole.width, whole.height) == (360.0, 180.0)
    assert whole.place(90.0, -180.0) == (0.0, 0.0) and whole.place(-90.0, 180.0) == (360.0, 180.0)
    assert whole.place(0.0, 0.0) == (180.0, 90.0)


@pytest.mark.parametrize("latitude", [0.0, 45.0, 60.0, -33.0])
def test_a_close_up_has_true_proportions_in_its_middle(latitude):
    window = make_window_around([(latitude, 20.0)], 900.0, 8.0)
    here, east, north = (window.place(latitude + n, 20.0 + e) for n, e in ((0, 0), (0, 1), (1, 0)))
    assert east[0] - here[0] == pytest.approx((here[1] - north[1]) * math.cos(math.radians(latitude)))


@pytest.mark.parametrize("places", [[(90.0, 0.0)], [(-90.0, 10.0)], [(0.0, 179.9)], [(80.0, -179.0), (-80.0, 179.0)]])
def test_a_close_up_stays_on_the_earth_and_holds_its_places(places):
    window = make_window_around(places, 900.0, 8.0)
    assert window.west >= -180 and window.east <= 180 and window.south >= -90 and window.north <= 90
    assert window.height > 0 and all(window.holds(*place) for place in places)


def test_every_kind_of_geometry_gives_its_rings():
    polygon = {"type": "Polygon", "coordinates": [SQUARE]}
    several = {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE, SQUARE]]}
    nested = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": polygon}]}
    mixed = {"type": "GeometryCollection", "geometries": [several, {"type": "Point", "coordinates": [1, 2]}]}
    assert [len(list(list_rings(one))) for one in (polygon, several, nested, mixed)] == [1, 3, 1, 3]


def test_text_is_escaped_and_the_dot_lies_where_it_should():
    window = Window(0.0, 0.0, 10.0, 10.0, 100.0)
    drawn = draw_dot(window, {"latitude": 5.0, "longitude": 2.5}, 3, 'x" onload="y', "<script>")
    assert 'cx="25.0" cy="50.0"' in drawn and "<script>" not in drawn and 'onload="' not in drawn
    assert "<script>" not in draw_svg(window, [drawn], '"><script>')


def test_a_map_draws_the_countries_that_reach_into_it():
    lisbon = draw_svg(make_window_around([(38.7, -9.1)], 900.0, 8.0), [], "Lisbon")
    ocean = draw_svg(make_window_around([(-45.0, -120.0)], 900.0, 8.0), [], "the South Pacific")
    assert lisbon.count("M") > 1 and re.search(r'class="land"[^>]* d=""', ocean)
