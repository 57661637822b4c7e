"""Open services in a run: announced, asked only as named, quoted, listed, replayed without a network, forked live."""

import json

import pytest

from tests.support.cli import sextant
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer
from tests.support.open_services import HERE, OpenServices

AT = {"latitude": HERE[0], "longitude": HERE[1]}
CALLS = [
    ("map_search", {"query": "bakery beside castle", **AT, "radius_km": 2}),
    ("map_around", AT),
    ("sights_near", AT),
    ("pictures_near", AT),
    ("web_search", {"query": "Bäckerei Krümel"}),
]
NAMES = {name for name, _ in CALLS}
KEYS = {"OPENAI_API_KEY": "sk-test-1234567890", "MAPILLARY_TOKEN": "MLY|secret"}


def script(asked):
    if asked.tool_results:
        return Reply(text=json.dumps({**AT, "confidence": 0.9}))
    offered = {tool["function"]["name"] for tool in asked.body.get("tools", [])}
    return Reply(tool_calls=CALLS) if offered >= NAMES else Reply(text='{"latitude": 1, "longitude": 2}')


@pytest.fixture(scope="module")
def located(query, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with ModelServer(script) as server, OpenServices() as services:
        where = ("--model", "openai:scripted", "--base-url", server.base_url, "--max-calls", "12")
        online = services.name("overpass", "wikipedia", "commons", "panoramax", "mapillary", "searxng")
        ran = sextant("locate", query, *where, "--online", online, "--json", home=home, env=KEYS)
        assert ran.code == 0, ran.err
        with OpenServices() as others:
            change = f"online={online.replace(services.url, others.url)}"
            before = len(services.requests)
            forked = sextant(
                "replay", ran.json["run"], "--from", "1", "--set", change, "--live", "--json", home=home, env=KEYS
            )
            assert len(services.requests) == before
    return home, ran, server.asked, services, forked, others


def test_what_will_leave_is_said_first_and_what_left_is_listed(located):
    _, ran, *_ = located
    assert "overpass (127.0.0.1) will be told positions" in ran.err and "never the photo" in ran.err
    sent = ran.json["sent"]
    assert {one["service"] for one in sent} == {"overpass", "wikipedia", "commons", "panoramax", "mapillary", "searxng"}
    assert all(one["host"] == "127.0.0.1" for one in sent)
    assert "secret" not in json.dumps(ran.json)


def test_results_are_quoted_and_pictures_shown(located):
    _, ran, asked, _, _, _ = located
    results = next(each.tool_results for each in asked if each.tool_results)
    said = dict(zip([name for name, _ in CALLS], results, strict=True))
    assert all(f'<quoted from="{name}">' in text for name, text in said.items())
    assert "Bäckerei Krümel (bakery)" in said["map_search"] and "street: Städtle" in said["map_around"]
    assert "Vaduz Castle" in said["sights_near"] and "Schloss Vaduz" in said["sights_near"]
    assert said["pictures_near"].count(" m away") == 3 and "A. Painter" in said["pictures_near"]
    assert said["web_search"].count("</quoted>") == 1
    assert "instruction_found" in {warning["code"] for warning in ran.json["warnings"]}


def test_the_run_replays_without_any_server_byte_for_byte(located):
    home, ran, *_ = located
    replayed = sextant("replay", ran.json["run"], "--json", home=home)
    assert replayed.code == 0, replayed.err
    assert replayed.out == ran.out
    written = [path for path in home.rglob("*") if path.is_file()]
    assert not any(b"MLY|secret" in path.read_bytes() for path in written)


def test_a_live_fork_asks_the_services_it_names(located):
    _, _, _, _, forked, others = located
    assert forked.code == 0, forked.err
    assert "wikipedia (127.0.0.1) will be told positions" in forked.err
    assert {path for path, _ in others.requests} >= {"/api/interpreter", "/w/api.php", "/search"}
    assert forked.json["sent"]


def test_without_the_option_no_service_is_asked(query, tmp_path):
    with ModelServer(script) as server, OpenServices() as services:
        where = ("--model", "openai:scripted", "--base-url", server.base_url, "--max-calls", "4")
        ran = sextant("locate", query, *where, "--json", home=tmp_path, env=KEYS)
    assert ran.code == 0 and "sent" not in ran.json and not services.requests
    bad = sextant("locate", query, *where, "--online", "overpass=http://192.168.1.1", home=tmp_path)
    assert bad.code == 2 and "192.168.1.1" in bad.err and bad.err.count("\n") == 1
