"""Add a source to the gazetteer store, or remove one."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from sextant.atlas.gazetteer.feature import Alias, Feature, PlacesSourceError, UnreadableLine
from sextant.atlas.gazetteer.store import (
    MICRODEGREES,
    drop_indexes,
    hold_transaction,
    make_indexes,
    open_store,
)  # fmt: skip
from sextant.atlas.importers.detect import PlacesSource, detect_source
from sextant.atlas.shipped import make_key
from sextant.base.errors import format_error
from sextant.base.locks import AlreadyLocked, Lock
from sextant.geo.borders import find_countries

_BATCH = 20_000
_LONGEST_NAME = 200
_MOST_NAMES = 60  # of one place
_MOST_LISTED = 20
# Of more lines than this share unread, the file is another one than it was taken for.
_MOST_BROKEN, _LEAST_LINES = 0.5, 20


@dataclass
class ImportReport:
    """What an import did: places and names added, and lines that could not be read (the first of them listed)."""

    source: str
    places: int = 0
    names: int = 0
    broken: int = 0
    first_broken: list[UnreadableLine] = field(default_factory=list)


def add_source(store: Path, file: Path, tell: Callable[[int], None] = lambda count: None) -> ImportReport:
    """Read a file into the store. A source of the same name is replaced.

    Args:
        store: the SQLite file; made where it is missing.
        file: a published gazetteer, see `sextant.atlas.importers.detect`.
        tell: is told the number of places so far, now and then.

    Raises:
        PlacesSourceError: the file cannot be read, another import runs, or the disk is full. The store is as it was.
    """
    source = detect_source(file)
    lock = Lock(store.with_name(f"{store.name}.lock"))
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        lock.take()
    except AlreadyLocked as error:
        raise PlacesSourceError(
            f"another import into {str(store)!r} is running ({error.holder}); wait for it to end"
        ) from error
    except OSError as error:
        raise PlacesSourceError(f"{str(store)!r} cannot be written: {format_error(error)}") from error
    try:
        connection = open_store(store, write=True)
        try:
            with hold_transaction(connection):
                return _fill(connection, source, tell)
        except sqlite3.Error as error:
            raise PlacesSourceError(
                f"{str(store)!r} cannot take {file.name!r}: {format_error(error)}; nothing was changed"
            ) from error
        finally:
            connection.close()
    finally:
        lock.release()


def remove_source(store: Path, name: str) -> int:
    """Remove a source; return how many places went with it.

    Raises:
        PlacesSourceError: no source has this name.
    """
    connection = open_store(store, write=True)
    try:
        with hold_transaction(connection):
            found = connection.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()
            if found is None:
                names = ", ".join(row[0] for row in connection.execute("SELECT name FROM sources")) or "none"
                raise PlacesSourceError(f"unknown source {name!r}; the sources are: {names}")
            return _remove(connection, int(found[0]))
    except sqlite3.Error as error:
        raise PlacesSourceError(f"{str(store)!r} cannot be changed: {format_error(error)}") from error
    finally:
        connection.close()


def _remove(connection: sqlite3.Connection, source: int) -> int:
    mine = "SELECT id FROM places WHERE source = ?"
    connection.execute(f"DELETE FROM names WHERE place IN ({mine})", (source,))
    connection.execute(f"DELETE FROM positions WHERE id IN ({mine})", (source,))
    gone = connection.execute("DELETE FROM places WHERE source = ?", (source,)).rowcount
    connection.execute("DELETE FROM sources WHERE id = ?", (source,))
    return gone


def _fill(connection: sqlite3.Connection, source: PlacesSource, tell: Callable[[int], None]) -> ImportReport:
    name = source.path.name
    report = ImportReport(name)
    old = connection.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()
    if old:
        _remove(connection, int(old[0]))
    empty = connection.execute("SELECT 1 FROM places LIMIT 1").fetchone() is None
    if empty:
        drop_indexes(connection)
    number = int(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM sources").fetchone()[0])
    for batch in _split_batches(_count(source.read(source.path), report)):
        if source.adds_names:
            _add_aliases(connection, [one for one in batch if isinstance(one, Alias)], report)
        else:
            _add_features(connection, [one for one in batch if isinstance(one, Feature)], number, report)
        tell(report.places or report.names)
        if report.broken > _LEAST_LINES and report.broken > _MOST_BROKEN * (
            report.broken + report.places + report.names
        ):
            first = report.first_broken[0]
            raise PlacesSourceError(
                f"{str(source.path)!r} is not a {source.format} file: {report.broken} lines cannot be read, the first "
                f"is line {first.line} ({first.reason}); nothing was changed"
            )
    if not report.places and not report.names:
        why = f"; line {report.first_broken[0].line}: {report.first_broken[0].reason}" if report.first_broken else ""
        raise PlacesSourceError(f"no place could be read from {str(source.path)!r}{why}; nothing was changed")
    make_indexes(connection)
    status = source.path.stat()
    connection.execute(
        "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number, name, source.format, source.licence, str(source.path.resolve()), status.st_size,
            datetime.fromtimestamp(status.st_mtime, UTC).date().isoformat(), datetime.now(UTC).date().isoformat(),
            report.places, report.names, report.broken,
        ),
    )  # fmt: skip
    return report


def _split_batches(read: Iterator[Feature | Alias]) -> Iterator[list[Feature | Alias]]:
    while batch := list(islice(read, _BATCH)):
        yield batch


def _count(read: Iterator[Feature | Alias | UnreadableLine], report: ImportReport) -> Iterator[Feature | Alias]:
    for one in read:
        if isinstance(one, UnreadableLine):
            report.broken += 1
            if len(report.first_broken) < _MOST_LISTED:
                report.first_broken.append(one)
        else:
            yield one


def _add_features(connection: sqlite3.Connection, features: list[Feature], source: int, report: ImportReport) -> None:
    place = int(connection.execute("SELECT coalesce(max(id), 0) FROM places").fetchone()[0])
    name = int(connection.execute("SELECT coalesce(max(id), 0) FROM names").fetchone()[0])
    places, names, positions = [], [], []
    for feature, country in zip(features, _find_countries(features), strict=True):
        place += 1
        latitude, longitude = round(feature.latitude * MICRODEGREES), round(feature.longitude * MICRODEGREES)
        places.append(
            (
                place, source, feature.ref, feature.name[:_LONGEST_NAME], feature.kind.value, feature.latitude,
                feature.longitude, country, feature.population, feature.prominence,
            )
        )  # fmt: skip
        positions.append((place, latitude, latitude, longitude, longitude))
        for key in _list_keys(feature.name, *feature.aliases):
            name += 1
            names.append((name, key, place))
    connection.executemany("INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", places)
    connection.executemany("INSERT INTO positions VALUES (?, ?, ?, ?, ?)", positions)
    _insert_names(connection, names)
    report.places += len(places)
    report.names += len(names)


def _add_aliases(connection: sqlite3.Connection, aliases: list[Alias], report: ImportReport) -> None:
    make_indexes(connection)
    name = int(connection.execute("SELECT coalesce(max(id), 0) FROM names").fetchone()[0])
    names = []
    for alias in aliases:
        found = connection.execute("SELECT id FROM places WHERE ref = ? LIMIT 1", (alias.ref,)).fetchone()
        if found is None:
            continue
        if alias.weight:
            connection.execute(
                "UPDATE places SET prominence = min(100, prominence + ?) WHERE id = ?", (alias.weight, found[0])
            )
        for key in _list_keys(alias.name) if alias.name else ():
            if (
                connection.execute("SELECT 1 FROM names WHERE key = ? AND place = ?", (key, found[0])).fetchone()
                is None
            ):
                name += 1
                names.append((name, key, found[0]))
    _insert_names(connection, names)
    report.names += len(names)


def _insert_names(connection: sqlite3.Connection, names: list[tuple[int, str, int]]) -> None:
    rows = ((number, key, key[::-1], place) for number, key, place in names)
    connection.executemany("INSERT INTO names VALUES (?, ?, ?, ?)", rows)


def _list_keys(*names: str) -> list[str]:
    keys = (make_key(name[:_LONGEST_NAME]) for name in names[:_MOST_NAMES])
    return list(dict.fromkeys(key for key in keys if key))


def _find_countries(features: list[Feature]) -> list[str | None]:
    """Return the country of each feature: the source's, else the one whose borders hold it."""
    missing = [number for number, feature in enumerate(features) if feature.country is None]
    codes = [feature.country for feature in features]
    if missing:
        at = np.array([(features[number].latitude, features[number].longitude) for number in missing])
        for number, country in zip(missing, find_countries(at, reach_km=5), strict=True):
            codes[number] = country.code if country else None
    return codes
