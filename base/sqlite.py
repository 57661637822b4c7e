"""Open SQLite files in the write-ahead mode, also when several threads or processes create the same file at once."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

_PATIENCE_S = 30.0
_PAUSE_S = 0.01
Result = TypeVar("Result")


def open_database(path: Path, *, synchronous: Literal["NORMAL", "FULL"], autocommit: bool = True) -> sqlite3.Connection:
    """Open or create a database whose folder exists. Any thread may use the connection, one at a time.

    Args:
        path: the file.
        synchronous: FULL waits at each commit until the disk holds it; NORMAL can lose the last commits in a power cut.
        autocommit: each statement is its own transaction unless one is begun.

    Raises:
        sqlite3.Error: the file is not a database, or stays locked for 30 seconds.
    """
    level: Literal["DEFERRED"] | None = None if autocommit else "DEFERRED"
    connection = sqlite3.connect(path, check_same_thread=False, timeout=_PATIENCE_S, isolation_level=level)
    try:
        # SQLite does not wait for the lock that this change of mode needs.
        wait_for_lock(lambda: connection.execute("PRAGMA journal_mode=WAL"))
        connection.execute(f"PRAGMA synchronous={synchronous}")
    except BaseException:
        connection.close()
        raise
    return connection


def wait_for_lock(work: Callable[[], Result]) -> Result:
    """Repeat work while another connection locks the database, for at most 30 seconds.

    Raises:
        sqlite3.OperationalError: the database is still locked.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return work()
        except sqlite3.OperationalError as error:
            busy = (error.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
