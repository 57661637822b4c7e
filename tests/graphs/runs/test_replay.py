"""Replay: zero requests, the same bytes, and a loud stop at the first thing that is not as it was."""

import json
import random
import re
import shutil
import time
from dataclasses import replace

import pytest

from sextant.agent.nodes.verify import make_pool
from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.divergence import Divergence
from sextant.agent.settings import Settings
from sextant.base.errors import SextantError, WrongUse
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.replay import replay
from sextant.graphs.runs.run import locate
from sextant.prompts import variants
from tests.support.model_server import ModelServer
from tests.support.recorded import record_run, script, settings_for
from tests.support.redrawn import redraw_run


@pytest.fixture
def folder(recorded_run, tmp_path):
    """A copy of the recorded run, to be spoilt."""
    return RunFolder(shutil.copytree(recorded_run.path, tmp_path / recorded_run.name))


@pytest.mark.parametrize("protocol", ["openai", "ollama"])
def test_a_replay_asks_nobody_and_answers_the_same_bytes(gallery, query, tmp_path, keys, protocol, monkeypatch):
    with ModelServer(script, protocol) as server:
        ran = locate(str(query), settings_for(server, gallery, tmp_path))
        paid = server.count
    monkeypatch.delenv("OPENAI_API_KEY")
    shutil.rmtree(tmp_path / "blobs")
    recorded = RunFolder(tmp_path / "runs" / ran.name)
    done = replay(recorded)
    assert json.dumps(done.answer) == json.dumps(ran.answer)
    assert done.answer["run"] == ran.name
    assert paid == server.count == ran.answer["spent"]["calls"]
    assert sum(call.kind == "model" for call in Cassette.read(recorded.cassette).calls.values()) == paid


def test_the_recorded_run_has_two_rounds_of_parallel_branches_with_tools(recorded_run):
    steps = replay(recorded_run).steps
    assert {step.step_info.branch for step in steps if step.step_info.node == "tools"} == {
        "1.clues-first.0",
        "1.doubt-the-references.0",
        "2.contrast.0",
        "2.contrast.1",
    }
    assert sum(step.step_info.node == "verify" for step in steps) == 2


def test_a_recording_whose_outlines_another_library_drew_replays(folder):
    as_recorded = folder.answer()
    redraw_run(folder)
    assert folder.answer() != as_recorded
    assert replay(folder).answer == folder.answer()


def test_a_recording_with_another_outline_does_not_replay(folder):
    redraw_run(folder, move=0.001)
    with pytest.raises(Divergence, match="geojson"):
        replay(folder)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_threads_run_does_not_matter(recorded_run, seed):
    chance = random.Random(seed)
    done = replay(recorded_run, on_event=lambda event: time.sleep(chance.random() * 0.01), workers=8)
    assert done.answer == recorded_run.answer()


def test_one_changed_word_of_a_prompt_is_found_and_shown(recorded_run, monkeypatch):
    read = variants.load_variant("clues-first")
    changed = read.model_copy(update={"strategy": read.strategy.replace("two steps", "three steps")})

    def variant(name: str) -> variants.Variant:
        return changed if name == "clues-first" else variants.load_variant(name)

    monkeypatch.setattr("sextant.agent.prompting.opening_prompt.load_variant", variant)
    with pytest.raises(Divergence, match=r"step 3 .*variant 'clues-first'.*message 2") as found:
        replay(recorded_run)
    assert "[-two-]{+three+}" in found.value.difference.words
    assert found.value.variant == "clues-first"
    assert len(found.value.difference.words) < 200


def test_code_that_concludes_otherwise_is_found_at_its_step(recorded_run, monkeypatch):
    monkeypatch.setattr("sextant.agent.nodes.verify.make_pool", without_first())
    with pytest.raises(Divergence, match=r"step 13 \(verify\): its result differs .* in change\.") as found:
        replay(recorded_run)
    assert not re.search("[0-9a-f]{64}", found.value.difference.words)


