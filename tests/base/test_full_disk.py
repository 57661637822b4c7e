"""Append-only files on a full disk, with many writers, and with a changed middle."""

import json
import os
import threading
from contextlib import suppress

import pytest

from sextant.agent.recording.cassette import Cassette, CassetteError, is_in_use
from sextant.agent.world.deps import StepInfo
from sextant.base import json_lines
from sextant.base.errors import SextantError
from sextant.base.json_lines import JsonLines, read_lines
from sextant.graphs.runs.steps import read_steps


def test_threads_share_a_wait_for_the_disk(tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(os, "fsync", lambda file: (waits.append(file), threading.Event().wait(0.02)))
    lines = JsonLines(tmp_path / "a.jsonl")
    threads = [threading.Thread(target=lines.append, args=({"n": n},), kwargs={"fsync": True}) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines.close()
    assert sorted(line.value["n"] for line in read_lines(tmp_path / "a.jsonl")) == list(range(40))
    assert 1 <= len(waits) < 40


def test_a_paid_call_is_on_the_disk_before_the_recording_closes_and_a_free_one_is_not_waited_for(tmp_path, monkeypatch):
    waits, held = [], threading.Event()
    monkeypatch.setattr(os, "fsync", lambda file: (held.wait(5), waits.append(file)))
    cassette = Cassette.record(tmp_path / "cassette.jsonl")
    cassette.add("clock", {"seconds": 0}, {"seconds": 1}, StepInfo(1, "plan"), 0.0)
    cassette.add("model", {"messages": [], "tools": []}, {"text": "x"}, StepInfo(2, "lmm"), 0.0)
    assert not waits  # the run works on meanwhile
    held.set()
    cassette.close()
    assert len(waits) == 1


def end(cassette, request, then):
    """Close the recording, or look calls up until one is refused: the wait ends in another thread."""
    if then == "close":
        cassette.close()
    for _ in range(1000):
        cassette.find("model", request)
        threading.Event().wait(0.005)


@pytest.mark.parametrize("then", ["close", "find"])
def test_a_paid_call_that_the_disk_does_not_take_ends_the_run(then, tmp_path, monkeypatch):
    failed = threading.Event()

    def fail(file):
        failed.set()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    cassette = Cassette.record(tmp_path / "cassette.jsonl")
    request = {"messages": [], "tools": []}
    cassette.add("model", request, {"text": "x"}, StepInfo(2, "lmm"), 0.0)
    assert failed.wait(5)
    with pytest.raises(SextantError, match=r"No space left.*free space"):
        end(cassette, request, then)
    with suppress(SextantError):
        cassette.close()
    assert not is_in_use(cassette.path)


@pytest.mark.parametrize("taken", [0, 1, 17])
def test_a_call_that_the_disk_takes_in_part_leaves_the_recording_as_it_was(tmp_path, monkeypatch, taken):
    """The write stops in the middle, another branch writes after it: every whole call is read, none is accused."""
    path = tmp_path / "cassette.jsonl"
    cassette, real = Cassette.record(path), os.write
    cassette.add("clock", {"n": 1}, {"seconds": 1}, StepInfo(1, "plan"), 0.0)
    full = [True]

    def write(file, content):
        if full and len(content) > 40:
            if full[0] is True:
                full[0] = False
                return real(file, bytes(content[:taken]))
            full.clear()
            raise OSError(28, "No space left on device")
        return real(file, content)

    monkeypatch.setattr(json_lines.os, "write", write)
    with pytest.raises(SextantError, match="No space left"):
        cassette.add("clock", {"n": 2}, {"seconds": 2}, StepInfo(2, "plan"), 0.0)
    cassette.add("clock", {"n": 3}, {"seconds": 3}, StepInfo(3, "plan"), 0.0)
    cassette.close()
    known = Cassette.read(path)
    assert known.find("clock", {"n": 1}) and known.find("clock", {"n": 3}) and not known.find("clock", {"n": 2})
    assert not known.cut


def test_a_changed_middle_is_reported_as_such_and_a_torn_tail_is_not(tmp_path):
    path = tmp_path / "steps.jsonl"
    step = {"step": 1, "node": "plan", "branch": None, "change": {}, "goto": [], "seconds": 0.0}
    line = json.dumps(step) + "\n"
    path.write_text(line + json.dumps({**step, "step": 2}) + "\n" + line[:20])
    assert [one.step_info.step for one in read_steps(path)] == [1, 2]
    for changed in (line[:20] + "\n" + line, "[]\n" + line, json.dumps({"step": "x"}) + "\n" + line):
        path.write_text(changed)
        with pytest.raises(SextantError, match=r"line 1 .* was changed"):
            read_steps(path)
    cassette = tmp_path / "cassette.jsonl"
    cassette.write_text('{"cassette":1}\n{"part":"x"\n{"part":"y"}\n')
    with pytest.raises(CassetteError, match="line 2"):
        Cassette.read(cassette)
