"""The map tools in a run: offered where a map was added, quoted, recorded and replayed without it."""

import json

import pytest

from tests.support.cli import sextant
from tests.support.map_extract import write_extract
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
