"""`sextant locate --out --engine ray` on a real local cluster of two workers, one of which is killed."""

import os
import shutil
import signal
from dataclasses import replace

import psutil
import pytest

pytest.importorskip("ray", reason="Ray is not installed; it comes with the extra 'ray'")

from sextant.agent.privacy.precision import load_policy
from sextant.agent.settings import Settings
from sextant.app.library.finding import find_photos
from sextant.app.library.folder import LibraryFolder
from sextant.app.library.running import LibraryTask, place_library


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


def test_two_workers_equal_one_process_and_one_that_is_killed_loses_nothing(task, tmp_path):
    import ray

    place_library(task)
    ray.init(num_cpus=2, include_dashboard=False, logging_level="error", log_to_driver=False)
    try:
        spread, killed = replace(task, out=tmp_path / "ray", workers=True), []

        def kill_once(counts, line):
            if not killed:
                killed.append(find_workers()[0])
                os.kill(killed[0], signal.SIGKILL)

        ended = place_library(spread, kill_once)
    finally:
        ray.shutdown()
    assert killed and ended.why == "done" and ended.counts.done == len(task.photos)
    assert read_rows(spread.out) == read_rows(task.out)
