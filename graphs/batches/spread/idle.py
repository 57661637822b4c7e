"""Idle worker processes: they load their modules while it is not yet known what they will do.

Loading takes a process two seconds, and so does all that a command does until its first photo.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_MAIN = "sextant.graphs.batches.spread.process_main"
_MODULES = ("lancedb", "scipy.fft", "cv2")  # of galleries, the built-in encoder and scenes; they take longest to load
Process = subprocess.Popen[bytes]
MOST_PROCESSES = 4  # unless the user asks for more: each holds gallery, encoder and model
LEAST_PHOTOS = 100  # a process takes a second or two to start
LEAST_CALLS = 12  # in flight at once; one process keeps fewer going


class IdleProcesses:
    """Processes that wait for their work; each is taken once."""

    def __init__(self, count: int, modules: Sequence[str]) -> None:
        self._waiting = [start_process(modules) for _ in range(count)]

    def take(self) -> Process:
        """Take a process that waits, or start one where none is left."""
        return self._waiting.pop() if self._waiting else start_process()

    def close(self) -> None:
        """End the processes that nobody took."""
        while self._waiting:
            process = self._waiting.pop()
            process.kill()
            process.communicate()


def bound_processes(model: str, concurrency: int, processes: int | None, photos: int) -> int:
    """Return how many processes a batch uses at most, as far as that is known before its gallery is opened.

    Args:
        processes: as the user asks; None means one per core where it is faster, up to 4.
        photos: of the batch.
    """
    if processes is not None:
        return max(1, min(processes, photos, concurrency))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    lock_limits = model == "offline" or concurrency >= LEAST_CALLS
    if cores < 2 or photos < LEAST_PHOTOS or not lock_limits:
        return 1
    return min(cores, MOST_PROCESSES, concurrency)


@contextmanager
def start_idle(processes: int, model: str) -> Iterator[IdleProcesses]:
    """Start the workers of a batch, which load what its photos will need; end those that it did not take.

    Args:
        processes: of the batch at most, the calling one among them.
        model: as a setting names it.
    """
    idle = IdleProcesses(processes - 1, [*_MODULES, f"sextant.agent.llm.providers.{model.partition(':')[0]}"])
    try:
        yield idle
    finally:
        idle.close()


def start_process(modules: Sequence[str] = ()) -> Process:
    """Start a worker process of its own group, so that Ctrl-C in a terminal reaches the batch alone.

    Args:
        modules: loaded while it waits for its work.
    """
    # -P: the current folder, perhaps one of photos, holds no modules of ours.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", _MAIN, *modules], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
    )
