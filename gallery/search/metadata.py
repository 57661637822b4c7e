"""Metadata of each photo in a memory-mapped file, from which a few rows are read in microseconds.

The file is the metadata of a table (``photos`` or ``outliers``) in its order, as Arrow keeps it in memory, and is
mapped, not loaded: LanceDB takes two milliseconds to read the same sixteen rows, a quarter of a search among a million.
It is a copy, named after the table's version. A gallery in an object store has none, nor has one that was built
before there were such files; there LanceDB is asked.
"""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from sextant.base.files import replace_file

METADATA = ("id", "latitude", "longitude", "author", "source", "country_code", "captured_at", "sha256", "phash", "uri")
SUFFIX = ".details"
_ROW = "_rowid"  # LanceDB's number of a row: that of its fragment and its place therein
_READ_ROWS = 16_384  # at once, when the file is written
_WRITTEN_ROWS = 1024  # in one piece: each column of a piece that a row lies in is mapped with 64 kB around it
_KEPT_BYTES = 1 << 25  # a file that may stay mapped whole
_MAPPED_ROWS = 256  # of a larger one, read until its pages are let go: each row maps 0.2 MB around it
_FEW = 128  # rows up to which one slice each is faster than one gathering of all: 0.1 ms against 0.7 for sixteen


class Details:
    """The metadata of every row of one version of a table, by LanceDB's row numbers."""

    def __init__(self, batches: Sequence[pa.RecordBatch], file: mmap.mmap | None = None) -> None:
        """Index the rows.

        Args:
            batches: of the table, in its order.
            file: that they lie in, where its pages are to be let go.
        """
        self._file, self._rows_read = file, 0
        self._batches = [batch.select(METADATA) for batch in batches]
        self._starts = np.cumsum([0, *(batch.num_rows for batch in batches)])[:-1]
        numbers = np.concatenate([batch[_ROW].to_numpy() for batch in batches]).astype(np.int64)
        firsts = np.concatenate([[0], np.flatnonzero(np.diff(numbers) != 1) + 1])  # of each run without a gap
        order = np.argsort(numbers[firsts])
        self._run_places: NDArray[np.int64] = firsts[order]
        self._run_numbers: NDArray[np.int64] = numbers[firsts][order]

    @classmethod
    def opened(cls, folder: Path, table: str, version: int) -> "Details | None":
        """Open the details of a gallery's table at this version; None where the gallery keeps none."""
        file = _get_file(folder, table, version)
        if not file.exists():
            return None
        with file.open("rb") as opened:
            mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        reader = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(mapped)))
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        return cls(batches, mapped if len(mapped) > _KEPT_BYTES else None)

    def rows(self, numbers: ArrayLike) -> pa.Table:
        """Read the metadata of rows in the order of their numbers, which must be of this version."""
        wanted = np.asarray(numbers, dtype=np.int64)
        self._let_pages_go(len(wanted))
        run = np.searchsorted(self._run_numbers, wanted, side="right") - 1
        places = self._run_places[run] + wanted - self._run_numbers[run]
        if len(places) > _FEW:
            return pa.Table.from_batches(self._batches).take(pa.array(places))
        batch = np.searchsorted(self._starts, places, side="right") - 1
        within = (places - self._starts[batch]).tolist()
        rows = [self._batches[which].slice(row, 1) for which, row in zip(batch.tolist(), within, strict=True)]
        return pa.Table.from_batches(rows, schema=self._batches[0].schema).combine_chunks()

    def _let_pages_go(self, rows: int) -> None:
        """Unmap pages now and then: a search of millions would map the whole file. They stay in the system's cache."""
        self._rows_read += rows
        if self._file is not None and self._rows_read > _MAPPED_ROWS and hasattr(mmap, "MADV_DONTNEED"):
            self._rows_read = 0
            self._file.madvise(mmap.MADV_DONTNEED)


def write_details(table: Any, folder: Path) -> None:
    """Keep the details of a table at its version, all or nothing; a few thousand rows are in memory at once."""
    file = _get_file(folder, table.name, int(table.version))
    scan = table.search().with_row_id(True).select(list(METADATA)).to_batches(_READ_ROWS)
    with replace_file(file) as aside, aside.open("wb") as sink, pa.ipc.new_file(sink, scan.schema) as writer:
        for batch in scan:
            writer.write_table(pa.Table.from_batches([batch]), max_chunksize=_WRITTEN_ROWS)


def _get_file(folder: Path, table: str, version: int) -> Path:
    return folder / f"{table}-{version}{SUFFIX}"
