"""The map tools in a run: offered where a map was added, quoted, recorded and replayed without it."""

import json

import pytest

from sextant.geo.sphere import compute_great_circle_km
from tests.support.cli import sextant
from tests.support.data import SHARED, needs_shared_data
from tests.support.map_extract import at, write_extract
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

pytest.importorskip("osmium")
MAP_TOOLS = {"map_search", "map_around", "sights_near"}


def locate(query, home, script):
    with ModelServer(script) as server:
        where = ("--model", "openai:scripted", "--base-url", server.base_url, "--max-calls", "12")
        ran = sextant("locate", query, *where, "--json", home=home, env={"OPENAI_API_KEY": "sk-test-1234567890"})
    assert ran.code == 0, ran.err
    return server.asked, ran.json


def test_the_tools_are_offered_quoted_and_replayed(query, tmp_path):
    home = tmp_path / "home"

    def script(asked):
        if asked.tool_results:
            return Reply(text=json.dumps({"latitude": 48.0, "longitude": 11.0, "confidence": 0.9}))
        offered = {tool["function"]["name"] for tool in asked.body.get("tools", [])}
        calls = [("map_search", {"query": "bakery in Testingen"}), ("sights_near", {"latitude": 48, "longitude": 11})]
        return Reply(tool_calls=calls) if offered >= MAP_TOOLS else Reply(text='{"latitude": 1, "longitude": 2}')

    asked, _ = locate(query, home, script)
    assert not any(each.tool_results for each in asked)
    assert sextant("map", "add", write_extract(tmp_path / "town.osm.pbf"), home=home).code == 0
    asked, answer = locate(query, home, script)
    results = next(each.tool_results for each in asked if each.tool_results)
    assert '<quoted from="map_search">' in results[0] and "Bäckerei Krümel (bakery): 48.00018, 11.00040" in results[0]
    assert "</quoted>" not in results[0].replace("\n</quoted>", "", 1)
    assert "Burg Test (castle)" in results[1]
    assert "instruction_found" in {warning["code"] for warning in answer["warnings"]}
    for path in (home / "maps").iterdir():
        path.unlink()
    replayed = sextant("replay", answer["run"], "--json", home=home)
    assert replayed.code == 0, replayed.err


def locate_by_signs(query, home, text, near):
    reply = Reply(text=f"{text} {json.dumps({'latitude': near[0], 'longitude': near[1], 'confidence': 0.8})}")
    with ModelServer(lambda asked: reply) as server:
        where = ("--model", "openai:scripted", "--base-url", server.base_url, "--preset", "img2loc", "--verify")
        ran = sextant(
            "locate", query, *where, "calibrated", "--json", "--max-calls", "2", home=home,
            env={"OPENAI_API_KEY": "sk-test-1234567890"},
        )  # fmt: skip
    assert ran.code == 0, ran.err
    return ran.json


def measure_m(best, place):
    return 1000 * float(compute_great_circle_km((best["latitude"], best["longitude"]), place))


def test_a_street_and_a_shop_that_were_read_place_the_answer(query, tmp_path):
    home = tmp_path / "home"
    assert sextant("map", "add", write_extract(tmp_path / "town.osm.pbf"), home=home).code == 0
    near = at(1500, 1200)
    plain = locate_by_signs(query, home, "A small town.", near)
    assert measure_m(plain["best"], near) < 100
    read = locate_by_signs(query, home, 'The signs read "Landstrasse" and "COOP".', near)
    assert measure_m(read["best"], at(-300, 10)) < 100
    (found,) = (one for one in read["candidates"] if one["origin"] == "map")
    assert found["agreeing"] == 2 and found["alike"] == 1 and found["place"] == "Coop"
    assert read["probability"]["1"] > plain["probability"]["1"]
    for path in (home / "maps").iterdir():
        path.unlink()
    replayed = sextant("replay", read["run"], "--json", home=home)
    assert replayed.code == 0, replayed.err


def test_a_false_sign_does_not_take_the_answer_out_of_its_region(query, tmp_path):
    home = tmp_path / "home"
    assert sextant("map", "add", write_extract(tmp_path / "town.osm.pbf"), home=home).code == 0
    lisbon = (38.72, -9.14)
    answer = locate_by_signs(query, home, 'The signs read "Landstrasse" and "Bäckerei Krümel".', lisbon)
    assert measure_m(answer["best"], lisbon) < 100
    assert not any(one["origin"] == "map" for one in answer["candidates"])


@needs_shared_data
def test_landstrasse_and_a_shop_in_liechtenstein(query, tmp_path):
    home = tmp_path / "home"
    assert sextant("map", "add", SHARED / "osm" / "liechtenstein.osm.pbf", home=home).code == 0
    answer = locate_by_signs(query, home, 'The signs read "Landstrasse" and "Coop".', (47.14, 9.52))
    assert measure_m(answer["best"], (47.15466, 9.50973)) < 100
