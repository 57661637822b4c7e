"""Which process a photo is given to, and what happens when processes die; the processes are made up."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sextant.agent.settings import Settings
from sextant.base.errors import SextantError, WrongUse
from sextant.graphs.batches.order import BatchOrder
from sextant.graphs.batches.spread import process, processes
from sextant.graphs.batches.spread.choice import choose_processes
from sextant.graphs.batches.spread.idle import LEAST_CALLS, LEAST_PHOTOS
from sextant.graphs.batches.spread.process import WorkerDied
from sextant.graphs.batches.spread.processes import WorkerProcesses, split_evenly


class Names:
    """A face whose photos are names."""

    def record(self, photo):
        return photo

    def make_error_line(self, photo, kind, message):
        return {"photo": photo, "error": {"kind": kind, "message": message}}

    def make_remote(self):
        return self


class FakeProcess:
    """Dies of the photo ``deadly``, and all photos that are in it with it."""

    made = 0

    def __init__(self, start, limits):
        self.alive, self.changed, self.pid = True, threading.Condition(), FakeProcess.made
        FakeProcess.made += 1

    def wait_until_ready(self):
        pass

    def run(self, photo):
        with self.changed:
            if not self.alive:
                raise WorkerDied(self, had_the_photo=False)
            self.changed.wait_for(lambda: not self.alive, timeout=0.02)
            if photo == "deadly":
                self.alive = False
                self.changed.notify_all()
            if not self.alive:
                raise WorkerDied(self, had_the_photo=True)
        return {"photo": photo}

    def close(self):
        pass

    def wait(self):
        pass


class NeverStarts(FakeProcess):
    """A worker that is killed while it loads."""

    def wait_until_ready(self):
        raise SextantError("a worker process was killed by signal 9 while it was loading")


class Here:
    """The photos in this process; the deadly one is never among them, since it waits until workers are there."""

    def __init__(self, *given):
        pass

    def locate(self, photo):
        assert photo != "deadly"
        time.sleep(0.02)
        return {"photo": photo}


@pytest.fixture
def begin(monkeypatch):
    def begin(kind, here=Here):
        monkeypatch.setattr(process, "WorkerProcess", kind)
        monkeypatch.setattr(processes, "PhotoWorker", here)
        FakeProcess.made = 0
        return WorkerProcesses(BatchOrder(Settings(concurrency=8, model="offline"), Path("records")), Names(), 2)

    return begin


def wait_for_workers(workers):
    while not all(worker.is_open for worker in workers._workers):
        time.sleep(0.01)


def test_a_photo_that_kills_every_worker_fails_and_the_photos_beside_it_do_not(begin):
    workers = begin(FakeProcess)
    wait_for_workers(workers)
    workers._here.is_open = False  # as if it were full, until the deadly photo is in a worker
    names = ["deadly", *(f"photo {number}" for number in range(20))]
    with ThreadPoolExecutor(8) as pool:
        lines = pool.map(workers.locate, names)
        time.sleep(0.05)
        workers._here.is_open = True
        lines = list(lines)
    assert lines[0] == {
        "photo": "deadly",
        "error": {"kind": "defect", "message": "4 workers died at this photo"},
        "timings": {},
        "record": "records/deadly",
    }
    assert lines[1:] == [{"photo": name} for name in names[1:]]
    assert FakeProcess.made == 1 + 4


def test_a_worker_that_cannot_be_started_leaves_its_share_and_a_note(begin):
    workers = begin(NeverStarts)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(workers.locate, "abcdefghij")) == [{"photo": name} for name in "abcdefghij"]
    while not workers.notes:
        time.sleep(0.01)
    assert workers._here.most == 8 and "killed by signal 9" in workers.notes[0]


def test_a_worker_takes_its_share_of_the_photos_from_this_process(begin):
    workers = begin(FakeProcess)
    wait_for_workers(workers)
    assert (workers._here.most, [worker.most for worker in workers._workers]) == (4, [4])


def test_calls_in_flight_are_split_evenly_and_exactly():
    assert split_evenly(16, 2) == [8, 8] and split_evenly(5, 3) == [2, 2, 1]


@pytest.fixture
def cores(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(8), raising=False)


def order(concurrency=LEAST_CALLS, model="openai:x", **more):
    return BatchOrder(Settings(concurrency=concurrency, model=model), Path("records"), **more)


def test_processes_are_used_only_where_they_pay(cores):
    assert choose_processes(order(), LEAST_PHOTOS) == 4
    assert choose_processes(order(), LEAST_PHOTOS - 1) == 1
    assert choose_processes(order(concurrency=LEAST_CALLS - 1), LEAST_PHOTOS) == 1
    assert choose_processes(order(concurrency=2, model="offline"), LEAST_PHOTOS) == 2
    assert choose_processes(order(behind=lambda world: world), LEAST_PHOTOS) == 1


def test_one_core_has_one_process(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(1), raising=False)
    assert choose_processes(order(), LEAST_PHOTOS) == 1


def test_a_number_that_was_asked_for_is_kept_up_to_the_photos_and_calls(cores):
    assert choose_processes(order(processes=6), 5) == 5
    assert choose_processes(order(concurrency=3, processes=6), 50) == 3
    assert choose_processes(order(processes=1), LEAST_PHOTOS) == 1


def test_what_cannot_be_sent_is_refused():
    with pytest.raises(WrongUse, match="use one process"):
        WorkerProcesses(order(behind=lambda world: world), Names(), 2)
