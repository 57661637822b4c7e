"""Idle worker processes: they load their modules while it is not yet known what they will do.

Loading takes a process two seconds, and so does all that a command does until its first photo.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sextant.agent.llm.spec import parse_spec
from sextant.agent.settings import Settings

_MAIN = "sextant.graphs.batches.spread.process_main"
Process = subprocess.Popen[bytes]


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


@contextmanager
def start_idle(settings: Settings, processes: int) -> Iterator[IdleProcesses]:
    """Start the workers of a batch, which load what its photos will need; end those that it did not take.

    Args:
        processes: of the batch at most, the calling one among them.
    """
    idle = IdleProcesses(processes - 1, list_modules(settings))
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


def list_modules(settings: Settings) -> list[str]:
    """List the modules that take longest to load, of those that photos with these settings will need."""
    provider, _ = parse_spec(settings.model)
    modules = ["lancedb"] if settings.gallery else []
    modules += ["cv2"] if settings.scenes else []
    return [*modules, f"sextant.agent.llm.providers.{provider}"]
