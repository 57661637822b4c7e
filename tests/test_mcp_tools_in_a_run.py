"""Tools of a user's own MCP server in a run: allowed by name, quoted, recorded, replayed without the server."""

import json
import sys
from pathlib import Path

import pytest

from tests.support.cli import sextant
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

pytest.importorskip("mcp")
SERVER = Path(__file__).parent / "support" / "mcp_trains.py"
KEYS = {"OPENAI_API_KEY": "sk-test-1234567890"}
ANSWER = Reply(text='{"latitude": 47.16, "longitude": 9.5, "confidence": 0.9}')


def write_servers(folder, tools, **more):
    server = {"command": sys.executable, "args": [str(SERVER), str(folder / "log")], "tools": tools, **more}
    file = folder / "servers.json"
    file.write_text(json.dumps({"mcpServers": {"trains": server}}))
    return file


def script(asked):
    if asked.tool_results:
        return ANSWER
    calls = [
        ("mcp_trains_find_station", {"name": "Schaan"}),
        ("mcp_trains_find_station", {"name": "nowhere"}),
        ("mcp_trains_delete_everything", {}),
    ]
    return Reply(tool_calls=calls) if asked.body.get("tools") else ANSWER


def test_allowed_tools_are_called_quoted_recorded_and_replayed(query, tmp_path):
    file = write_servers(tmp_path, ["find_station"], env={"TRAINS_KEY": "secret-of-trains"})
    home = tmp_path / "home"
    with ModelServer(script) as server:
        where = ("--model", "openai:scripted", "--base-url", server.base_url, "--preset", "default", "--max-calls", "2")
        variants = ("--set", "variants=clues-first", "--mcp", file)
        ran = sextant("locate", query, *where, *variants, "--json", home=home, env=KEYS)
        assert ran.code == 0, ran.err
        offered = {tool["function"]["name"] for tool in server.asked[0].body["tools"]}
        results = next(each.tool_results for each in server.asked if each.tool_results)
        log = (tmp_path / "log").read_text().splitlines()
        forked = sextant(
            "replay", ran.json["run"], "--from", "1", "--set", f"mcp={file}", "--live", "--json", home=home, env=KEYS
        )
        assert forked.code == 0, forked.err
        assert (tmp_path / "log").read_text().splitlines() == log * 2
    assert "mcp_trains_find_station" in offered and not any("delete" in name for name in offered)
    assert "mcp server trains" in ran.err and "never the photo" in ran.err
    assert log == ["find_station Schaan", "find_station nowhere"]
    assert '<quoted from="mcp_trains_find_station">' in results[0] and results[0].count("</quoted>") == 1
    assert "the tool failed" in results[1] and "<quoted" in results[1] and "unknown tool" in results[2]
    assert "instruction_found" in {warning["code"] for warning in ran.json["warnings"]}
    assert [one["service"] for one in ran.json["sent"]] == ["mcp trains"] * 2
    file.unlink()
    replayed = sextant("replay", ran.json["run"], "--json", home=home)
    assert replayed.code == 0 and replayed.out == ran.out, replayed.err
    written = [path for path in home.rglob("*") if path.is_file()]
    assert not any(b"secret-of-trains" in path.read_bytes() for path in written)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "JSON"),
        ('{"mcpServers": {"a": {"command": "x"}}}', "a.tools"),
        ('{"mcpServers": {"a": {"tools": ["x"]}}}', "either a command or a url"),
        ('{"mcpServers": {"a": {"url": "http://10.0.0.1/mcp", "tools": ["x"]}}}', "cannot be asked"),
        ('{"mcpServers": {"a": {"command": "/no/such/server", "tools": ["x"]}}}', "cannot be used"),
    ],
)
def test_a_wrong_file_is_one_line(query, tmp_path, content, words):
    file = tmp_path / "servers.json"
    file.write_text(content)
    ran = sextant("locate", query, "--model", "openai:x", "--mcp", file, home=tmp_path, env=KEYS)
    assert ran.code in (1, 2) and words in ran.err.splitlines()[-1], ran.err


def test_a_tool_that_the_server_lacks_is_named(query, tmp_path):
    file = write_servers(tmp_path, ["find_bus"])
    ran = sextant("locate", query, "--model", "openai:x", "--mcp", file, home=tmp_path, env=KEYS)
    assert ran.code == 2 and "'find_bus'" in ran.err and "find_station" in ran.err


def test_a_server_that_dies_was_told_and_tools_of_equal_names_stay_apart(query, tmp_path):
    """The tool `station_die` of server `a` and `die` of `a_station` would both be called `mcp_a_station_die`."""
    own = {"command": sys.executable, "args": [str(SERVER), str(tmp_path / "log")]}
    other = tmp_path / "other.py"
    other.write_text(SERVER.read_text().replace("def station_die() -> str:", "def die() -> str:\n    return 'alive'"))
    servers = {
        "a": {**own, "tools": ["station_die"]},
        "a_station": {"command": sys.executable, "args": [str(other), str(tmp_path / "log")], "tools": ["die"]},
    }
    file = tmp_path / "servers.json"
    file.write_text(json.dumps({"mcpServers": servers}))

    def call_both(asked):
        if asked.tool_results or not asked.body.get("tools"):
            return ANSWER
        return Reply(tool_calls=[("mcp_a_station_die", {}), ("mcp_a_station_die_2", {})])

    with ModelServer(call_both) as server:
        where = ("--model", "openai:scripted", "--base-url", server.base_url, "--max-calls", "2")
        variants = ("--set", "variants=clues-first", "--mcp", file, "--json")
        ran = sextant("locate", query, *where, *variants, home=tmp_path / "home", env=KEYS)
        results = next(each.tool_results for each in server.asked if each.tool_results)
    assert ran.code == 0, ran.err
    assert "cannot be used" in results[0] and "alive" in results[1]
    assert [one["service"] for one in ran.json["sent"]] == ["mcp a", "mcp a_station"]
