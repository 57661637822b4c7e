import threading
from dataclasses import replace

import pytest

from sextant.agent.settings import Settings
from sextant.base.errors import SextantError, WrongUse
from sextant.eval.benchmarks import load_benchmark
from sextant.eval.running.call_cache import CallCache
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.runner import EvalTask, run
from tests.support.evaluations import benchmark_folder, without_timings
from tests.support.model_script import Fault, Reply, always, in_turn
from tests.support.model_server import ModelServer

CHOSEN = {"limit": None, "seed": None, "shard": None}
LISBON = Reply(text='{"latitude": 38.72, "longitude": -9.14, "confidence": 0.7}', usage=(1000, 50))


@pytest.fixture(scope="session")
def data(photos, tmp_path_factory):
    return benchmark_folder(photos, tmp_path_factory.mktemp("benchmark"))


@pytest.fixture
def task(data, gallery, tmp_path):
    loaded = load_benchmark("folder", data)
    settings = Settings(gallery=str(gallery), home=str(tmp_path / "home"), verify="density", concurrency=3)
    return EvalTask(loaded, loaded.photos[:8], CHOSEN, settings, tmp_path / "run")


def asking(task, server, **more):
    settings = replace(
        task.settings, model="openai:scripted", base_url=server.base_url, preset="street-rag", price="10/10", **more
    )
    return replace(task, settings=settings)


def lines_of(task):
    return EvaluationFolder(task.out).lines()


def test_every_photo_gets_one_line_with_its_answer_and_what_it_was_weighed_from(task):
    ended = run(task)
    lines = lines_of(task)
    assert ended.why == "done" and ended.counts.done == 8
    assert set(lines) == {photo.image for photo in task.photos}
    line = lines[task.photos[0].image]
    assert line["outcome"] == "answered" and line["distance_km"] < 1 and line["continent"] == "Europe"
    assert len(line["candidates"]) > 1 and len(line["farthest"]) == 20
    assert line["timings"]["seconds"] > 0 and line["density"]["within_25_km"] == 6
    assert (task.out / line["record"] / "answer.json").exists()


def test_the_header_says_what_ran_on_which_data(task):
    run(task)
    header = EvaluationFolder(task.out).header()
    assert header["configuration"]["photos"] == 8 and len(header["hash"]) == 64
    assert header["data"]["table_sha256"] == task.benchmark.manifest["table_sha256"]
    assert header["versions"]["sextant-geo"] and header["protocol"] == "whole gallery"


def test_a_finished_evaluation_does_nothing_more(task):
    run(task)
    before = (task.out / "lines.jsonl").read_bytes()
    assert run(task).counts.fresh == 0
    assert (task.out / "lines.jsonl").read_bytes() == before


def test_resuming_does_what_is_missing_and_comes_to_the_same(task, tmp_path):
    stop = threading.Event()
    ended = run(task, lambda counts: stop.set() if counts.fresh == 3 else None, stop)
    assert ended.why == "stopped" and 3 <= len(lines_of(task)) < 8
    assert run(task).why == "done"
    undisturbed = replace(task, out=tmp_path / "undisturbed")
    run(undisturbed)
    assert without_timings(task.out) == without_timings(undisturbed.out)
    assert len((task.out / "lines.jsonl").read_text().splitlines()) == 8


def test_a_changed_configuration_is_refused(task):
    run(task)
    with pytest.raises(WrongUse, match=r"settings.exclude_author: False there, True here"):
        run(replace(task, settings=replace(task.settings, exclude_author=True)))


def test_what_only_changes_the_pace_is_no_other_configuration(task):
    run(task)
    assert run(replace(task, settings=replace(task.settings, concurrency=1, retries=1))).counts.fresh == 0


def test_leaving_out_the_photographer_is_counted_and_leaves_no_photo_of_his(task):
    excluded = replace(task, settings=replace(task.settings, exclude_author=True))
    run(excluded)
    line = lines_of(task)[task.photos[0].image]
    assert line["excluded"] == {"author": 6, "near_duplicate": None}
    assert line["distance_km"] > 100


def test_near_duplicates_are_left_out_and_counted(task):
    run(replace(task, settings=replace(task.settings, exclude_duplicates=True)))
    lines = lines_of(task).values()
    assert all(line["excluded"]["near_duplicate"] >= 1 for line in lines)
    assert all(line["image"] not in {candidate.get("id") for candidate in line["candidates"]} for line in lines)


