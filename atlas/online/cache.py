"""Keep the replies of open services, as their rules ask: equal questions are asked once in thirty days."""

import hashlib
import sqlite3
import threading
import time
from pathlib import Path

from sextant.base.errors import SextantError
from sextant.base.sqlite import open_database

_KEPT_S = 30 * 86_400.0
_MOST = 5_000  # replies; the oldest are dropped
_TABLE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, at REAL NOT NULL, body BLOB NOT NULL)"


class ReplyCache:
    """Replies by what was asked. Any thread may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    def find(self, question: str) -> bytes | None:
        """Return the reply to a question of the last thirty days."""
        with self._lock:
            found = self._run(
                "SELECT body FROM replies WHERE key = ? AND at > ?", (_key(question), time.time() - _KEPT_S)
            )
            return found[0][0] if found else None

    def put(self, question: str, body: bytes) -> None:
        """Keep a reply."""
        with self._lock:
            self._run("INSERT OR REPLACE INTO replies VALUES (?, ?, ?)", (_key(question), time.time(), body))
            older = "SELECT key FROM replies ORDER BY at DESC LIMIT -1 OFFSET ?"
            self._run(f"DELETE FROM replies WHERE key IN ({older})", (_MOST,))

    def _run(self, words: str, values: tuple[object, ...]) -> list[tuple[bytes]]:
        try:
            if self._database is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._database = open_database(self._path, synchronous="NORMAL")
                self._database.execute(_TABLE)
            return self._database.execute(words, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise SextantError(f"the cache of open services {str(self._path)!r} cannot be used: {error}") from error


def _key(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()
