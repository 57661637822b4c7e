"""Make the map index of an extract. A killed import resumes; the earlier map stays until the new one is whole."""

import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from sextant.atlas.map_index.element import MICRODEGREES, Element, Form, MapError, glue, pack_parts
from sextant.atlas.map_index.osm_reader import LICENCE, read_elements
from sextant.atlas.map_index.store import ENDING, INDEXES, SCHEMA, VERSION
from sextant.atlas.shipped import make_key
from sextant.base.errors import format_error
from sextant.base.locks import AlreadyLocked, Lock

_BATCH = 20_000  # elements held in memory, and lost with a kill
_EXTRACTS = (".osm.pbf", ".pbf", ".osm")
_HEAD = bytes([0, 0, 0])  # of a .pbf: the length of its first header, below 256
_MOST_NAMES = 20


@dataclass(frozen=True)
class AddedMap:
    """What was made: the map's name, its elements and names, and how many of them an earlier try had read."""

    source: str
    elements: int
    names: int
    resumed: int = 0


def add_map(folder: Path, file: Path, tell: Callable[[int], None] = lambda count: None) -> AddedMap:
    """Make the index of an extract. A map of the same name is replaced when the new one is whole.

    Args:
        folder: where maps lie; made where it is missing.
        file: an `.osm.pbf`.
        tell: is told the number of elements so far, now and then.

    Raises:
        MissingPackage: pyosmium is not installed.
        MapError: the file is not an extract, another import of it runs, or the disk is full.
    """
    _check_extract(file)
    target = folder / f"{file.name}{ENDING}"
    lock = Lock(target.with_name(f"{target.name}.lock"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.take()
    except AlreadyLocked as error:
        raise MapError(f"{file.name!r} is being added already ({error.holder}); wait for it to end") from error
    except OSError as error:
        raise MapError(f"{str(folder)!r} cannot be written: {format_error(error)}") from error
    try:
        return _make(target, file, tell)
    except (sqlite3.Error, OSError) as error:
        raise MapError(
            f"{str(target)!r} cannot be written: {format_error(error)}; free some space and run the command again, "
            "it resumes where it stopped"
        ) from error
    finally:
        target.with_name(f"{target.name}.nodes").unlink(missing_ok=True)
        lock.release()


def _check_extract(file: Path) -> None:
    if not file.is_file():
        raise MapError(f"{str(file)!r} is not a file; give an OpenStreetMap extract such as liechtenstein.osm.pbf")
    if not file.name.lower().endswith(_EXTRACTS):
        raise MapError(f"{str(file)!r} is not an OpenStreetMap extract; its name should end in .osm.pbf")
    with file.open("rb") as opened:
        head = opened.read(20)
    if file.name.lower().endswith(".pbf") and not (head.startswith(_HEAD) and b"OSMHeader" in head):
        raise MapError(f"{str(file)!r} is not an .osm.pbf file; download it again")


def _make(target: Path, file: Path, tell: Callable[[int], None]) -> AddedMap:
    part = target.with_name(f"{target.name}.part")
    status = file.stat()
    connection = _open_part(part, file)
    try:
        done = resumed = int(connection.execute("SELECT done FROM source").fetchone()[0])
        read = islice(read_elements(file, target.with_name(f"{target.name}.nodes")), done, None)
        while batch := list(islice(read, _BATCH)):
            connection.execute("BEGIN")
            _insert(connection, batch, done)
            done += len(batch)
            connection.execute("UPDATE source SET done = ?", (done,))
            connection.execute("COMMIT")
            tell(done)
        if not done:
            raise MapError(f"{str(file)!r} holds nothing that can be searched")
        for statement in INDEXES:
            connection.execute(statement)
        names = int(connection.execute("SELECT count(*) FROM names").fetchone()[0])
        added, dated = datetime.now(UTC).date(), datetime.fromtimestamp(status.st_mtime, UTC).date()
        connection.execute(
            "UPDATE source SET elements = ?, names = ?, added = ?, file_date = ?",
            (done, names, added.isoformat(), dated.isoformat()),
        )
        connection.execute("ANALYZE")
    except MapError:
        connection.close()
        if not _has_content(part):
            part.unlink(missing_ok=True)
        raise
    finally:
        connection.close()
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    os.replace(part, target)
    return AddedMap(file.name, done, names, resumed)


def _open_part(part: Path, file: Path) -> sqlite3.Connection:
    """Open what an earlier try of the same file left, else an empty file."""
    status = file.stat()
    if part.exists():
        connection = sqlite3.connect(part, isolation_level=None)
        try:
            same = connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
            row = connection.execute("SELECT bytes, file_date FROM source").fetchone() if same else None
            if row == (status.st_size, str(status.st_mtime_ns)):
                return connection
        except sqlite3.Error:
            pass  # it was killed while the tables were made: begin anew
        connection.close()
        part.unlink()
    connection = sqlite3.connect(part, isolation_level=None)
    connection.execute("PRAGMA cache_size = -100000")
    connection.execute("BEGIN")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO source VALUES (?, 'OpenStreetMap', ?, ?, ?, ?, '', 0, 0, 0)",
        (file.name, LICENCE, str(file.resolve()), status.st_size, str(status.st_mtime_ns)),
    )
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
    return connection


def _has_content(part: Path) -> bool:
    connection = sqlite3.connect(part)
    try:
        return bool(connection.execute("SELECT done FROM source").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return False
    finally:
        connection.close()


def _insert(connection: sqlite3.Connection, batch: list[Element], done: int) -> None:
    elements, positions, names, addresses, kinds = [], [], [], [], []
    for number, one in enumerate(batch, done + 1):
        corners = np.concatenate(one.parts)
        south, west = np.floor(corners.min(0) * MICRODEGREES).astype(int).tolist()
        north, east = np.ceil(corners.max(0) * MICRODEGREES).astype(int).tolist()
        shape = None if one.form is Form.POINT else pack_parts(one.parts)
        tags = json.dumps(one.tags, ensure_ascii=False, sort_keys=True) if one.tags else ""
        elements.append(
            (
                number, one.name, "\n".join(one.kinds), tags, one.latitude, one.longitude, one.form.value, shape,
                one.address, one.prominence,
            )
        )  # fmt: skip
        positions.append((number, south, north, west, east))
        keys = dict.fromkeys(make_key(name) for name in (one.name, *one.names[:_MOST_NAMES]) if name)
        names += [(key, glue(key), number) for key in keys if key]
        if one.address:
            addresses.append((glue(make_key(one.address)), number))
        kinds += [(kind, number) for kind in one.kinds]
    connection.executemany("INSERT INTO elements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", elements)
    connection.executemany("INSERT INTO positions VALUES (?, ?, ?, ?, ?)", positions)
    connection.executemany("INSERT INTO names (key, glued, element) VALUES (?, ?, ?)", names)
    connection.executemany("INSERT INTO addresses VALUES (?, ?)", addresses)
    connection.executemany("INSERT INTO kinds VALUES (?, ?)", kinds)
