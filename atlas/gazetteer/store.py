"""The file that holds added gazetteers: places, their names by key, forwards and backwards, their positions.

One SQLite file. An import is one transaction: killed, or on a full disk, it leaves the file as it was.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sextant.atlas.gazetteer.feature import PlacesSourceError
from sextant.atlas.imported_source import ImportedSource
from sextant.base.errors import format_error
from sextant.base.home import Home
from sextant.base.sqlite import open_database

VERSION = 2  # 1 looked for misspellings in a trigram index, which took 200 ms among a million names
_SCHEMA = (
    "CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT UNIQUE, format TEXT, licence TEXT, file TEXT,"
    " bytes INTEGER, file_date TEXT, added TEXT, places INTEGER, names INTEGER, broken INTEGER)",
    "CREATE TABLE places (id INTEGER PRIMARY KEY, source INTEGER, ref INTEGER, name TEXT, kind TEXT, latitude REAL,"
    " longitude REAL, country TEXT, population INTEGER, prominence INTEGER)",
    "CREATE TABLE names (id INTEGER PRIMARY KEY, key TEXT, back TEXT, place INTEGER)",
    "CREATE VIRTUAL TABLE positions USING rtree_i32(id, south, north, west, east)",
)
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS names_key ON names (key, place)",
    "CREATE INDEX IF NOT EXISTS names_back ON names (back, place)",
    "CREATE INDEX IF NOT EXISTS places_ref ON places (ref, source)",
)
MICRODEGREES = 1_000_000


@dataclass(frozen=True)
class AddedSource(ImportedSource):
    """A gazetteer as the store lists it: how many places it has, and how many entries could not be read."""

    places: int
    broken: int


def store_path(home: str | None = None) -> Path:
    """Return the file in the home, whether or not it exists."""
    return Home.at(home).places


def open_store(path: Path, *, write: bool = False) -> sqlite3.Connection:
    """Open a connection; for writing, the file and its tables are made where they are missing.

    Raises:
        PlacesSourceError: the file is not a gazetteer, has a later version, or cannot be opened.
    """
    try:
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = open_database(path, synchronous="FULL")
            connection.execute("PRAGMA cache_size = -200000")
        else:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version == 0 and write and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            with hold_transaction(connection):
                for statement in (*_SCHEMA, *_INDEXES):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            version = VERSION
    except (sqlite3.Error, OSError) as error:
        raise PlacesSourceError(f"the gazetteer {str(path)!r} cannot be opened: {format_error(error)}") from error
    if version != VERSION:
        connection.close()
        raise PlacesSourceError(f"{str(path)!r} was made by another version; move it away and add the sources again")
    return connection


@contextmanager
def hold_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold a transaction: a change that happens whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def drop_indexes(connection: sqlite3.Connection) -> None:
    """Drop the indexes of an empty store: built once at the end they cost a tenth."""
    connection.execute("DROP INDEX IF EXISTS names_key")
    connection.execute("DROP INDEX IF EXISTS names_back")
    connection.execute("DROP INDEX IF EXISTS places_ref")


def make_indexes(connection: sqlite3.Connection) -> None:
    """Build the indexes that are missing."""
    for statement in _INDEXES:
        connection.execute(statement)


def list_sources(path: Path) -> list[AddedSource]:
    """Return the sources of a store, in the order they were added; none where there is no file.

    Raises:
        PlacesSourceError: the file cannot be read.
    """
    if not path.exists():
        return []
    connection = open_store(path)
    try:
        columns = ", ".join(AddedSource.__dataclass_fields__)
        return [AddedSource(*row) for row in connection.execute(f"SELECT {columns} FROM sources ORDER BY id")]
    finally:
        connection.close()
