"""Worker processes beside the threads of one process: the same lines, limits over all of them, and deaths."""

import os
import signal
import threading
import time
from dataclasses import replace
from functools import partial

import pytest

from sextant.agent.privacy.precision import load_policy
from sextant.agent.recording.cassette import Cassette
from sextant.agent.settings import Settings
from sextant.app.library.finding import find_photos
from sextant.app.library.folder import LibraryFolder
from sextant.app.library.running import LibraryTask, place_library
from sextant.base.errors import WrongUse
from sextant.eval.benchmarks import load_benchmark
from sextant.eval.running.call_cache import CallCache
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.runner import EvalTask, run
from sextant.graphs.batches.spread.processes import WorkerProcesses
from sextant.graphs.runs.folder import RunFolder
from tests.support.evaluations import benchmark_folder, without_timings
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer, closed_port

CHOSEN = {"limit": None, "seed": None, "shard": None}
LISBON = Reply(text='{"latitude": 38.72, "longitude": -9.14, "confidence": 0.7}', usage=(1000, 50))
PHOTOS = 12


@pytest.fixture(scope="module")
def data(photos, tmp_path_factory):
    return benchmark_folder(photos, tmp_path_factory.mktemp("benchmark"))


@pytest.fixture
def task(data, gallery, tmp_path):
    loaded = load_benchmark("folder", data)
    settings = Settings(gallery=str(gallery), home=str(tmp_path / "home"), verify="density", concurrency=4)
    return EvalTask(loaded, loaded.photos[:PHOTOS], CHOSEN, settings, tmp_path / "run", processes=2)


def asking(task, server, **more):
    given = {"model": "openai:scripted", "base_url": server.base_url, "preset": "street-rag", "price": "10/10"}
    return replace(task, settings=replace(task.settings, **{**given, **more}))


@pytest.fixture
def started(monkeypatch):
    """The batches with worker processes; none begins before its workers are ready."""
    made = []
    begin = WorkerProcesses.__init__

    def note(workers, *given):
        begin(workers, *given)
        while not all(worker.is_open for worker in workers._workers):
            time.sleep(0.01)
        made.append(workers)

    monkeypatch.setattr(WorkerProcesses, "__init__", note)
    return made


def read_calls(task):
    """The recorded calls of every photo, without clocks."""
    calls = {}
    for folder in sorted((task.out / "records").iterdir()):
        recorded = Cassette.read(RunFolder(folder).cassette).calls
        calls[folder.name] = sorted((call.kind, key) for key, call in recorded.items() if call.kind != "clock")
    return calls


def test_lines_records_and_counts_equal_those_of_threads(task, started, tmp_path):
    with ModelServer(always(LISBON), latency_s=0.05) as server:
        spread = asking(task, server, preset=None, max_rounds=1)
        ended = run(spread)
        asked, most = server.count, server.most_at_once
        alone = replace(spread, out=tmp_path / "alone", processes=1)
        same = run(alone)
        assert asked == server.count - asked
    assert len(started) == 1 and len(started[0].list_pids()) == 1
    assert most <= spread.settings.concurrency
    assert ended.why == same.why == "done"
    assert replace_times(ended.counts.to_json()) == replace_times(same.counts.to_json())
    assert without_timings(spread.out) == without_timings(alone.out)
    assert read_calls(spread) == read_calls(alone)
    header, other = EvaluationFolder(spread.out).header(), EvaluationFolder(alone.out).header()
    assert header["hash"] == other["hash"]


def replace_times(counts):
    return {name: value for name, value in counts.items() if "second" not in name}


def read_rows(out):
    folder, rows = LibraryFolder(out), {}
    for name, line in folder.read_all(folder.read_index()):
        answer = line["answer"] and {**line["answer"], "spent": {**line["answer"]["spent"], "seconds": 0}}
        rows[name] = {**line, "timings": {}, "answer": answer}
    return rows


