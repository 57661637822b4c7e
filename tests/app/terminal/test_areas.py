import json

import pytest

from sextant.agent.chat.constraints import find_allowed
from sextant.app.terminal.areas import parse_constraint
from sextant.base.errors import WrongUse

LISBON, SUVA, OSLO = (38.7, -9.1), (-18.1, 178.4), (59.9, 10.7)


def left(words, *places):
    import numpy as np

    return find_allowed([parse_constraint(words)], np.array(places)).tolist()


def test_corners_enclose_and_exclude():
    iberia = "36,-10 36,4 44,4 44,-10"
    assert left(f"inside {iberia}", LISBON, OSLO) == [True, False]
    assert left(f"outside {iberia}", LISBON, OSLO) == [False, True]


def test_corners_may_cross_the_date_line():
    assert left("inside -25,170 -25,-175 -10,-175 -10,170", SUVA, LISBON) == [True, False]


def test_a_file_may_hold_several_polygons_with_holes(tmp_path):
    box = [[-10, 36], [4, 36], [4, 44], [-10, 44], [-10, 36]]
    hole = [[-9.5, 38], [-8.5, 38], [-8.5, 39], [-9.5, 39], [-9.5, 38]]
    north = [[5, 55], [15, 55], [15, 65], [5, 65], [5, 55]]
    features = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [box, hole]}, "properties": {}},
        {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[north]]}, "properties": {}},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}, "properties": {}},
    ]
    path = tmp_path / "my area.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert left(f"inside '{path}'", LISBON, OSLO, (40.4, -3.7)) == [False, True, True]
    assert parse_constraint(f"outside '{path}'")["words"] == "not inside the area of my area.geojson"


def test_pins_and_rejected_places_take_positions_in_any_spelling():
    assert parse_constraint("pin 38.7, -9.1") == parse_constraint("pin 38.7 -9.1")
    assert left("reject 38.7 -9.1", LISBON, OSLO) == [False, True]


def test_other_words_are_not_ours():
    assert parse_constraint("not Europe") is None


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("inside", "GeoJSON file or corners"),
        ("inside no-such.geojson", "cannot read"),
        ("inside 1,2 3,4", "at least three"),
        ("inside 1,2 3,4 5", "corners as LATITUDE,LONGITUDE"),
        ("inside 91,2 3,4 5,6", "not a position"),
        ("inside 'a", "quotation mark"),
        ("pin here", "latitude and a longitude"),
    ],
)
def test_what_encloses_nothing_is_one_line(words, reason):
    with pytest.raises(WrongUse, match=reason) as error:
        parse_constraint(words)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", '{"type": "Point", "coordinates": [1, 2]}', '{"type": "Polygon", "coordinates": [["a"]]}'],
)
def test_a_file_without_an_area_is_one_line(tmp_path, text):
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(WrongUse, match="GeoJSON"):
        parse_constraint(f"inside {path}")
