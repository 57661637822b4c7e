"""`--engine ray` of libraries and evaluations on a real local cluster of two workers, one of which is killed."""

import os
import shutil
import signal
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest

pytest.importorskip("ray", reason="Ray is not installed; it comes with the extra 'ray'")

from sextant.agent.privacy.precision import load_policy
from sextant.agent.settings import Settings
from sextant.app.library.finding import find_photos
from sextant.app.library.folder import LibraryFolder
from sextant.app.library.running import LibraryTask, place_library
from sextant.eval.benchmarks import load_benchmark
from sextant.eval.running.runner import EvalTask, run
from tests.support.evaluations import benchmark_folder, without_timings
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer

CHOSEN = {"limit": None, "seed": None, "shard": None}
LISBON = Reply(text='{"latitude": 38.72, "longitude": -9.14, "confidence": 0.7}', usage=(1000, 50))


def find_workers():
    """The processes of this cluster's workers: descendants of this one."""
    return [
        child.pid
        for child in psutil.Process().children(recursive=True)
        if child.is_running() and "".join(read_command(child)).startswith("ray::_RemoteWorker")
    ]


def read_command(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def read_rows(out):
    folder, rows = LibraryFolder(out), {}
    for name, line in folder.read_all(folder.read_index()):
        answer = line["answer"] and {**line["answer"], "spent": {**line["answer"]["spent"], "seconds": 0}}
        rows[name] = {**line, "timings": {}, "answer": answer}
    return rows


@pytest.fixture
def task(photos, gallery, tmp_path):
    some = tmp_path / "some"
    some.mkdir()
    for photo in sorted(photos.glob("*.jpg")):
        shutil.copy(photo, some)
    (some / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    found = find_photos([str(some)])
    settings = Settings(gallery=str(gallery), home=str(tmp_path / "home"), concurrency=2)
    return LibraryTask(tuple(found.photos.values()), found.root, settings, tmp_path / "out", load_policy(None))


@contextmanager
def start_cluster():
    """Start Ray on two workers of this machine."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, logging_level="error", log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


class Killer:
    """Kills one worker of the cluster when it is first told of a photo that ended."""

    def __init__(self):
        self.killed = []

    def __call__(self, *told):
        if not self.killed and find_workers():
            self.killed.append(find_workers()[0])
            os.kill(self.killed[0], signal.SIGKILL)


def test_two_workers_equal_one_process_and_one_that_is_killed_loses_nothing(task, tmp_path):
    place_library(task)
    spread, kill_once = replace(task, out=tmp_path / "ray", workers=True), Killer()
    with start_cluster():
        ended = place_library(spread, kill_once)
    assert kill_once.killed and ended.why == "done" and ended.counts.done == len(task.photos)
    assert read_rows(spread.out) == read_rows(task.out)


@pytest.mark.parametrize("kill", [False, True])
def test_an_evaluation_on_two_workers_equals_that_of_one_process(kill, photos, gallery, tmp_path):
    loaded = load_benchmark("folder", benchmark_folder(photos, tmp_path / "benchmark"))
    with ModelServer(always(LISBON)) as server:
        settings = Settings(
            gallery=str(gallery),
            home=str(tmp_path / "home"),
            concurrency=2,
            model="openai:scripted",
            base_url=server.base_url,
            preset="street-rag",
            price="10/10",
        )
        task = EvalTask(loaded, loaded.photos[:12], CHOSEN, settings, tmp_path / "alone")
        run(task)
        paid, spread = server.count, replace(task, out=tmp_path / "ray", workers=True)

        def kill_once(counts):
            if kill and counts.done:
                killer()

        killer = Killer()
        with start_cluster():
            ended = run(spread, kill_once)
        asked = server.count - paid
    assert ended.why == "done" and ended.counts.done == 12 and bool(killer.killed) == kill
    assert without_timings(spread.out) == without_timings(task.out)
    in_flight = settings.concurrency  # calls whose replies died with the worker are asked once more, recorded ones not
    assert paid <= asked <= paid + (in_flight if kill else 0)