@pytest.mark.slow
def test_a_library_without_a_model_equals_that_of_threads_with_its_events(photos, gallery, started, tmp_path):
    some = tmp_path / "some"
    some.mkdir()
    for photo in sorted(photos.glob("*.jpg"))[:6]:
        (some / photo.name).write_bytes(photo.read_bytes())
    (some / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    found = find_photos([str(some)])
    settings = Settings(gallery=str(gallery), home=str(tmp_path / "home"), concurrency=4)
    task = LibraryTask(tuple(found.photos.values()), found.root, settings, tmp_path / "out", load_policy(None))
    told = {}
    for processes in (1, 2):
        events = told[processes] = []
        ended = place_library(
            replace(task, out=tmp_path / str(processes), processes=processes),
            on_event=lambda name, event, events=events: events.append((name, event["step"])),
        )
        assert ended.why == "done" and ended.counts.done == 7 and ended.counts.failed == 1
    assert len(started) == 1
    assert read_rows(tmp_path / "1") == read_rows(tmp_path / "2")
    assert sorted(told[1]) == sorted(told[2]) and told[1]


def kill_one(workers):
    os.kill(workers.list_pids()[0], signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_worker_loses_nothing_and_its_recorded_calls_are_not_made_again(task, started, tmp_path):
    killed = []

    def tell(counts):
        if counts.fresh == 2 and not killed:
            killed.append(kill_one(started[0]))

    with ModelServer(always(LISBON), latency_s=0.05) as server:
        spread = asking(task, server)
        ended = run(spread, tell)
        asked = server.count
        alone = replace(spread, out=tmp_path / "alone", processes=1)
        run(alone)
    assert killed and ended.why == "done" and ended.counts.done == PHOTOS
    assert asked <= PHOTOS + spread.settings.concurrency // 2  # those in flight in that process
    assert without_timings(spread.out) == without_timings(alone.out)


@pytest.mark.slow
def test_money_is_never_overspent_and_the_message_is_that_of_threads(task, started):
    with ModelServer(always(LISBON), latency_s=0.02) as server:
        spread = replace(asking(task, server, max_rounds=1), max_usd=0.1)
        ended = run(spread)
    lines = EvaluationFolder(spread.out).lines().values()
    spent = sum(line["answer"]["spent"]["usd"] for line in lines)
    assert started and ended.why == "money" and 0 < len(lines) < PHOTOS and 0 < spent <= 0.1


@pytest.mark.slow
def test_requests_per_minute_hold_over_all_processes(task, started):
    with ModelServer(always(LISBON)) as server:
        run(asking(replace(task, photos=task.photos[:6]), server, requests_per_minute=300))
        arrived = sorted(server.arrived_s)
    assert len(arrived) == 6 and arrived[-1] - arrived[0] >= 5 * 0.2 * 0.9


@pytest.mark.slow
def test_a_dead_server_ends_it_as_it_ends_threads(task, started):
    dead = replace(task.settings, model="openai:scripted", base_url=f"http://127.0.0.1:{closed_port()}/v1", retries=0)
    ended = run(replace(task, settings=replace(dead, preset="street-rag")))
    assert started and ended.why == "model" and "cannot be reached" in ended.reason
    assert not EvaluationFolder(task.out).lines() and not any((task.out / "records").iterdir())


@pytest.mark.slow
def test_stopping_finishes_the_photos_in_flight_and_ends_the_processes(task, started):
    stop = threading.Event()
    ended = run(task, lambda counts: stop.set() if counts.fresh == 2 else None, stop)
    assert ended.why == "stopped" and 2 <= len(EvaluationFolder(task.out).lines()) < PHOTOS
    assert not any(is_running(pid) for pid in started[0].list_pids())


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_a_cache_of_calls_is_shared_by_the_processes(task, tmp_path):
    def cached(settings):
        return partial(CallCache, folder=tmp_path / "calls", settings=settings)

    with ModelServer(always(LISBON)) as server:
        first = asking(task, server)
        run(first, behind=cached(first.settings))
        asked = server.count
        run(replace(first, out=tmp_path / "again"), behind=cached(first.settings))
        assert asked == PHOTOS == server.count
    assert without_timings(first.out) == without_timings(tmp_path / "again")


def test_what_cannot_be_sent_is_refused(task):
    with pytest.raises(WrongUse, match="use one process"):
        run(task, behind=lambda world: world)


def test_a_model_that_cannot_be_loaded_is_told_as_by_threads(task):
    unknown = replace(task, settings=replace(task.settings, model="nonsense:x"))
    with pytest.raises(WrongUse) as by_threads:
        run(replace(unknown, processes=1))
    with pytest.raises(WrongUse) as by_processes:
        run(unknown)
    assert str(by_threads.value) == str(by_processes.value) and "nonsense" in str(by_threads.value)
