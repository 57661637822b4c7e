"""Things of a small town are found by name, kind, address and by what stands near them."""

import pytest

from sextant.atlas.gazetteer.lookup import SearchCircle
from sextant.atlas.map_index import rows
from sextant.atlas.map_index.add import add_map
from sextant.atlas.map_index.around import describe_surroundings
from sextant.atlas.map_index.element import MapError
from sextant.atlas.map_index.search import MapIndex
from sextant.geo.sphere import compute_great_circle_km
from tests.support.map_extract import at, write_extract

pytest.importorskip("osmium")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> MapIndex:
    folder = tmp_path_factory.mktemp("town")
    add_map(folder / "maps", write_extract(folder / "town.osm.pbf"))
    return MapIndex(folder / "maps")


@pytest.mark.parametrize(
    ("question", "east", "north", "name"),
    [
        ("Bäckerei Krümel", 30, 20, "Bäckerei Krümel"),
        ("krumel", 30, 20, "Bäckerei Krümel"),
        ("Baeckerei Kruemel, Testingen", 30, 20, "Bäckerei Krümel"),
        ("Landstr. 12", 40, -15, "Landstrasse 12"),
        ("Landstrasse / Kirchgasse", 0, 0, "Landstrasse"),
        ("corner of Kirchgasse and Landstrasse in Testingen", 0, 0, "Kirchgasse"),
        ("a church within 100 m of a railway station", -165, -65, "St. Test"),
        ("bridge over river beside castle", 100, 500, "(bridge)"),
        ("Coop supermarket in Testingen", -300, 10, "Coop"),
        ("supermarket near railway station", -300, 10, "Coop"),
        ("a bakery on Landstrasse", 30, 20, "Bäckerei Krümel"),
        ("Land strasse", -300, 0, "Landstrasse"),
    ],
)
def test_a_thing_is_found(index: MapIndex, question: str, east: float, north: float, name: str) -> None:
    hit = index.search(question)[0]
    assert hit.name == name
    assert 1000 * float(compute_great_circle_km((hit.latitude, hit.longitude), at(east, north))) < 30


@pytest.mark.parametrize(
    "question",
    ["Nowhere Street", "a church within 10 m of a railway station", "Coop, Atlantis", "lighthouse", "Landstrasse / x"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(index: MapIndex, question: str) -> None:
    assert index.search(question) == []


@pytest.mark.parametrize(
    "text", ['"', "a OR b", "NEAR(x y)", "*", "x' OR 1=1 --", "\x00", "a" * 5000, "key : (x", "-", "/ & x"]
)
def test_query_syntax_inside_a_name_is_a_name(index: MapIndex, text: str) -> None:
    assert index.search(text) == []


def test_pieces_of_a_street_are_one_hit(index: MapIndex) -> None:
    assert [hit.name for hit in index.search("Landstrasse")] == ["Landstrasse"]


def test_a_circle_keeps_what_lies_in_it(index: MapIndex) -> None:
    far = SearchCircle(*at(5000, 0), 1.0)
    (hit,) = index.search("Coop", circle=far)
    assert hit.km == pytest.approx(0.0, abs=0.01)
    assert index.search("Burg Test", circle=far) == []


def test_too_many_things_ask_for_a_place(index: MapIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST", 1)
    with pytest.raises(MapError, match="name the place: 'church in TOWN'"):
        index.search("church")


def test_surroundings_are_told_in_words(index: MapIndex) -> None:
    found = describe_surroundings(index, *at(5, 8), 200)
    assert found.street and found.street.name == "Kirchgasse" and found.crossing
    assert found.crossing.name == "Landstrasse" and found.address == "Landstrasse 12"
    lines = found.list_lines()
    assert "Bäckerei Krümel (bakery), 28 m to the east" in "\n".join(lines).replace("north-east", "east")
    assert "fountain, 76 m to the north-east" in lines
    assert found.to_json()["street"]["metres"] == 5
    assert describe_surroundings(index, 0.0, 0.0, 500).list_lines() == []
    castle = describe_surroundings(index, *at(150, 450), 50)
    assert castle.inside == ("Burg Test (castle)",)


def test_sights_are_the_known_things(index: MapIndex) -> None:
    assert [hit.name for hit in index.list_sights(*at(0, 0), 2.0)] == ["Burg Test"]
