"""Take turns at a service: a least pause between two requests, of all processes of one home."""

import time
from pathlib import Path

from sextant.base.files import write_atomic
from sextant.base.locks import Lock


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


def _read_time(path: Path) -> float:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return 0.0
