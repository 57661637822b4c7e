"""Upload journal: protects a message's photos from deletion after they are stored and before the message is accepted.

Pruning keeps the photos in the journal of a running server. Photos in the journal of a server that died belong to a
message that was never accepted.
"""

import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sextant.base.errors import SextantError, format_system_reason
from sextant.base.files import write_atomic
from sextant.base.home import Home
from sextant.base.locks import Lock, is_locked

ALIVE = "alive.lock"


class UploadJournal:
    """The journal of one process, in its own folder, which stays locked while the process runs."""

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
            reason = format_system_reason(error)
            raise SextantError(f"cannot write to {str(self.folder)!r}: {reason}; free space or pass --home") from error
        try:
            yield
        except BaseException:
            with suppress(OSError):
                entry.rename(entry.with_suffix(".failed"))
            raise
        entry.unlink(missing_ok=True)

    def close(self) -> None:
        """End all protection."""
        if self._lock is not None:
            self._lock.release()
        with suppress(OSError):
            self.folder.rmdir()  # only when empty: remaining entries are left for the sweep


def get_uploads_folder(home: str | None) -> Path:
    """Return the folder of all journals of a home."""
    return Home.at(home).root / "uploads"


def list_protected(home: str | None) -> set[str]:
    """List the blobs that running servers have stored for messages not yet accepted."""
    return read_hashes(entry for folder in list_journals(home) if is_alive(folder) for entry in folder.glob("*.json"))


def list_abandoned(home: str | None) -> list[Path]:
    """List the journal entries of messages that were never accepted: refused ones, and those of servers that died."""
    found = []
    for folder in list_journals(home):
        found += sorted(folder.glob("*.failed" if is_alive(folder) else "*.*"))
    return [entry for entry in found if entry.name != ALIVE]


def read_hashes(entries: Iterator[Path]) -> set[str]:
    """Read the hashes in these entries."""
    found: set[str] = set()
    for entry in entries:
        with suppress(OSError, ValueError):  # deleted in the meantime, or truncated by a crash
            found |= set(json.loads(entry.read_bytes()))
    return found


def clear(entries: list[Path]) -> None:
    """Delete handled journal entries, and the folders of servers that died."""
    for entry in entries:
        entry.unlink(missing_ok=True)
    for folder in {entry.parent for entry in entries}:
        if not is_alive(folder):
            (folder / ALIVE).unlink(missing_ok=True)
            with suppress(OSError):
                folder.rmdir()


def list_journals(home: str | None) -> list[Path]:
    """List the journal folders of all servers, running or not."""
    root = get_uploads_folder(home)
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def is_alive(folder: Path) -> bool:
    """Return whether the server of a journal is running."""
    return is_locked(folder / ALIVE)
