"""The files of the map index: one SQLite file for each extract, in the folder `maps` of the home.

A file that is being made ends in `.part`; it gets its name when it is whole, so a search sees whole maps only.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sextant.atlas.imported_source import ImportedSource
from sextant.atlas.map_index.element import MapError
from sextant.base.errors import format_error
from sextant.base.home import Home

VERSION = 1
ENDING = ".sqlite"
SCHEMA = (
    "CREATE TABLE source (name TEXT, format TEXT, licence TEXT, file TEXT, bytes INTEGER, file_date TEXT, added TEXT,"
    " elements INTEGER, names INTEGER, done INTEGER)",
    "CREATE TABLE elements (id INTEGER PRIMARY KEY, name TEXT, kinds TEXT, tags TEXT, latitude REAL, longitude REAL,"
    " form TEXT, shape BLOB, address TEXT, prominence INTEGER)",
    "CREATE TABLE names (id INTEGER PRIMARY KEY, key TEXT, glued TEXT, element INTEGER)",
    "CREATE TABLE addresses (key TEXT, element INTEGER)",
    "CREATE TABLE kinds (kind TEXT, element INTEGER)",
    "CREATE VIRTUAL TABLE positions USING rtree_i32(id, south, north, west, east)",
    "CREATE VIRTUAL TABLE words USING fts5(key, content='names', content_rowid='id')",
)
INDEXES = (
    "CREATE INDEX IF NOT EXISTS names_glued ON names (glued, element)",
    "CREATE INDEX IF NOT EXISTS addresses_key ON addresses (key, element)",
    "CREATE INDEX IF NOT EXISTS kinds_kind ON kinds (kind, element)",
    "INSERT INTO words(words) VALUES ('rebuild')",
)


@dataclass(frozen=True)
class MapSource(ImportedSource):
    """A map as the index lists it: how many things it has."""

    elements: int


def maps_folder(home: str | None = None) -> Path:
    """Return the folder in the home, whether or not it exists."""
    return Home.at(home).maps


def list_map_files(folder: Path) -> list[Path]:
    """Return the files of whole maps, by name."""
    return sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else []


def open_map(path: Path) -> sqlite3.Connection:
    """Open a whole map for reading.

    Raises:
        MapError: the file is not a map, or has another version.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except (sqlite3.Error, OSError) as error:
        raise _make_damaged_error(path, error) from error
    if version != VERSION:
        connection.close()
        raise MapError(f"{str(path)!r} was made by another version; add the extract again with: sextant map add FILE")
    return connection


def _make_damaged_error(path: Path, error: Exception) -> MapError:
    name = path.name.removesuffix(ENDING)
    return MapError(
        f"the map {name!r} cannot be read ({format_error(error)}); remove it with `sextant map remove {name}` and add "
        "the extract again"
    )


def list_maps(folder: Path) -> list[MapSource]:
    """Return the maps of a folder, by name.

    Raises:
        MapError: one cannot be read.
    """
    columns = ", ".join(MapSource.__dataclass_fields__)
    found = []
    for path in list_map_files(folder):
        connection = open_map(path)
        try:
            found.append(MapSource(*connection.execute(f"SELECT {columns} FROM source").fetchone()))
        except (sqlite3.Error, TypeError) as error:
            raise _make_damaged_error(path, error) from error
        finally:
            connection.close()
    return found


def remove_map(folder: Path, name: str) -> int:
    """Delete a map by the name that `list_maps` shows; return how many elements it had.

    Raises:
        MapError: no map has this name, or the file cannot be deleted.
    """
    path = next((one for one in list_map_files(folder) if one.name == f"{name}{ENDING}"), None)
    if path is None:
        names = ", ".join(one.name.removesuffix(ENDING) for one in list_map_files(folder)) or "none"
        raise MapError(f"unknown map {name!r}; the maps are: {names}")
    elements = _count_elements(path)
    try:
        path.unlink()
    except OSError as error:
        raise MapError(f"{str(path)!r} cannot be deleted: {format_error(error)}") from error
    return elements


def _count_elements(path: Path) -> int:
    """Return how many elements a map has; 0 where it is damaged."""
    try:
        connection = open_map(path)
    except MapError:
        return 0
    try:
        return int(connection.execute("SELECT elements FROM source").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return 0
    finally:
        connection.close()
