"""`sextant map` with the real command line."""

from pathlib import Path

import pytest

from tests.support.cli import sextant
from tests.support.map_extract import at, write_extract

pytest.importorskip("osmium")


def test_a_map_is_added_searched_drawn_and_removed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    added = sextant("map", "add", write_extract(tmp_path / "town.osm.pbf"), "--json", home=home)
    assert added.code == 0, added.err
    assert added.json[0]["source"] == "town.osm.pbf" and added.json[0]["places"] > 5
    assert "ODbL" in sextant("map", "list", home=home).out
    drawing = tmp_path / "hits.svg"
    found = sextant("map", "search", "Landstrasse / Kirchgasse", "--draw", drawing, home=home)
    assert found.out.splitlines() == [
        "1. Landstrasse (street): 48.00000, 11.00000; 0 m from Kirchgasse (street)",
        "© OpenStreetMap contributors",
    ]
    drawn = drawing.read_text(encoding="utf-8")
    assert drawn.startswith("<svg ") and 'class="street"' in drawn and "1. Landstrasse" in drawn
    around = sextant("map", "around", *at(150, 450), "--draw", drawing, "--json", home=home)
    assert around.json["inside"] == ["Burg Test (castle)"] and 'class="hit"' in drawing.read_text(encoding="utf-8")
    for asked, reason in (
        ("a castle within 1 m of a bakery in Nowhere", "no place is called 'Nowhere'"),
        ("a lighthouse", "no feature and no kind of feature is called 'lighthouse'"),
        ("Burg Test --near 10 10", "it is elsewhere"),
        ("a castle within 1 m of Kirchgasse", "the nearest is Burg Test"),
    ):
        text, *near = asked.split(" --")
        missed = sextant("map", "search", text, *(f"--{near[0]}".split() if near else ()), home=home)
        assert missed.code == 1 and reason in missed.err, missed.err
    assert "no map covers 10, 10" in sextant("map", "around", 10, 10, home=home).err
    assert sextant("map", "around", *at(150, 450), "--draw", tmp_path / "hits.txt", home=home).code == 2
    assert sextant("places", "search", "Burg Test", "--json", home=home).json[0]["kind"] == "sight"
    assert "named places removed" in sextant("map", "remove", "town.osm.pbf", home=home).out
    assert sextant("map", "list", "--json", home=home).json == []
    assert sextant("places", "list", "--json", home=home).json == []


def test_wrong_use_is_one_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    commands = (("search", "x"), ("around", 1, 2), ("add", tmp_path / "none.osm.pbf"), ("remove", "x"))
    for arguments in commands:
        result = sextant("map", *arguments, home=home)
        assert result.code == 1 and result.out == "" and result.err.count("\n") == 1
    assert sextant("map", "around", 91, 0, home=home).code == 2
    assert sextant("map", "list", home=home).code == 0


def test_a_damaged_map_names_the_way_out(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert sextant("map", "add", write_extract(tmp_path / "town.osm.pbf"), home=home).code == 0
    (file,) = (home / "maps").glob("*.sqlite")
    whole = file.read_bytes()
    for damaged in (whole[:4096] + b"x" * (len(whole) - 4096), b"no database" * 500):
        file.write_bytes(damaged)
        for arguments in (("search", "Burg Test"), ("around", *at(150, 450)), ("list",)):
            result = sextant("map", *arguments, home=home)
            assert result.code == 1 and result.err.count("\n") == 1 and "sextant map remove" in result.err, result.err
    assert sextant("map", "remove", "town.osm.pbf", home=home).code == 0 and not file.exists()


def test_names_are_found_in_every_script_and_on_one_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    points = [
        (0, 0, {"railway": "station", "name": "東京駅", "name:en": "Tokyo Station", "name:ja-Latn": "Tōkyō-eki"}),
        (50, 0, {"railway": "station", "name": "Казанский вокзал"}),
        (90, 0, {"tourism": "museum", "name": "المتحف المصري"}),
        (95, 0, {"amenity": "cafe", "name": "Café\n2. Elsewhere", **{f"name:x{row}": f"n{row}" for row in range(500)}}),
    ]
    extract = write_extract(tmp_path / "scripts.osm.pbf", points=points, lines=[], areas=[])
    assert sextant("map", "add", extract, home=home).code == 0
    for asked, name in (
        ("東京駅", "東京駅"),
        ("tokyo-eki", "東京駅"),
        ("казанский", "Казанский вокзал"),
        ("المتحف المصري", "المتحف المصري"),
        ("cafe near Tokyo Station", "Café 2. Elsewhere"),
    ):
        assert sextant("map", "search", asked, home=home).out.startswith(f"1. {name} ("), asked
