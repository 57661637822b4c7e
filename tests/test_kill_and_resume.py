"""SIGKILL in the middle of a run, then --resume: the same answer, and no recorded call is paid twice."""

import json
import os
import random
import signal
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sextant.agent.recording.cassette import Cassette
from sextant.agent.settings import Settings, settings_to_json
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.replay import replay
from sextant.graphs.runs.resume import resume
from sextant.graphs.runs.run import locate
from tests.support.model_server import ModelServer
from tests.support.processes import Process
from tests.support.recorded import script, settings_for

pytestmark = pytest.mark.kill

ROOT = Path(__file__).resolve().parents[1]
KILLS = int(os.environ.get("SEXTANT_KILLS", "4"))  # the figure in docs/replay.md is of 20
LATENCY_S = 0.08
DEAD_S = 4.0


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs between two runs of the same: the name and the clock."""
    return {**answer, "run": None, "spent": {**answer["spent"], "seconds": None}}


def kill_at(moment: tuple[int, float], server: ModelServer, settings: Settings, photo: Path) -> None:
    """Start a run in a process of its own and kill it some seconds after a number of requests to the server."""
    requests, delay_s = moment
    arguments = (json.dumps(settings_to_json(settings)), photo)
    process = Process(*arguments, module="tests.support.killed_run", env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    while server.count < requests and process.poll() is None:
        time.sleep(0.001)
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(2 * LATENCY_S)  # what was in flight arrives at the server


def recorded_calls(folder: RunFolder) -> int:
    """How many model calls the cassette of a killed run holds."""
    if not folder.cassette.exists() or not folder.cassette.stat().st_size:
        return 0
    return sum(call.kind == "model" for call in Cassette.read(folder.cassette).calls.values())


@pytest.fixture(scope="module")
def whole(gallery, query, tmp_path_factory):
    """The undisturbed run: its answer, and how many calls it takes."""
    home = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch, ModelServer(script, latency_s=LATENCY_S) as server:
        patch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
        locate(str(query), settings_for(server, gallery, home))
        before = server.count
        answer = locate(str(query), settings_for(server, gallery, home)).answer
        return answer, server.count - before


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_run_goes_on_and_pays_nothing_twice(whole, gallery, query, tmp_path, keys, seed):
    answer, calls = whole
    chance = random.Random(seed)
    moment = chance.randint(0, calls), chance.uniform(0.0, 1.5 * LATENCY_S)
    folder = RunFolder(tmp_path / "runs" / "killed")
    with ModelServer(script, latency_s=LATENCY_S) as server:
        kill_at(moment, server, replace(settings_for(server, gallery, tmp_path), run="killed"), query)
        before, recorded = server.count, recorded_calls(folder)
        resumed = resume("killed", str(tmp_path)).answer
        paid_again = server.count - before
    print(f"killed {moment[1]:.2f} s after request {moment[0]}: {before} asked, {recorded} recorded, {paid_again} more")
    assert paid_again == calls - recorded
    assert before - recorded <= 4  # at most the calls in flight at the kill
    assert timeless(resumed) == timeless(answer)
    assert replay(folder).answer == resumed


def test_a_resumed_run_does_not_count_the_time_it_lay_dead(gallery, query, tmp_path, keys, whole):
    _, calls = whole
    folder = RunFolder(tmp_path / "runs" / "killed")
    with ModelServer(script, latency_s=LATENCY_S) as server:
        kill_at((calls // 2, 0.0), server, replace(settings_for(server, gallery, tmp_path), run="killed"), query)
        time.sleep(DEAD_S)
        resume("killed", str(tmp_path))
    tape = Cassette.read(folder.cassette)
    readings = sorted((tape.read_reply(call) for call in tape.calls.values() if call.kind == "clock"), key=read_at)
    uncounted = [(b["read_at"] - a["read_at"]) - (b["seconds"] - a["seconds"]) for a, b in pairwise(readings)]
    assert max(uncounted) > DEAD_S
    assert sorted(uncounted)[-2] == pytest.approx(0, abs=1e-3)


def read_at(reading: dict[str, Any]) -> float:
    return float(reading["read_at"])
