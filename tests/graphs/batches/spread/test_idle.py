import pytest

from sextant.graphs.batches.spread.idle import LEAST_CALLS, LEAST_PHOTOS, IdleProcesses, bound_processes, start_idle


@pytest.mark.parametrize(
    ("model", "concurrency", "processes", "photos", "most"),
    [
        ("openai:x", LEAST_CALLS, None, LEAST_PHOTOS, 4),
        ("openai:x", LEAST_CALLS, None, LEAST_PHOTOS - 1, 1),
        ("openai:x", LEAST_CALLS - 1, None, LEAST_PHOTOS, 1),
        ("offline", 2, None, LEAST_PHOTOS, 2),
        ("openai:x", 8, 3, 2, 2),
        ("openai:x", 8, 3, 50, 3),
    ],
)
def test_the_number_of_processes_needs_no_gallery(monkeypatch, model, concurrency, processes, photos, most):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert bound_processes(model, concurrency, processes, photos) == most


def test_processes_that_nobody_took_are_ended():
    with start_idle(3, "offline") as idle:
        started = list(idle._waiting)
        taken = idle.take()
        assert len(started) == 2
        assert taken in started
    (left,) = (process for process in started if process is not taken)
    assert left.returncode is not None
    assert taken.poll() is None
    taken.communicate()  # its input ends
    assert taken.returncode == 0


def test_a_module_that_is_missing_does_not_end_a_process():
    idle = IdleProcesses(1, ["no_such_module"])
    process = idle.take()
    process.communicate()
    assert process.returncode == 0


def test_more_processes_than_were_started_are_started_when_taken():
    with start_idle(1, "offline") as idle:
        process = idle.take()
        process.communicate()
        assert process.returncode == 0
