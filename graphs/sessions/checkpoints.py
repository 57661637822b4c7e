"""LangGraph checkpointer for runs and sessions: SQLite in the home, or PostgreSQL shared by several processes.

Its serializer can only rebuild plain values and messages, never arbitrary objects.
"""

import atexit
import logging
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from sextant.base.errors import SextantError, WrongUse, format_system_reason
from sextant.base.sqlite import open_database, wait_for_lock

# The address may hold a password, so it is read from the environment, like keys, never from settings.
DATABASE = "SEXTANT_DATABASE"
CONNECTIONS = 16  # connections per process; a server's threads wait for a free one
BIGGEST = 256 * 2**20  # bytes a checkpoint may unpack to; real ones have some kilobytes

SAMPLE = 2048  # bytes from the middle of a checkpoint that tell whether it can be compressed …
WORTH = 0.7  # … to less than this share


class PackedSerializer(JsonPlusSerializer):
    """Compressed strict msgpack: every step stores the whole state, and transcripts are repetitive.

    Only types on LangGraph's safe list are rebuilt, so a crafted file cannot run code (CVE-2026-28277).
    """

    def __init__(self) -> None:
        super().__init__(pickle_fallback=False, allowed_msgpack_modules=None)

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, content = super().dumps_typed(obj)
        # Level 6 takes four times as long for a tenth less; level 0 stores as it is.
        return f"{kind}+z", zlib.compress(content, 1 if _is_compressible(content) else 0)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, content = data
        if not kind.endswith("+z"):
            raise SextantError(f"a checkpoint of the unknown kind {kind!r} was refused; start a new session")
        unpacker = zlib.decompressobj()
        try:
            plain = unpacker.decompress(content, BIGGEST)
            if not unpacker.unconsumed_tail:
                return super().loads_typed((kind.removesuffix("+z"), plain))
        except Exception as error:  # damaged or crafted bytes raise whatever they lead to
            what = " ".join(f"{type(error).__name__}: {error}".split())[:120]
            raise SextantError(f"a checkpoint is damaged ({what}); start a new session") from error
        raise SextantError("a checkpoint that unpacks to over 256 MiB was refused; start a new session")


def _is_compressible(content: bytes) -> bool:
    """Return whether compressing is worth its time: an outline of thousands of corners hardly shrinks."""
    middle = len(content) // 2
    sample = content[middle : middle + SAMPLE]
    return len(content) <= 4 * SAMPLE or len(zlib.compress(sample, 1)) < WORTH * len(sample)


@contextmanager
def open_checkpoints(file: Path) -> Iterator[BaseCheckpointSaver[Any]]:
    """Open the checkpointer: PostgreSQL when SEXTANT_DATABASE is set, otherwise the SQLite file.

    Raises:
        SextantError: the database cannot be reached or opened.
    """
    address = os.environ.get(DATABASE)
    if address:
        yield open_postgres_checkpoints(address)
    else:
        with open_sqlite_checkpoints(file) as saver:
            yield saver


@contextmanager
def share_checkpoints(file: Path) -> Iterator[BaseCheckpointSaver[Any]]:
    """Open the checkpointer like ``open_checkpoints``, on a connection that the runs of this process share.

    SQLite writes its log back when the last connection closes and waits for the disk then, so a connection for each
    run would wait twice a run; and connections that write at the same time sleep until the other is done.

    Raises:
        SextantError: as ``open_checkpoints``.
    """
    if os.environ.get(DATABASE):
        with open_checkpoints(file) as saver:
            yield saver
        return
    opened = _SHARED.take(file)
    try:
        with explain_sqlite_errors(file):
            yield opened.saver
    except SextantError as error:
        if isinstance(error.__cause__, sqlite3.Error):
            _SHARED.forget(opened)
        raise
    finally:
        _SHARED.give_back(opened)


@dataclass
class _Opened:
    """An open file of checkpoints: the file that it was on the disk, and how many runs use it now."""

    file: Path
    identity: tuple[int, int]
    saver: SqliteSaver
    closing: ExitStack
    users: int = 0


