"""``--within AREA``: reading an area, and what it leaves of a pool."""

import json

import numpy as np
import pytest

from sextant.agent.verification import Candidate, Pool, verify
from sextant.agent.within import describe_known, keep_within, load_within, read_within, warn_within
from sextant.base.errors import WrongUse

PARIS, LYON, BERN = (48.86, 2.35), (45.76, 4.84), (46.95, 7.44)
SQUARE = {"type": "Polygon", "coordinates": [[[4, 45], [6, 45], [6, 46], [4, 46], [4, 45]]]}


def test_an_area_is_a_country_a_box_or_geojson(tmp_path):
    file = tmp_path / "area.geojson"
    file.write_text(json.dumps({"type": "Feature", "geometry": SQUARE}))
    assert read_within("fr") == read_within("France") == "FR"
    assert read_within(" 45, 4,46.0,6") == "45,4,46,6"
    for text in ("45,4,46,6", str(file), json.dumps(SQUARE)):
        canonical = read_within(text)
        assert read_within(canonical) == canonical
        assert load_within(canonical).allows(np.array([PARIS, LYON, BERN])).tolist() == [False, True, False]
    assert load_within("FR").allows(np.array([PARIS, LYON, BERN])).tolist() == [True, True, False]


def test_a_box_may_cross_the_antimeridian():
    pacific = load_within(read_within("-20,175,-15,-175"))
    assert pacific.allows(np.array([(-18.0, 178.0), (-18.0, -178.0), (-18.0, 0.0)])).tolist() == [True, True, False]


def test_a_long_outline_is_simplified_and_stays_where_it_was():
    angles = np.linspace(0, 2 * np.pi, 20_000)
    ring = np.column_stack([5 + np.cos(angles), 45 + np.sin(angles)]).tolist()
    text = read_within(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    assert len(text) < 20_000
    assert load_within(text).drawn.area == pytest.approx(np.pi, rel=0.01)


@pytest.mark.parametrize(
    "text", ["Atlantis", "1,2,3,x", "50,0,40,10", "40,0,40,10", '{"type": "Point", "coordinates": [1, 2]}', "{", ""]
)
def test_what_is_no_area_is_refused_with_its_name(text):
    with pytest.raises(WrongUse, match=r"area|box"):
        read_within(text)


def test_candidates_outside_are_left_out_and_the_region_ends_at_the_edge():
    pool = Pool(tuple(Candidate(*place, "nearest", rank=rank) for rank, place in enumerate((BERN, LYON, PARIS))))
    within = load_within("FR")
    left = keep_within(pool, within)
    assert [one.latitude for one in left.candidates] == [LYON[0], PARIS[0]]
    free, bound = verify(left), verify(left, within=within.drawn)
    assert bound.region_90.area_km2 < free.region_90.area_km2
    assert bound.probability["2500"] > max(0.99, free.probability["2500"])
    assert not bound.region_90.contains(*BERN)


def test_the_model_is_told_and_the_reader_warned():
    assert describe_known("1990s", "FR") == "1990s The photo was taken within France."
    assert describe_known(None, None) is None
    answers = [{"kind": "answered", "latitude": place[0], "longitude": place[1]} for place in (PARIS, BERN)]
    assert "1 of the model's 2 answers lie outside" in warn_within("FR", answers)["text"]
