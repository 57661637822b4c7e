"""Read rows of a MySQL dump: the columns of its CREATE TABLE and the values of its INSERT lines."""

import re
from collections.abc import Iterator
from pathlib import Path

from sextant.atlas.gazetteer.feature import PlacesSourceError, UnreadableLine
from sextant.atlas.importers.text import open_text, read_lines

_COLUMN = re.compile(r"\s*`(\w+)` ")
_TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?`(\w+)`")
_ROW = re.compile(r"\(((?:[^()']|'(?:[^'\\]|\\.)*')*)\)")
_VALUE = re.compile(r"'((?:[^'\\]|\\.)*)'|([^,']+)")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def read_rows(path: Path, table: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, ...] | UnreadableLine]:
    """Yield the wanted columns of each row of a table, as text; NULL is an empty text.

    Raises:
        PlacesSourceError: the file is not a dump of the table, or lacks a wanted column.
    """
    columns: list[str] = []
    inside, places = False, None
    with open_text(path) as file:
        for number, line in enumerate(read_lines(file), 1):
            if created := _TABLE.match(line):
                inside = created[1] == table
            elif inside and (column := _COLUMN.match(line)):
                columns.append(column[1])
            elif line.startswith(f"INSERT INTO `{table}`"):
                if places is None:
                    if missing := [name for name in wanted if name not in columns]:
                        raise PlacesSourceError(f"{str(path)!r} has no column {missing[0]!r} of table {table!r}")
                    places = [columns.index(name) for name in wanted]
                for row in _ROW.finditer(line, line.find("VALUES") + 6):
                    values = [_unescape(found) for found in _VALUE.finditer(row[1])]
                    if len(values) != len(columns):
                        yield UnreadableLine(number, f"{len(values)} values for {len(columns)} columns")
                        continue
                    yield tuple(values[place] for place in places)
    if places is None:
        raise PlacesSourceError(f"{str(path)!r} has no rows for table {table!r}; is it the right dump?")


def _unescape(found: re.Match[str]) -> str:
    if found[1] is not None:
        return _ESCAPE.sub(lambda mark: _ESCAPED.get(mark[1], mark[1]), found[1]) if "\\" in found[1] else found[1]
    plain = found[2].strip()
    return "" if plain == "NULL" else plain
