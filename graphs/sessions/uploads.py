"""Photos of a message between the moment they are stored and the moment the message is accepted.

A journal in the home names them meanwhile. Deleting spares what a living server's journal names; what the journal of
a dead one names, and nothing else, belongs to a message that nobody accepted.
"""

import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sextant.base.errors import SextantError
from sextant.base.files import write_atomic
from sextant.base.home import Home
from sextant.base.locks import Lock, is_locked

ALIVE = "alive.lock"


class UploadJournal:
    """The journal of one process, in a folder of its own that is locked as long as the process lives."""

    def __init__(self, home: str | None) -> None:
        self.folder = get_uploads_folder(home) / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: Lock | None = None
        self._starting = threading.Lock()

    @contextmanager
    def protect(self, hashes: list[str]) -> Iterator[None]:
        """Protect these blobs from deletion within the block: store them and accept their message in it.

        Raises:
            SextantError: the journal cannot be written.
        """
        try:
            with self._starting:
                if self._lock is None:
                    self.folder.mkdir(parents=True, exist_ok=True)
                    lock = Lock(self.folder / ALIVE)
                    lock.wait()  # a sweep may be looking at it
                    self._lock = lock
            entry = self.folder / f"{secrets.token_hex(8)}.json"
            write_atomic(entry, json.dumps(hashes).encode(), fsync=False)
        except OSError as error:
            raise SextantError(f"cannot write to {str(self.folder)!r}: {error}; free space or pass --home") from error
        try:
            yield
        except BaseException:
            with suppress(OSError):
                entry.rename(entry.with_suffix(".failed"))
            raise
        entry.unlink(missing_ok=True)

    def close(self) -> None:
        """End the protection of everything."""
        if self._lock is not None:
            self._lock.release()
        with suppress(OSError):
            self.folder.rmdir()  # only when it is empty: what is left is for the sweep


def get_uploads_folder(home: str | None) -> Path:
    """Return the folder of all journals of a home."""
    return Home.at(home).root / "uploads"


def list_protected(home: str | None) -> set[str]:
    """Return the blobs that a living server is storing for messages it has not accepted yet."""
    return read_hashes(entry for folder in list_journals(home) if is_alive(folder) for entry in folder.glob("*.json"))


def list_abandoned(home: str | None) -> list[Path]:
    """Return the journal entries of messages that were not accepted: of servers that died, and of refusals."""
    found = []
    for folder in list_journals(home):
        found += sorted(folder.glob("*.failed" if is_alive(folder) else "*.*"))
    return [entry for entry in found if entry.name != ALIVE]


def read_hashes(entries: Iterator[Path]) -> set[str]:
    """Return the hashes that these entries name."""
    found: set[str] = set()
    for entry in entries:
        with suppress(OSError, ValueError):  # taken away meanwhile, or cut off by a crash before anything was stored
            found |= set(json.loads(entry.read_bytes()))
    return found


def clear(entries: list[Path]) -> None:
    """Delete journal entries that were dealt with, and the folders of dead servers."""
    for entry in entries:
        entry.unlink(missing_ok=True)
    for folder in {entry.parent for entry in entries}:
        if not is_alive(folder):
            (folder / ALIVE).unlink(missing_ok=True)
            with suppress(OSError):
                folder.rmdir()


def list_journals(home: str | None) -> list[Path]:
    """Return the folder of each server that has or had a journal."""
    root = get_uploads_folder(home)
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def is_alive(folder: Path) -> bool:
    """Whether the server of a journal lives."""
    return is_locked(folder / ALIVE)
