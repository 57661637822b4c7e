"""Database tables of the sessions: SQLite in the home, or PostgreSQL shared by several processes."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sextant.base.errors import SextantError, format_system_reason
from sextant.base.home import Home
from sextant.base.sqlite import open_database
from sextant.graphs.runs.folder import write_json
from sextant.graphs.sessions.checkpoints import DATABASE, open_postgres_pool

_TABLES = (
    """CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, created DOUBLE PRECISION NOT NULL, updated DOUBLE PRECISION NOT NULL,
    holder TEXT, held_until DOUBLE PRECISION NOT NULL DEFAULT 0)""",
    # An accepted message that no checkpoint holds yet; stored here, it survives the process.
    "CREATE TABLE IF NOT EXISTS waiting (session TEXT PRIMARY KEY, message TEXT NOT NULL)",
    # What lists show; the conversation itself stands in the checkpoints.
    "CREATE TABLE IF NOT EXISTS summaries (session TEXT PRIMARY KEY, summary TEXT NOT NULL)",
)


def get_sessions_file(home: str | None) -> Path:
    """Return the SQLite file of sessions and of their checkpoints."""
    return Home.at(home).sessions


def describe_database(address: str) -> str:
    """Describe the database of an address without user and password: ``host:5432/name``."""
    parts = urlsplit(address)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"


def list_databases(home: str | None) -> set[str]:
    """List the databases that ever stored sessions of this home, as ``describe_database`` names them."""
    file = _get_databases_file(home)
    return set(json.loads(file.read_text("utf-8"))) if file.exists() else set()


def note_database(home: str | None, address: str) -> None:
    """Record that a database stores sessions of this home: pruning must query it before deleting pictures."""
    known = list_databases(home)
    if describe_database(address) not in known:
        file = _get_databases_file(home)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, sorted(known | {describe_database(address)}))


def _get_databases_file(home: str | None) -> Path:
    return Home.at(home).databases


@dataclass
class Rows:
    """SQL statements with ``?`` for each value, executed one at a time. Thread-safe.

    ``address`` is the PostgreSQL database; without one, the SQLite ``file`` is used.
    """

    file: Path
    address: str | None = field(default_factory=lambda: os.environ.get(DATABASE))

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._sqlite: sqlite3.Connection | None = None
        for table in _TABLES:
            self.execute(table)

    def read(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run a SELECT and return its rows.

        Raises:
            SextantError: the database cannot be opened or reached.
        """
        if self.address:
            with open_postgres_pool(self.address).connection() as connection:
                return [tuple(row.values()) for row in connection.execute(sql.replace("?", "%s"), values).fetchall()]
        with self._lock, self._explain_errors():
            return self._open_connection().execute(sql, values).fetchall()

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        """Execute a statement and return the number of rows it changed.

        Raises:
            SextantError: as ``read``.
        """
        if self.address:
            with open_postgres_pool(self.address).connection() as connection:
                count: int = connection.execute(sql.replace("?", "%s"), values).rowcount
                return count
        with self._lock, self._explain_errors():
            return self._open_connection().execute(sql, values).rowcount

    @contextmanager
    def _explain_errors(self) -> Iterator[None]:
        """Turn SQLite's errors into one line: a locked, damaged or foreign file, a full disk."""
        try:
            yield
        except sqlite3.Error as error:
            raise SextantError(
                f"cannot keep sessions in {str(self.file)!r}: {error}; free space, move it away, or pass --home"
            ) from error

    def _open_connection(self) -> sqlite3.Connection:
        if self._sqlite is None:
            try:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                # Accepted messages must survive a power cut, as the checkpoints in the same write-ahead log do.
                self._sqlite = open_database(self.file, synchronous="FULL")
            except (OSError, sqlite3.Error) as error:
                reason = format_system_reason(error)
                raise SextantError(f"cannot keep sessions in {str(self.file)!r}: {reason}; pass --home") from error
        return self._sqlite
