"""Take turns at a service, of all processes of one home: a least pause between two requests, none while it is busy."""

import time
from pathlib import Path

from sextant.base.files import write_atomic
from sextant.base.locks import Lock

_LONGEST_S = 86_400.0  # that a busy service is left alone, whatever it asks for


class Turns:
    """Waits until a service may be asked again. The time of the last request stands in a file of the home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def wait(self, service: str, pause_s: float) -> None:
        """Wait for the next turn and take it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock, last = Lock(self._folder / f"{service}.lock"), self._folder / f"{service}.last"
        lock.wait()
        try:
            now = time.time()
            left = _read_time(last) + pause_s - now
            if 0 < left <= pause_s:  # a clock that was set back must not block for long
                time.sleep(left)
            write_atomic(last, f"{time.time():.3f}\n".encode())
        finally:
            lock.release()

    def leave_alone(self, service: str, seconds: float) -> None:
        """Note that a service is busy and asks not to be asked for so long."""
        until = time.time() + min(seconds, _LONGEST_S)
        write_atomic(self._folder / f"{service}.until", f"{until:.3f}\n".encode())

    def find_pause_s(self, service: str) -> float:
        """Return for how many seconds a service is still to be left alone; 0 or less where it may be asked."""
        left = _read_time(self._folder / f"{service}.until") - time.time()
        return left if left <= _LONGEST_S else 0.0  # a clock that was set back must not block for long


def _read_time(path: Path) -> float:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return 0.0