def without_first():
    def fewer(*given):
        pool = make_pool(*given)
        return replace(pool, candidates=pool.candidates[1:])

    return fewer


def test_a_changed_setting_is_a_divergence(folder):
    folder.update(settings={**folder.record()["settings"], "temperature": 0.1})
    with pytest.raises(Divergence, match=r"step 2 \(plan\).*temperature"):
        replay(folder)


def test_until_stops_after_its_step(recorded_run):
    done = replay(recorded_run, until=5)
    assert done.answer is None
    assert max(step.step_info.step for step in done.steps) == 5


@pytest.mark.parametrize("step", [0, 27, -1])
def test_a_step_that_does_not_exist_is_wrong_use(recorded_run, step):
    with pytest.raises(WrongUse, match=f"has no step {step}; its steps are 1 to 26"):
        replay(recorded_run, until=step)


def test_a_cassette_cut_in_its_last_line_replays_up_to_it_and_says_why(folder):
    text = folder.cassette.read_text()
    folder.cassette.write_text(text[:-20])
    with pytest.raises(Divergence, match="the recording has no such coverage call: its last line was cut off"):
        replay(folder)


def test_a_run_that_was_killed_replays_up_to_its_end(folder):
    lines = folder.cassette.read_text().splitlines(keepends=True)
    folder.cassette.write_text("".join(lines[:20]))
    (folder.path / "answer.json").unlink()
    folder.update(status="running")
    with pytest.raises(Divergence, match=r"the run was not finished, .* sextant locate --resume"):
        replay(folder)


def test_a_step_taken_out_of_the_recording_is_missed(folder):
    lines = folder.steps.read_text().splitlines(keepends=True)
    folder.steps.write_text("".join(line for line in lines if '"node":"verify"' not in line))
    with pytest.raises(Divergence, match=r"step 13 \(verify\): the recording has no such step"):
        replay(folder)


def test_another_format_and_a_broken_record_are_one_line(folder):
    folder.update(format=9)
    with pytest.raises(SextantError, match="has format 9, this sextant reads 1"):
        replay(folder)
    (folder.path / "run.json").write_text("{")
    with pytest.raises(SextantError, match="is not JSON"):
        replay(folder)
    (folder.path / "run.json").write_text('{"format": 1}')
    with pytest.raises(SextantError, match="run is missing"):
        replay(folder)


