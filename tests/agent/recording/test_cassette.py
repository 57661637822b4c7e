import json
import os
from pathlib import Path

import pytest

from sextant.agent.recording.cassette import Cassette, CassetteError, compact_request, make_key
from sextant.agent.world.deps import StepInfo
from sextant.base.errors import SextantError

MOMENT = StepInfo(3, "lmm", "1.zero-shot.0")
CLOCK = {"node": "plan", "seconds": 0.0, "read_at": None}


def asked(words: str = "Where?", **more: object) -> dict[str, object]:
    messages = [{"role": "system", "content": "You look."}, {"role": "user", "content": words}]
    question = {"model": "openai:x", "branch": "1.zero-shot.0", "turn": 0, "messages": messages, "tools": []}
    return {**question, "base_url": "http://127.0.0.1:1/v1", "seconds_left": 3.0, **more}


def key(kind: str, request: dict[str, object]) -> str:
    return make_key(kind, compact_request(kind, request)[0])


@pytest.fixture
def tape(tmp_path: Path) -> Cassette:
    return Cassette.record(tmp_path / "cassette.jsonl")


def test_a_key_does_not_depend_on_time_or_on_where_the_model_is_reached():
    assert key("model", asked()) == key("model", asked(seconds_left=1.0, base_url="http://elsewhere/v1"))


def test_a_key_does_not_depend_on_paths_of_this_machine():
    photo = {"sha256": "a" * 64, "path": "/home/ana/tram.jpg"}
    elsewhere = {**photo, "path": "C:\\photos\\tram.jpg"}
    assert key("photo", {"path": "/home/ana/tram.jpg"}) == key("photo", {"path": "tram.jpg"})
    question = {"name": "distance", "args": {}, "branch": "1.a.0"}
    assert key("tool", {**question, "photo": photo}) == key("tool", {**question, "photo": elsewhere})


@pytest.mark.parametrize("other", [{"branch": "2.zero-shot.0"}, {"turn": 2}, {"temperature": 0.1}, {"tools": [{}]}])
def test_equal_words_of_another_branch_turn_or_setting_are_another_call(other):
    assert key("model", asked()) != key("model", asked(**other))


def test_a_reply_comes_back_as_it_was_and_cannot_be_spoilt(tape):
    said = {"text": "Lissabon, 38.7° \ud800", "usd": 0.1 + 0.2, "usage": {"input_tokens": 1}}
    assert tape.add("model", asked(), said, MOMENT, 0.5) == said
    tape.find("model", asked())["usage"]["input_tokens"] = 99
    assert Cassette.read(tape.path).find("model", asked()) == said == tape.find("model", asked())


def test_a_message_that_returns_turn_after_turn_is_stored_once(tape):
    for turn in range(5):
        tape.add("model", asked("A long opening. " * 100, turn=turn), {"text": "hm"}, MOMENT, 0.1)
    assert tape.path.read_text().count("A long opening. A long opening. ") == 50
    assert Cassette.read(tape.path).expand(next(iter(tape.calls.values())))["messages"][0]["content"] == "You look."


@pytest.mark.parametrize("lost", [1, 20, 200])
def test_a_line_cut_off_at_the_end_is_left_out_and_said(tape, lost):
    tape.add("clock", CLOCK, {"seconds": 0.0, "read_at": 1.0}, MOMENT, 0.0)
    whole = tape.path.stat().st_size
    tape.add("model", asked(), {"text": "Lisbon " * 50}, MOMENT, 0.1)
    os.truncate(tape.path, tape.path.stat().st_size - lost)
    read = Cassette.read(tape.path)
    assert read.cut
    assert read.find("clock", CLOCK) is not None
    assert read.find("model", asked()) is None
    tape.close()
    again = Cassette.record(tape.path)
    assert whole <= tape.path.stat().st_size
    again.add("model", asked(), {"text": "Porto"}, MOMENT, 0.1)
    assert Cassette.read(tape.path).find("model", asked()) == {"text": "Porto"}
    assert not Cassette.read(tape.path).cut


def test_a_line_changed_by_hand_is_named(tape):
    tape.add("clock", CLOCK, {"seconds": 0.0, "read_at": 1.0}, MOMENT, 0.0)
    tape.add("model", asked(), {"text": "Lisbon"}, MOMENT, 0.1)
    tape.path.write_text(tape.path.read_text().replace('"Lisbon"', '"Porto"'))
    with pytest.raises(CassetteError, match=r"line 6 of the recording .* was changed after it was recorded"):
        Cassette.read(tape.path)


@pytest.mark.parametrize("spoilt", ["{", "[" * 100_000, "[]", '{"call": 1}', "\x00"])
def test_a_line_in_the_middle_that_is_none_is_named(tape, spoilt):
    tape.add("clock", CLOCK, {"seconds": 0.0, "read_at": 1.0}, MOMENT, 0.0)
    lines = tape.path.read_text().splitlines()
    tape.path.write_text("\n".join([lines[0], spoilt, *lines[1:]]) + "\n")
    with pytest.raises(CassetteError, match="line 2 of the recording"):
        Cassette.read(tape.path)


def test_another_format_is_refused_with_its_number(tape):
    tape.path.write_text('{"cassette": 7}\n')
    with pytest.raises(CassetteError, match="has format 7, this sextant reads 1"):
        Cassette.read(tape.path)


def test_a_missing_cassette_is_one_line(tmp_path):
    with pytest.raises(CassetteError, match=r"cannot read the recording .*none\.jsonl"):
        Cassette.read(tmp_path / "none.jsonl")


def test_a_full_disk_is_one_line_and_the_call_is_not_lost_silently(tape, monkeypatch):
    def full(handle: int, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", full)
    with pytest.raises(SextantError, match=r"cannot record to .*No space left on device; free space"):
        tape.add("model", asked(), {"text": "Lisbon"}, MOMENT, 0.1)


def test_what_a_call_took_is_information_beside_it(tape):
    tape.add("model", asked(), {"text": "Lisbon"}, MOMENT, 0.25)
    line = json.loads(tape.path.read_text().splitlines()[-1])
    assert line["info"] == {"step": 3, "node": "lmm", "branch": "1.zero-shot.0", "seconds": 0.25}


def test_two_recorders_at_one_cassette_are_refused(tape):
    with pytest.raises(CassetteError, match="is being recorded by another process"):
        Cassette.record(tape.path)
    tape.close()
    Cassette.record(tape.path).close()