def test_a_photo_that_is_missing_or_broken_is_an_error_line_that_counts(task, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 no photo")
    first, second, third, *_ = task.photos
    odd = replace(task, photos=(replace(first, path=None), replace(second, path=str(broken)), third))
    ended = run(odd)
    lines = lines_of(task)
    assert [lines[photo.image]["error"] and lines[photo.image]["error"]["kind"] for photo in odd.photos] == [
        "missing",
        "unreadable",
        None,
    ]
    assert ended.why == "done" and ended.counts.failed == 2 and ended.counts.done == 3


def test_retrying_tries_failures_and_nothing_else(task):
    with ModelServer(always(Fault("too_large"))) as server:
        ended = run(asking(task, server))
    assert ended.why == "done" and ended.counts.failed == 8
    assert all("says the request is too large" in line["failures"]["too_large"] for line in lines_of(task).values())
    with ModelServer(always(LISBON)) as server:
        assert run(asking(task, server)).counts.fresh == 0
        again = run(replace(asking(task, server), retry_errors=True))
        assert again.counts.failed == 0 and server.count == 8
        assert run(replace(asking(task, server), retry_errors=True)).counts.fresh == 0
    assert all(line["answer"]["outcomes"]["answered"] == 1 for line in lines_of(task).values())


PASSING = [Fault("rate_limited", retry_after="0"), Fault("server_error"), Fault("reset"), Fault("invalid_json")]


def test_faults_that_a_retry_cures_cost_no_photo(task):
    seen = []

    def faulty_at_first(asked):
        photo = str(asked.body["messages"])
        if photo in seen:
            return LISBON
        seen.append(photo)
        return [*PASSING, Fault("empty_choices")][len(seen) % 5]

    with ModelServer(faulty_at_first) as server:
        ended = run(asking(task, server))
        assert ended.counts.done == 8 and ended.counts.failed == 0 and server.count == 16
    assert all(line["failures"] == {} for line in lines_of(task).values())


@pytest.mark.parametrize("kind", ["bad_key", "unknown_model"])
def test_a_model_that_cannot_be_asked_ends_the_evaluation_and_leaves_the_photos_for_the_next_try(task, kind):
    with ModelServer(always(Fault(kind))) as server:
        ended = run(asking(task, server))
        assert ended.why == "model" and ended.counts.done == 0 and 5 <= server.count < 8
    assert lines_of(task) == {} and not any((task.out / "records").iterdir())
    with ModelServer(always(LISBON)) as server:
        again = run(asking(task, server))
        assert again.why == "done" and again.counts.failed == 0 and server.count == 8


def test_a_key_that_is_refused_in_the_middle_keeps_what_was_done(task):
    with ModelServer(in_turn(LISBON, LISBON, Fault("bad_key"))) as server:
        ended = run(asking(task, server, concurrency=1))  # so that photos end in the order they are answered
    assert ended.why == "model" and "refuses the key" in ended.reason
    assert [line["answer"]["outcomes"]["answered"] for line in lines_of(task).values()] == [1, 1]


def test_scattered_failures_of_the_same_kind_end_nothing(task):
    once = [Fault("bad_key")] * 2 + [LISBON]
    with ModelServer(in_turn(*once * 3)) as server:
        ended = run(asking(task, server, concurrency=1))
    assert ended.why == "done" and ended.counts.done == 8 and ended.counts.failed == 6
    assert len((task.out / "lines.jsonl").read_text().splitlines()) == 8


def test_failures_up_to_the_last_photo_are_results_when_others_ended_well(task):
    with ModelServer(in_turn(*[LISBON] * 4, Fault("bad_key"))) as server:
        ended = run(asking(task, server, concurrency=1))
    assert ended.why == "done" and ended.counts.failed == 4 and len(lines_of(task)) == 8


def test_trying_failures_again_at_a_dead_server_keeps_their_lines(task):
    with ModelServer(always(Fault("too_large"))) as server:
        run(asking(task, server))
    before = lines_of(task)
    with ModelServer(always(Fault("bad_key"))) as server:
        assert run(replace(asking(task, server), retry_errors=True)).why == "model"
    assert lines_of(task) == before


def test_refusals_without_a_gallery_are_their_own_outcome(task):
    with ModelServer(always(Reply(text="I'm sorry, I can't help with locating this photo."))) as server:
        run(asking(task, server, gallery=None, verify="top1"))
    assert {line["outcome"] for line in lines_of(task).values()} == {"refused"}
    assert all(line["distance_km"] is None for line in lines_of(task).values())


def test_the_money_of_the_whole_evaluation_is_never_passed_and_more_goes_on(task, tmp_path):
    with ModelServer(always(LISBON)) as server:
        poor = replace(asking(task, server), max_usd=0.09)
        ended = run(poor)
        spent = server.count * 0.0105
        assert ended.why == "money" and 0 < server.count < 8 and spent <= 0.09
        assert len(lines_of(task)) == server.count
        rich = run(replace(poor, max_usd=10.0))
        assert rich.why == "done" and server.count == 8
    assert all(line["answer"]["outcomes"]["answered"] == 1 for line in lines_of(task).values())


def test_a_killed_photo_goes_on_from_its_recorded_calls(task):
    with ModelServer(always(LISBON)) as server:
        asked = asking(task, server)
        run(asked)
        first = (task.out / "lines.jsonl").read_text().splitlines()
        # As a kill just before the last line was written leaves it: the record whole, the line missing.
        (task.out / "lines.jsonl").write_text("\n".join(first[:-1]) + "\n")
        run(asked)
        assert server.count == 8
    assert len(lines_of(task)) == 8


def test_a_gallery_that_cannot_be_opened_stops_before_any_photo(task, tmp_path):
    with pytest.raises(SextantError, match="is not a gallery"):
        run(replace(task, settings=replace(task.settings, gallery=str(tmp_path / "none"))))
    assert not (task.out / "lines.jsonl").exists()


def test_a_disk_that_fills_up_stops_the_evaluation_and_blames_no_photo(task, monkeypatch):
    import os

    real, held = os.fsync, []

    def full(file):
        if os.readlink(f"/proc/self/fd/{file}").endswith("lines.jsonl"):
            if len(held) == 2:
                raise OSError(28, "No space left on device")
            held.append(len(lines_of(task)))
        real(file)

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SextantError, match=r"free space.*run the same command again"):
        run(task)
    monkeypatch.undo()
    assert 2 <= len(lines_of(task)) <= held[-1]
    assert run(task).why == "done" and not any(line["error"] for line in lines_of(task).values())


def test_recorded_calls_serve_another_run_without_any_model(task, tmp_path):
    def recorded(world):
        return CallCache(world, tmp_path / "calls", task.settings)

    with ModelServer(always(LISBON)) as server:
        run(asking(task, server), behind=recorded)
    dead = asking(task, server, timeout_seconds=1.0, retries=0)
    again = run(replace(dead, out=tmp_path / "again"), behind=recorded)
    assert again.counts.failed == 0
    assert without_timings(tmp_path / "again") == without_timings(task.out)
