"""Find stored things by name, by kind and by place: what a search is put together from."""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from sextant.atlas.map_index.element import MICRODEGREES, MapError, glue
from sextant.atlas.map_index.feature_words import FeatureWord, name_kinds
from sextant.atlas.map_index.shapes import make_shape
from sextant.atlas.shipped import make_key
from sextant.base.arrays import Floats
from sextant.base.errors import format_error

MOST = 20_000  # things that one part of a question may stand for
_MOST_NAMED = 3000
_KNOWN = 10  # prominence of what is listed as a sight
_CALLED = 0.8  # fit of a thing that is only called what was asked for
_COLUMNS = "id, name, kinds, tags, latitude, longitude, form, shape, address, prominence"
_SELECT = ", ".join(f"elements.{name}" for name in _COLUMNS.split(", "))
_INSIDE = "SELECT id FROM positions WHERE north >= ? AND south <= ? AND east >= ? AND west <= ?"
_NUMBER_FIRST = re.compile(r"(?P<number>\d+(?:\s?(?:bis|ter|[a-z]))?)[\s,]+(?=\D)", re.IGNORECASE)
# The end of a street's name as signs shorten it.
_SHORT = re.compile(r"(?:str|st|ave|av|rd|blvd)(?=$| \d)")
_LONG = {"str": "strasse", "st": "street", "ave": "avenue", "av": "avenue", "rd": "road", "blvd": "boulevard"}


@dataclass(frozen=True, eq=False)
class Row:
    """A stored thing; ``fit`` is 1 where it is called exactly what was asked for, less where its name is longer."""

    number: int
    name: str
    kinds: tuple[str, ...]
    tags: str
    latitude: float
    longitude: float
    form: str
    stored: bytes | None
    address: str
    prominence: int
    fit: float = 1.0

    @cached_property
    def shape(self) -> BaseGeometry:
        """Its geometry in degrees."""
        shape = make_shape(self.form, self.latitude, self.longitude, self.stored)
        shapely.prepare(shape)
        return shape

    @cached_property
    def kind(self) -> str:
        """What it is, in a word or two; a bridge without a name is not called after the road over it."""
        bridge = not self.name and any(kind.startswith("bridge=") for kind in self.kinds)
        return "bridge" if bridge else name_kinds(list(self.kinds))

    @property
    def called(self) -> str:
        """Its name, else its address, else what it is."""
        return self.name or self.address or f"({self.kind})"


def find_by_kind(connection: sqlite3.Connection, word: FeatureWord, bounds: Floats | None) -> list[Row]:
    """Return the things of a kind.

    Raises:
        MapError: there are too many to look through.
    """
    clauses, values = [], []
    for alternative in word.kinds:
        tag = max(alternative)
        if tag.endswith("=*"):
            clauses.append("(kind >= ? AND kind < ?)")
            values += [tag[:-1], f"{tag[:-2]}>"]
        else:
            clauses.append("kind = ?")
            values.append(tag)
    inside = "" if bounds is None else f" AND element IN ({_INSIDE})"
    chosen = f"SELECT DISTINCT element FROM kinds WHERE ({' OR '.join(clauses)}){inside} LIMIT {MOST + 1}"
    rows = _fetch(connection, f"SELECT {_SELECT} FROM elements WHERE id IN ({chosen})", [*values, *_list(bounds)])
    if len(rows) > MOST:
        raise MapError(f"the map has more than {MOST:,} of {word.word!r}; name the place: '{word.word} in TOWN'")
    fitting = [row for row in rows if _fits(row, word)]
    return [*fitting, *_find_called(connection, word, bounds, {row.number for row in fitting})]


def _find_called(
    connection: sqlite3.Connection, word: FeatureWord, bounds: Floats | None, found: set[int]
) -> list[Row]:
    """Return things of a like kind that carry the word in their name: the castle "Ruine Schalun" is a ruin."""
    asked = " OR ".join(f'"{make_key(one)}"' for one in word.all_words)
    ids = f"SELECT element FROM names WHERE id IN (SELECT rowid FROM words WHERE words MATCH ? LIMIT {_MOST_NAMED})"
    keys = tuple({tag.partition("=")[0] + "=" for alternative in word.kinds for tag in alternative})
    rows = _select(connection, ids, [f"key : ({asked})"], bounds)
    return [
        replace(row, fit=_CALLED) for row in rows
        if row.number not in found and any(kind.startswith(keys) for kind in row.kinds)
    ]  # fmt: skip