def test_no_secret_is_recorded(gallery, query, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-1234567890")
    with ModelServer(script) as server:
        address = server.base_url.replace("http://", "http://ana:hunter2@")
        locate(str(query), replace(settings_for(server, gallery, tmp_path), base_url=address))
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"sk-very-secret" not in written and b"hunter2" not in written


def test_a_run_without_gallery_or_model_replays_too(gallery, query, tmp_path):
    plain = Settings(gallery=str(gallery), home=str(tmp_path), verify="density")
    for settings in (plain, replace(plain, exclude_author=True, run="second")):
        ran = locate(str(query), settings)
        assert replay(RunFolder(tmp_path / "runs" / ran.name)).answer == ran.answer


def test_a_typical_run_is_under_200_kilobytes(recorded_run):
    assert sum(file.stat().st_size for file in recorded_run.path.iterdir()) < 200_000


def test_a_run_that_never_asked_a_model_leaves_no_folder(tmp_path):
    with pytest.raises(SextantError):
        locate(str(tmp_path / "missing.jpg"), Settings(home=str(tmp_path)))
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_record_of_a_dead_server_replays(gallery, query, tmp_path, keys):
    with ModelServer(script) as server:
        gone = settings_for(server, gallery, tmp_path)
    ran = locate(str(query), gone)
    assert ran.answer["outcomes"]["failed"] == 4
    assert replay(RunFolder(tmp_path / "runs" / ran.name)).answer == ran.answer


def test_a_prompt_file_that_is_missing_is_wrong_use_before_anything_is_recorded(query, tmp_path):
    settings = Settings(home=str(tmp_path), variants=(str(tmp_path / "none.yaml"),))
    with pytest.raises(WrongUse, match=r"prompt file .*none\.yaml' cannot be read"):
        locate(str(query), settings)
    assert not (tmp_path / "runs").exists()


def test_names_of_runs_are_unique_and_plain(gallery, query, tmp_path):
    run = record_run(gallery, query, tmp_path, "openai", run="mine", max_rounds=1)
    assert run.name == "mine"
    for name, words in (("mine", "run 'mine' already exists"), ("../mine", "cannot name a run")):
        with pytest.raises(WrongUse, match=words):
            locate(str(query), Settings(home=str(tmp_path), run=name))


def test_one_word_changed_in_a_prompt_file_is_shown_as_that_word(gallery, query, tmp_path):
    preset, prompt = tmp_path / "mine.yaml", tmp_path / "look.yaml"
    prompt.write_text(
        "id: look\nversion: 1\nreferences: {nearest: 3, farthest: 0, show: [coordinates]}\ntools: false\nsamples: 2\n"
        "temperature: 0.5\nstrategy: |\n  Look at the roads, the signs and the roofs before you answer.\n"
    )
    preset.write_text(
        f"id: mine\nversion: 1\nabout: one prompt\nvariants: [{prompt}]\nlater: []\nverify: density\nmax_rounds: 1\n"
        "max_calls: 4\nmax_tool_turns: 0\ntools: []\n"
    )
    folder = record_run(gallery, query, tmp_path / "home", "openai", preset=str(preset))
    prompt.write_text(prompt.read_text().replace("signs", "plates"))
    with pytest.raises(Divergence, match=r"step 3 \(lmm\), variant '.*look.yaml', branch 1.look.0.*message 2") as found:
        replay(folder)
    assert found.value.difference.words.startswith("…Look at the roads, the [-signs-]{+plates+} and the roofs before")
    prompt.unlink()
    preset.unlink()
    # A recording brings its prompts along, to each of its threads.
    assert replay(folder, workers=4).answer == folder.answer()


def test_a_record_from_before_a_field_existed_replays_while_the_field_is_none(folder):
    answer = folder.answer()
    absent = "calibration"
    assert answer[absent] is None
    (folder.path / "answer.json").write_text(json.dumps({name: answer[name] for name in answer if name != absent}))
    assert replay(folder).answer[absent] is None
    (folder.path / "answer.json").write_text(json.dumps({**answer, absent: {"basis": "own", "note": "x"}}))
    with pytest.raises(Divergence, match=absent):
        replay(folder)


def write_as_format_1(folder, change):
    """Rewrite a recorded run as an earlier version wrote it, with its verdicts and answer changed."""
    record = json.loads((folder.path / "run.json").read_text())
    (folder.path / "run.json").write_text(json.dumps({**record, "format": 1}))
    steps = [json.loads(line) for line in folder.steps.read_text().splitlines()]
    for step in steps:
        change((step.get("change") or {}).get("verdict") or {})
    folder.steps.write_text("".join(json.dumps(step) + "\n" for step in steps))
    answer = json.loads((folder.path / "answer.json").read_text())
    answer.pop("metadata")
    (folder.path / "answer.json").write_text(json.dumps(answer))


def test_a_run_of_an_earlier_format_replays_without_the_fields_added_since(folder):
    write_as_format_1(folder, lambda verdict: verdict.pop("basis", None))
    assert replay(folder).answer["best"] == folder.answer()["best"]


def test_a_run_of_an_earlier_format_that_differs_names_the_way_out(folder):
    write_as_format_1(folder, lambda verdict: verdict.update(expected_gain=0.5) if verdict else None)
    with pytest.raises(
        Divergence, match=r"an earlier version recorded this run.*--from verify --set verify=calibrated"
    ):
        replay(folder)
