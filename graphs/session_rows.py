"""The tables of the sessions: SQLite under the home, or PostgreSQL where several processes share them."""

import os
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.home import home_folder
from geo.errors import SextantError
from graphs.checkpoints import DATABASE, postgres_pool


def sessions_file(home: str | None) -> Path:
    """The SQLite file of sessions and of their checkpoints."""
    return home_folder(home) / "sessions.sqlite"


@dataclass
class Rows:
    """Statements with ``?`` for each value, carried out one by one. Safe for threads."""

    file: Path

    def __post_init__(self) -> None:
        self._address = os.environ.get(DATABASE)
        self._lock = threading.Lock()
        self._sqlite: sqlite3.Connection | None = None

    def read(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows a SELECT finds.

        Raises:
            SextantError: the database cannot be opened or reached.
        """
        if self._address:
            with postgres_pool(self._address).connection() as connection:
                return [tuple(row.values()) for row in connection.execute(sql.replace("?", "%s"), values).fetchall()]
        with self._lock:
            return self._connection().execute(sql, values).fetchall()

    def change(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        """Carry out a change; how many rows it touched.

        Raises:
            SextantError: as ``read``.
        """
        if self._address:
            with postgres_pool(self._address).connection() as connection:
                count: int = connection.execute(sql.replace("?", "%s"), values).rowcount
                return count
        with self._lock:
            return self._connection().execute(sql, values).rowcount

    def _connection(self) -> sqlite3.Connection:
        if self._sqlite is None:
            try:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                self._sqlite = sqlite3.connect(self.file, check_same_thread=False, timeout=30, isolation_level=None)
                self._sqlite.execute("PRAGMA journal_mode=WAL")
                self._sqlite.execute("PRAGMA synchronous=NORMAL")
            except (OSError, sqlite3.Error) as error:
                raise SextantError(f"cannot keep sessions in {str(self.file)!r}: {error}; pass --home") from error
        return self._sqlite
