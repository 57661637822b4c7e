"""Forks: what did not change comes from the recording, what is new is asked only with ``live``."""

import json
import re

import pytest

from sextant.agent.recording.divergence import Divergence
from sextant.base.errors import SextantError, WrongUse
from sextant.graphs.runs.compare import compare_runs
from sextant.graphs.runs.folder import RunFolder, find_run, write_json
from sextant.graphs.runs.fork import fork
from sextant.graphs.runs.replay import replay
from sextant.graphs.runs.resume import resume
from sextant.graphs.runs.run import UnrecordedCalls
from sextant.graphs.runs.steps import read_steps
from tests.support.model_server import ModelServer
from tests.support.recorded import LISBON, NAIROBI, OSLO, said, script

FIRST_VERDICT, SECOND_VERDICT = "13", "25"


@pytest.fixture
def home(recorded_run):
    return str(recorded_run.path.parents[1])


def forked(recorded_run, home, step, *overrides, **how) -> RunFolder:
    return find_run(fork(recorded_run, step, list(overrides), home=home, **how).name, home)


def test_a_setting_changed_at_the_first_verdict_ends_the_run_there(recorded_run, home):
    run = forked(recorded_run, home, FIRST_VERDICT, "max_rounds=1")
    answer = run.answer()
    assert answer["outcomes"]["answered"] == 4
    assert answer["spent"]["calls"] == 8
    assert run.record()["parent"] == recorded_run.name
    assert replay(run).answer == answer


def test_one_reference_taken_from_a_tool_result_and_weighed_again_offline(recorded_run, home):
    overrides = ("without=1", "candidate.lisbon-4.jpg=none")
    run = forked(recorded_run, home, "5:clues-first", *overrides, keep_words=True)
    changed = next(
        s for s in read_steps(run.steps) if s.step_info.step == 5 and s.step_info.branch == "1.clues-first.0"
    )
    content = changed.change["transcripts"]["1.clues-first.0"][0]["content"]
    assert "\n1. " not in f"\n{content}" and "\n2. " in f"\n{content}"
    found = compare_runs(recorded_run, run)
    assert [item["id"] for item in found["candidates"]["lost"]] == ["lisbon-4.jpg"]
    assert found["first_step"]["step"] == 5
    assert replay(run).answer == run.answer()


def test_a_result_changed_without_keeping_the_words_says_which_call_it_needs(recorded_run, home):
    before = sorted(path.name for path in recorded_run.path.parent.iterdir())
    with pytest.raises(
        UnrecordedCalls, match="the fork stops at step 7: one new call is needed; add --live"
    ) as stopped:
        fork(recorded_run, "5:clues-first", ["without=1"], home=home)
    (call,) = stopped.value.calls
    assert (call["branch"], call["kind"], call["variant"]) == ("1.clues-first.0", "model", "clues-first")
    assert call["input_tokens"] > 500 and call["usd"] is None
    assert sorted(path.name for path in recorded_run.path.parent.iterdir()) == before


def test_a_fork_names_every_call_of_the_step_it_stops_at(recorded_run, home):
    with pytest.raises(UnrecordedCalls, match="4 new calls") as stopped:
        fork(recorded_run, "2", ["temperature=0.1"], home=home)
    assert [call["branch"] for call in stopped.value.calls] == sorted(
        step.step_info.branch for step in read_steps(recorded_run.steps) if step.step_info.step == 3
    )


def test_a_price_makes_the_estimate(recorded_run, home):
    with pytest.raises(UnrecordedCalls) as stopped:
        fork(recorded_run, "2", ["model=openai:gpt-4o", "base_url=https://api.openai.com/v1"], home=home)
    assert all(0.001 < call["usd"] < 0.1 for call in stopped.value.calls)


def test_a_live_fork_calls_only_the_branches_after_the_change(recorded_run, home, keys):
    with ModelServer(script) as server:
        overrides = ["text=" + said(LISBON).text, f"base_url={server.base_url}"]
        run = fork(recorded_run, "3:zero-shot", overrides, home=home, live=True)
        asked = [request.text for request in server.asked]
    # The first round is the recording's but for one answer; the second is written from another disagreement.
    assert asked and all("Earlier looks" in text or "multiple choice" in text for text in asked)
    assert len(asked) < run.answer["spent"]["calls"]
    child = find_run(run.name, home)
    assert replay(child).answer == run.answer


def test_a_live_fork_of_a_tool_result_calls_that_branch_alone(recorded_run, home, keys):
    with ModelServer(script) as server:
        run = fork(recorded_run, "5:clues-first", ["without=1", f"base_url={server.base_url}"], home=home, live=True)
        asked = [request.text for request in server.asked]
    assert asked and all("two steps" in text for text in asked)
    assert len(asked) == 2
    assert run.answer["best"] == recorded_run.answer()["best"]


def test_the_models_words_changed_move_its_candidate(recorded_run, home):
    run = forked(recorded_run, home, "3:zero-shot", "text=" + said(OSLO).text, "max_rounds=1")
    places = {c["id"]: (c["latitude"], c["longitude"]) for c in run.answer()["candidates"] if c["origin"] == "answer"}
    assert places["1.zero-shot.0"] == OSLO
    assert places["1.references-10.0"] == NAIROBI


@pytest.mark.parametrize("branch", ["1.zero-shot.0", "2.choose.0"])
def test_a_candidate_is_moved_or_left_out_by_its_id(recorded_run, home, branch):
    moved = forked(recorded_run, home, SECOND_VERDICT, f"candidate.{branch}={OSLO[0]},{OSLO[1]}").answer()
    places = {c["id"]: (c["latitude"], c["longitude"]) for c in moved["candidates"] if c["origin"] == "answer"}
    assert places[branch] == OSLO
    gone = forked(recorded_run, home, SECOND_VERDICT, f"candidate.{branch}=none").answer()
    assert branch not in {c["id"] for c in gone["candidates"]}
    assert gone["outcomes"] == {"answered": 6, "refused": 0, "unparsable": 0, "filtered": 0, "failed": 1}


