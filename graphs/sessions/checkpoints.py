"""LangGraph checkpointer for runs and sessions: SQLite in the home, or PostgreSQL shared by several processes.

Its serializer can only rebuild plain values and messages, never arbitrary objects.
"""

import logging
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from sextant.base.errors import SextantError, WrongUse
from sextant.base.sqlite import open_database, wait_for_lock

# The address may hold a password, so it is read from the environment, like keys, never from settings.
DATABASE = "SEXTANT_DATABASE"
CONNECTIONS = 16  # connections per process; a server's threads wait for a free one
BIGGEST = 256 * 2**20  # bytes a checkpoint may unpack to; real ones have some kilobytes


class PackedSerializer(JsonPlusSerializer):
    """Compressed strict msgpack: every step stores the whole state, and transcripts are repetitive.

    Only types on LangGraph's safe list are rebuilt, so a crafted file cannot run code (CVE-2026-28277).
    """

    def __init__(self) -> None:
        super().__init__(pickle_fallback=False, allowed_msgpack_modules=None)

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, content = super().dumps_typed(obj)
        return f"{kind}+z", zlib.compress(content, 1)  # level 6 takes four times as long for a tenth less

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, content = data
        if not kind.endswith("+z"):
            raise SextantError(f"a checkpoint of the unknown kind {kind!r} was refused; delete the checkpoints file")
        unpacker = zlib.decompressobj()
        try:
            plain = unpacker.decompress(content, BIGGEST)
            if not unpacker.unconsumed_tail:
                return super().loads_typed((kind.removesuffix("+z"), plain))
        except Exception as error:  # damaged or crafted bytes raise whatever they lead to
            what = " ".join(f"{type(error).__name__}: {error}".split())[:120]
            raise SextantError(f"a checkpoint is damaged ({what}); delete the checkpoints file") from error
        raise SextantError("a checkpoint that unpacks to over 256 MiB was refused; delete the checkpoints file")


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
        raise SextantError(f"cannot keep checkpoints in {str(path)!r}: {error}; move it away or pass --home") from error
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