class _SharedFiles:
    """The files of checkpoints that a process has open, closed when it ends or when too many are open unused."""

    KEPT = 4

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: dict[tuple[int, Path], _Opened] = {}

    def take(self, file: Path) -> _Opened:
        # By process: a connection must not be used in a child of the process that opened it.
        key = os.getpid(), file.absolute()
        with self._lock:
            known = self._opened.get(key)
            if known is not None and _identify(file) != known.identity:  # deleted or replaced since
                self._drop(key)
                known = None
            if known is None:
                stack = ExitStack()
                saver = stack.enter_context(open_sqlite_checkpoints(file))
                known = self._opened[key] = _Opened(file, _identify(file) or (0, 0), saver, stack)
            known.users += 1
            return known

    def give_back(self, opened: _Opened) -> None:
        with self._lock:
            opened.users -= 1
            idle = [key for key, one in self._opened.items() if one.users == 0 and key[0] == os.getpid()]
            if opened.users == 0 and opened not in self._opened.values():
                opened.closing.close()
            for key in idle[: max(0, len(idle) - self.KEPT)]:
                self._drop(key)

    def forget(self, opened: _Opened) -> None:
        """Open the file anew next time."""
        with self._lock:
            for key in [key for key, one in self._opened.items() if one is opened]:
                del self._opened[key]

    def close(self) -> None:
        with self._lock:
            for key in [key for key in self._opened if key[0] == os.getpid()]:
                self._drop(key)

    def _drop(self, key: tuple[int, Path]) -> None:
        opened = self._opened.pop(key)
        if opened.users == 0:
            opened.closing.close()


_SHARED = _SharedFiles()
atexit.register(_SHARED.close)


def _identify(file: Path) -> tuple[int, int] | None:
    """Return what tells a file from another under its name; None where it is missing."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@lru_cache(maxsize=2)
def open_postgres_pool(address: str) -> Any:
    """Open the connection pool of a PostgreSQL database, once per process and address.

    Raises:
        WrongUse: the address does not begin with postgresql://, or the PostgreSQL packages are not installed.
        SextantError: the server does not answer.
    """
    if not address.startswith(("postgresql://", "postgres://")):
        raise WrongUse("--database takes an address like postgresql://user@host/name; without one, SQLite is used")
    try:
        from psycopg import Error
        from psycopg.rows import dict_row
        from psycopg_pool import ConnectionPool, PoolTimeout
    except ImportError as error:
        raise WrongUse("--database needs PostgreSQL's client; run: pip install 'sextant-geo[postgres]'") from error
    # As LangGraph requires: autocommit, rows as dictionaries.
    terms = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row, "connect_timeout": 5}
    # The pool logs every attempt; we report the outcome in one line instead.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    pool: Any = ConnectionPool(address, min_size=1, max_size=CONNECTIONS, kwargs=terms, open=False, name="sextant")
    try:
        pool.open(wait=True, timeout=10)
    except (Error, PoolTimeout, OSError) as error:
        pool.close()
        where = address.rpartition("@")[2]
        raise SextantError(f"PostgreSQL at {where!r} does not answer; start it, or leave --database out") from error
    return pool


@lru_cache(maxsize=2)
def open_postgres_checkpoints(address: str) -> BaseCheckpointSaver[Any]:
    """Open the checkpointer in a PostgreSQL database and create its tables when missing."""
    from langgraph.checkpoint.postgres import PostgresSaver

    pool = open_postgres_pool(address)
    saver = PostgresSaver(pool, serde=PackedSerializer())
    with pool.connection() as connection:
        # Two servers that start at once would both create the tables. Poll instead of waiting in the database:
        # LangGraph builds its indexes concurrently, which waits for every waiting statement, including this one.
        while not connection.execute("SELECT pg_try_advisory_lock(8371) AS held").fetchone()["held"]:
            time.sleep(0.1)
        try:
            PostgresSaver(connection, serde=PackedSerializer()).setup()
        finally:
            connection.execute("SELECT pg_advisory_unlock(8371)")
    return saver


@contextmanager
def open_sqlite_checkpoints(path: Path) -> Iterator[SqliteSaver]:
    """Open a checkpointer on the SQLite file at ``path``, which is created when missing.

    Raises:
        SextantError: the file cannot be opened or is not a database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = open_database(path, synchronous="NORMAL", autocommit=False)
        saver = SqliteSaver(connection, serde=PackedSerializer())
        wait_for_lock(saver.setup)
    except (OSError, sqlite3.Error) as error:
        reason = format_system_reason(error)
        raise SextantError(
            f"cannot keep checkpoints in {str(path)!r}: {reason}; move it away or pass --home"
        ) from error
    try:
        with explain_sqlite_errors(path):
            yield saver
    finally:
        connection.close()


@contextmanager
def explain_sqlite_errors(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as one line that names the file and the way out.

    Raises:
        SextantError: the disk is full, another program locks the file, a page is damaged, or it is another program's.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise SextantError(
            f"cannot keep checkpoints in {str(path)!r}: {error}; free space, move it away, or pass --home"
        ) from error