def find_by_name(connection: sqlite3.Connection, name: str, bounds: Floats | None) -> list[Row]:
    """Return the things called so, else those whose names contain all its words."""
    for key in _list_keys(name):
        ids = f"SELECT element FROM names WHERE glued = ? LIMIT {_MOST_NAMED}"
        rows = _select(connection, ids, [glue(key)], bounds)
        if rows:
            return rows
    return find_longer(connection, name, bounds)


def find_longer(connection: sqlite3.Connection, name: str, bounds: Floats | None) -> list[Row]:
    """Return the things whose names contain all words of a name."""
    for key in _list_keys(name):
        rows = _find_longer(connection, key, bounds)
        if rows:
            return rows
    return []


def find_by_address(connection: sqlite3.Connection, text: str, bounds: Floats | None) -> list[Row]:
    """Return the houses with this street and number."""
    for key in (one for order in (text, _put_number_last(text)) for one in _list_keys(order)):
        ids = f"SELECT element FROM addresses WHERE key = ? LIMIT {_MOST_NAMED}"
        rows = _select(connection, ids, [glue(key)], bounds)
        if rows:
            return rows
    return []


def _put_number_last(text: str) -> str:
    """Return "rue Haute 12 bis" for "12 bis, rue Haute", as addresses are stored; other texts unchanged."""
    number = _NUMBER_FIRST.match(text)
    return f"{text[number.end() :]} {number['number']}" if number else text


def find_inside(connection: sqlite3.Connection, bounds: Floats, limit: int = MOST) -> list[Row]:
    """Return everything whose box touches a box."""
    return _fetch(connection, f"SELECT {_SELECT} FROM elements WHERE id IN ({_INSIDE}) LIMIT {limit}", _list(bounds))


def find_known(connection: sqlite3.Connection, bounds: Floats) -> list[Row]:
    """Return the named things in a box that are historic, of interest to visitors, or have an article."""
    known = f"SELECT {_SELECT} FROM elements WHERE id IN ({_INSIDE}) AND name != '' AND kinds != '' AND prominence >= ?"
    rows = _fetch(connection, f"{known} ORDER BY prominence DESC, id LIMIT ?", [*_list(bounds), _KNOWN, _MOST_NAMED])
    return [row for row in rows if row.kinds]


def _find_longer(connection: sqlite3.Connection, key: str, bounds: Floats | None) -> list[Row]:
    words = key.split()
    asked = " ".join(f'"{word}"' for word in words)
    ids = f"SELECT element FROM names WHERE id IN (SELECT rowid FROM words WHERE words MATCH ? LIMIT {_MOST_NAMED})"
    rows = _select(connection, ids, [f"key : ({asked})"], bounds)
    graded = []
    for row in rows:
        own = len(make_key(row.name).split()) or len(words)
        graded.append(replace(row, fit=round(0.6 + 0.3 * min(1.0, len(words) / own), 3)))
    return graded


def _list_keys(name: str) -> list[str]:
    """Return the key of a name, and with its last word written out where a sign shortens it: "Bahnhofstr."."""
    key = make_key(name)
    short = _SHORT.search(key)
    return [
        one
        for one in (key, f"{key[: short.start()]}{_LONG[short.group()]}{key[short.end() :]}" if short else "")
        if one
    ]


def _select(connection: sqlite3.Connection, ids: str, values: Sequence[object], bounds: Floats | None) -> list[Row]:
    inside = "" if bounds is None else f" AND id IN ({_INSIDE})"
    return _fetch(connection, f"SELECT {_SELECT} FROM elements WHERE id IN ({ids}){inside}", [*values, *_list(bounds)])


def _list(bounds: Floats | None) -> list[int]:
    """Return the values of `_INSIDE`."""
    if bounds is None:
        return []
    south, west, north, east = (bounds * MICRODEGREES).astype(int).tolist()
    return [south, north, west, east]


def _fetch(connection: sqlite3.Connection, statement: str, values: Iterable[object]) -> list[Row]:
    try:
        found = connection.execute(statement, tuple(values)).fetchall()
    except sqlite3.DatabaseError as error:
        raise MapError(
            f"a map is damaged ({format_error(error)}); `sextant map list` says which, `sextant map remove` removes it"
        ) from error
    return [Row(row[0], row[1], tuple(row[2].split("\n")) if row[2] else (), *row[3:]) for row in found]


def _fits(row: Row, word: FeatureWord) -> bool:
    held = set(row.kinds)
    for alternative in word.kinds:
        (first, *_) = alternative
        if first.endswith("=*"):
            if any(kind.startswith(first[:-1]) for kind in held):
                return True
        elif alternative <= held:
            return True
    return False
