"""SIGKILL at 40 random moments of locate, chat, serve, eval, gallery, places and map: nothing lost, nothing paid twice.

Each case runs the real command line, kills it, runs what a person would run then, and compares with an undisturbed run.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from sextant.graphs.sessions.store import Sessions
from tests.support.cli import ROOT, sextant
from tests.support.evaluations import benchmark_folder, without_timings
from tests.support.map_extract import write_extract
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.serving import Server

LATENCY_S = 0.1
IN_FLIGHT = 4  # model calls at once; what is in flight at the kill is asked again
LISBON = json.dumps({"latitude": 38.71, "longitude": -9.14, "confidence": 0.9, "clues": []})
KEY = {"OPENAI_API_KEY": "sk-test"}

pytestmark = pytest.mark.kill


@dataclass
class Killing:
    """Starts commands that are killed at a share of the time that an undisturbed one takes."""

    home: Path
    seed: int

    def run(self, *args: object, seconds: float, typed: str | None = None) -> bool:
        """Run a command and kill it; return whether it was still at work then."""
        keep = {name: v for name, v in os.environ.items() if not name.startswith(("OPENAI", "OLLAMA", "SEXTANT"))}
        process = subprocess.Popen(
            [sys.executable, "-m", "sextant.app", *map(str, args)],
            env={**keep, **KEY, "SEXTANT_HOME": str(self.home)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write((typed or "").encode())
        process.stdin.flush()
        # From the middle of the start to just after the end: the start alone, before any work, is tried seldom.
        time.sleep(seconds * random.Random(self.seed).uniform(0.3, 1.05))
        running = process.poll() is None
        with suppress(ProcessLookupError):  # its helpers too
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        time.sleep(2 * LATENCY_S)  # what was in flight arrives at the server
        return running


@pytest.fixture
def kill(tmp_path, request):
    return Killing(tmp_path / "home", seed=sum(map(ord, request.node.name)))


@pytest.fixture(scope="module")
def model():
    with ModelServer(always(Reply(text=LISBON)), latency_s=LATENCY_S) as running:
        yield running


@pytest.fixture(scope="module")
def asking(model, gallery):
    """Options of a run with a model."""
    return ["--gallery", gallery, "--verify", "density", "--model", "openai:s", "--base-url", model.base_url]


def count_recorded(*folders: Path) -> int:
    """How many model calls the recordings under the folders hold."""
    count = 0
    for folder in folders:
        for tape in [*folder.rglob("cassette.jsonl"), *folder.rglob("follow-ups/*.jsonl")]:
            lines = [line for line in tape.read_text(errors="replace").splitlines(keepends=True) if line.endswith("\n")]
            count += sum(json.loads(line).get("kind") == "model" for line in lines)
    return count


def measure(*args: object, home: Path, typed: str | None = None) -> tuple[float, str]:
    """Run a command undisturbed; return its seconds and what it printed."""
    began = time.monotonic()
    ran = sextant(*args, home=home, env=KEY, typed=typed)
    assert ran.code == 0, ran.err
    return time.monotonic() - began, ran.out


@pytest.fixture(scope="module")
def whole_locate(asking, query, tmp_path_factory):
    seconds, said = measure("locate", query, *asking, "--json", home=tmp_path_factory.mktemp("home"))
    return seconds, json.loads(said)["best"]


@pytest.mark.parametrize("number", range(8))
def test_locate(number, kill, whole_locate, asking, query, model):
    seconds, best = whole_locate
    before = model.count
    kill.run("locate", query, *asking, "--json", seconds=seconds)
    asked, recorded = model.count - before, count_recorded(kill.home)
    assert asked - recorded <= IN_FLIGHT
    runs = sextant("runs", "list", "--json", home=kill.home).json
    again = ["--resume", runs[0]["run"]] if runs else [query]
    ran = sextant("locate", *again, *asking[4:] if runs else asking, "--json", home=kill.home, env=KEY)
    assert ran.code == 0, ran.err
    assert ran.json["best"] == best
    assert model.count - before - asked == count_recorded(kill.home) - recorded  # no recorded call is made again
    assert not list(kill.home.rglob("*.part")) or runs


@pytest.fixture(scope="module")
def whole_chat(asking, query, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return measure("chat", query, "--session", "s", *asking, home=home, typed="why there?\n/quit\n")[0]


def list_turns(home: Path) -> list[dict]:
    sessions = Sessions(str(home))
    return sessions.read_state("s").get("turns", []) if sessions.exists("s") else []


@pytest.mark.parametrize("number", range(6))
def test_chat(number, kill, whole_chat, asking, query, model):
    before = model.count
    kill.run("chat", query, "--session", "s", *asking, seconds=whole_chat, typed="why there?\n")
    asked, recorded = model.count - before, count_recorded(kill.home)
    assert asked - recorded <= IN_FLIGHT
    said = [turn["text"] for turn in list_turns(kill.home) if turn["by"] == "you"]
    deadline = time.monotonic() + 60
    while True:  # the killed process holds the session for some seconds more
        ran = sextant("chat", "--session", "s", *asking, home=kill.home, env=KEY, typed="/quit\n")
        if "is answering a message" not in ran.err or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert ran.code == 0, ran.err
    turns = list_turns(kill.home)
    assert [turn["by"] for turn in turns] == ["you", "sextant"] * len(said)
    assert [turn["text"] for turn in turns if turn["by"] == "you"] == said
    assert model.count - before - asked == count_recorded(kill.home) - recorded


@pytest.mark.parametrize("number", range(6))
def test_serve(number, kill, whole_locate, asking, query, model):
    chance, before = random.Random(kill.seed), model.count
    with Server(*asking, home=kill.home, env=KEY) as first:
        sessions = [first.session() for _ in range(3)]
        for session in sessions:
            first.say(session, "where?", query).raise_for_status()
        time.sleep(whole_locate[0] * chance.uniform(0.0, 1.5))
        first.kill()
    time.sleep(2 * LATENCY_S)
    asked, recorded = model.count - before, count_recorded(kill.home)
    with Server(*asking, home=kill.home, env=KEY) as second:
        for session in sessions:
            if second.settled(session)["interrupted"]:
                second.http.post(f"/api/sessions/{session}/resume").raise_for_status()
        views = [second.settled(session, 120) for session in sessions]
    for view in views:
        assert [turn["by"] for turn in view["turns"]] == ["you", "sextant"]
        assert [photo["answer"]["best"]["country_code"] for photo in view["photos"]] == ["PT"]
    assert asked - recorded <= IN_FLIGHT * len(sessions)
    assert model.count - before - asked == count_recorded(kill.home) - recorded


@pytest.fixture(scope="module")
def whole_eval(asking, photos, tmp_path_factory):
    folder, home = tmp_path_factory.mktemp("benchmark"), tmp_path_factory.mktemp("home")
    data = benchmark_folder(photos, folder)
    words = ["eval", "run", "folder", "--data", data, *asking, "--limit", "8"]
    seconds, _ = measure(*words, "--out", home / "out", home=home)
    return seconds, words, without_timings(home / "out")


@pytest.mark.parametrize("number", range(5))
def test_eval(number, kill, whole_eval, model, tmp_path):
    seconds, words, lines = whole_eval
    out, before = tmp_path / "out", model.count
    kill.run(*words, "--out", out, seconds=seconds)
    asked, recorded = model.count - before, count_recorded(kill.home, out)
    ran = sextant(*words, "--out", out, "--json", home=kill.home, env=KEY)
    assert ran.code == 0, ran.err
    assert without_timings(out) == lines
    again = model.count - before - asked
    assert again == count_recorded(kill.home, out) - recorded


def positions(photos: Path) -> list[object]:
    return ["--metadata", photos.parent / "metadata.csv"]


@pytest.fixture(scope="module")
def whole_gallery(photos, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    seconds, _ = measure("gallery", "build", photos, *positions(photos), "--out", home / "g", home=home)
    return seconds, sextant("gallery", "info", home / "g", "--json", home=home).json["count"]


@pytest.mark.parametrize("number", range(5))
def test_gallery(number, kill, whole_gallery, photos, query, tmp_path):
    seconds, count = whole_gallery
    out = tmp_path / "g"
    kill.run("gallery", "build", photos, *positions(photos), "--out", out, seconds=seconds)
    halfway = sextant("gallery", "info", out, "--json", home=kill.home)
    assert halfway.code in (0, 1, 2)
    finished = halfway.code == 0 and halfway.json["count"] == count
    ran = sextant("gallery", "build", photos, *positions(photos), "--out", out, home=kill.home)
    assert ran.code == 0 or finished, ran.err
    assert sextant("gallery", "info", out, "--json", home=kill.home).json["count"] == count
    found = sextant("locate", query, "--gallery", out, "--verify", "density", "--json", home=kill.home)
    assert found.json["best"]["country_code"] == "PT"


@pytest.fixture(scope="module")
def big_csv(tmp_path_factory):
    folder = tmp_path_factory.mktemp("places")
    rows = "".join(f"Old Mill {number},47.{number:06d},9.5,LI\n" for number in range(60_000))
    (folder / "big.csv").write_text(f"name,latitude,longitude,country_code\n{rows}")
    (folder / "first.csv").write_text("name,latitude,longitude\nFirst Mill,47.5,9.5\n")
    seconds, _ = measure("places", "add", folder / "big.csv", home=folder / "home")
    return seconds, folder / "first.csv", folder / "big.csv"


@pytest.mark.parametrize("number", range(5))
def test_places(number, kill, big_csv):
    seconds, first, big = big_csv
    assert sextant("places", "add", first, home=kill.home).code == 0
    kill.run("places", "add", big, seconds=seconds)
    listed = {one["name"]: one["places"] for one in sextant("places", "list", "--json", home=kill.home).json}
    assert listed in ({"first.csv": 1}, {"first.csv": 1, "big.csv": 60_000})  # all of it or nothing
    assert sextant("places", "search", "First Mill", home=kill.home).code == 0
    again = sextant("places", "add", big, home=kill.home)
    assert again.code == 0, again.err
    assert sextant("places", "search", "Old Mill 59999", home=kill.home).code == 0


@pytest.fixture(scope="module")
def whole_map(tmp_path_factory):
    pytest.importorskip("osmium")
    folder = tmp_path_factory.mktemp("map")
    extract = write_extract(folder / "town.osm.pbf")
    seconds, said = measure("map", "add", extract, "--json", home=folder / "home")
    return seconds, extract, json.loads(said)[0]["places"]


@pytest.mark.parametrize("number", range(5))
def test_map(number, kill, whole_map):
    seconds, extract, places = whole_map
    kill.run("map", "add", extract, seconds=seconds)
    listed = sextant("map", "list", "--json", home=kill.home)
    assert listed.code == 0, listed.err
    assert [one["name"] for one in listed.json] in ([], ["town.osm.pbf"])
    again = sextant("map", "add", extract, "--json", home=kill.home)
    assert again.code == 0 and again.json[0]["places"] == places, again.err
    assert "Landstrasse" in sextant("map", "search", "Landstrasse / Kirchgasse", home=kill.home).out