def test_another_prompt_in_the_place_of_one(recorded_run, home):
    with pytest.raises(UnrecordedCalls) as stopped:
        fork(recorded_run, "2", ["variant.zero-shot=land-and-light"], home=home)
    assert [call["variant"] for call in stopped.value.calls] == ["land-and-light"]


def test_a_fork_of_a_fork_keeps_both_changes(recorded_run, home):
    first = forked(recorded_run, home, FIRST_VERDICT, "max_rounds=1")
    second = forked(first, home, FIRST_VERDICT, "candidate.1.zero-shot.0=none")
    assert second.answer()["outcomes"]["failed"] == 1
    assert second.answer()["stop"] == "budget"
    assert second.record()["parent"] == first.name
    assert replay(second).answer == second.answer()


def test_a_fork_that_changes_nothing_answers_the_same(recorded_run, home):
    run = forked(recorded_run, home, FIRST_VERDICT, "verify=density")
    found = compare_runs(recorded_run, run)
    assert found["moved_km"] == 0.0
    assert found["first_step"] is None


@pytest.mark.parametrize(
    ("step", "wish", "words"),
    [
        ("99", "max_calls=3", "has no step '99'; its steps are 1 to 26"),
        ("x", "max_calls=3", "has no step 'x'"),
        ("3:nobody", "text=a", "has 0 branches like 'nobody'; there are: 1.clues-first.0"),
        ("13", "max_cals=3", "unknown --set key 'max_cals': expected a setting, variant.NAME"),
        ("13", "run=me", "unknown --set key 'run'"),
        ("13", "max_calls", "has no '='"),
        ("13", "max_calls=many", "max_calls='many': Input should be a valid integer"),
        ("13", "max_calls=0", "--max-calls is 0"),
        ("13", "candidate.nobody=none", "no candidate has the id 'nobody'; there are: lisbon-"),
        ("13", "candidate.1.zero-shot.0=91,0", "lies outside ±90 degrees"),
        ("13", "candidate.1.zero-shot.0=here", "'here' is not a position"),
        ("13", "variant.zero-shot=nothing", "unknown variant 'nothing'"),
        ("13", "text=Lisbon", "text does not apply to step 13; it applies to steps 3, 7, 11"),
        ("3", "text=Lisbon", "step 3 has 4 branches; say which: --from 3:"),
        ("5:clues", "without=two", "'two' names no lines"),
        ("13", "text=@/none/such", "cannot read '/none/such'"),
    ],
)
def test_a_wish_that_cannot_be_is_wrong_use(recorded_run, home, step, wish, words):
    before = len(list(recorded_run.path.parent.iterdir()))
    with pytest.raises(WrongUse, match=re.escape(words)):
        fork(recorded_run, step, [wish], home=home)
    assert len(list(recorded_run.path.parent.iterdir())) == before


def test_an_imported_run_is_never_asked_live(recorded_run, home):
    recorded_run.update(imported=True)
    try:
        with pytest.raises(WrongUse, match="was imported"):
            fork(recorded_run, FIRST_VERDICT, ["max_rounds=1"], home=home, live=True)
        run = forked(recorded_run, home, FIRST_VERDICT, "max_rounds=1")
        assert run.record()["imported"]
    finally:
        recorded_run.update(imported=False)


def test_invalid_changes_in_a_record_are_one_line(recorded_run, home):
    whole = recorded_run.record()
    recorded_run.update(changes=[{"nonsense": 1}])
    try:
        with pytest.raises(SextantError, match=r"changed by hand \(changes.0.step is missing\)"):
            replay(recorded_run)
    finally:
        write_json(recorded_run.path / "run.json", whole)


def test_a_finished_run_resumed_gives_its_answer(recorded_run, home):
    assert resume(recorded_run.name, home).answer == recorded_run.answer()


def test_a_replay_of_a_fork_still_finds_what_diverges(recorded_run, home):
    run = forked(recorded_run, home, FIRST_VERDICT, "max_rounds=1")
    changes = run.record()["changes"]
    run.update(changes=[{**changes[0], "value": 2}])
    with pytest.raises(Divergence, match="step 13"):
        replay(run)


def test_json_of_a_fork_says_how_it_was_made(recorded_run, home):
    record = forked(recorded_run, home, FIRST_VERDICT, "max_rounds=1").record()
    assert json.loads(json.dumps(record))["changes"] == [
        {"step": 13, "branch": None, "kind": "setting", "name": "max_rounds", "value": 1}
    ]


def test_a_setting_of_the_gallery_asks_the_gallery_again(recorded_run, home, keys):
    with pytest.raises(UnrecordedCalls, match="stops at step 1: one new call is needed") as stopped:
        fork(recorded_run, "1", ["without_authors=ana"], home=home)
    assert stopped.value.calls[0]["kind"] == "references"
    with ModelServer(script) as server:
        overrides = ["without_authors=ana", "max_rounds=1", f"base_url={server.base_url}"]
        run = fork(recorded_run, "1", overrides, home=home, live=True)
        asked = [request.text for request in server.asked]
    nearest = [c["id"] for c in run.answer["candidates"] if c["origin"] == "nearest"]
    assert nearest and not [name for name in nearest if name.startswith("lisbon")]
    assert not [text for text in asked if "Use the photo alone" in text]  # that prompt lists no photo: it is as before
