"""Read a few stored vectors of a table in microseconds, straight from the data files that LanceDB wrote.

LanceDB keeps long vectors as plain bytes, in a few runs a file, but takes milliseconds to read a hundred rows. So a
small file beside a large gallery's table says in which file and where each run of vectors begins. Where they lie is not
taken from LanceDB's format: it is found by comparing every vector's bytes when the gallery is built. Where they are not
found, in an object store, and in a gallery of an earlier version, LanceDB is asked instead.
"""

import json
import os
import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sextant.base.files import replace_file
from sextant.gallery.search.exact import view_vectors

SUFFIX = ".vectors"
_ROW = "_rowid"  # LanceDB's number of a row: that of its fragment and its place therein
_READ_ROWS = 16_384  # at once
_BLOCK = 1 << 24  # bytes searched at once
_FEWEST_ROWS_A_RUN = 500  # on average; where LanceDB scatters vectors more, as it does short ones, it is asked itself
_RUNS = 64  # allowed in any case


@dataclass(frozen=True)
class _Run:
    """Rows with consecutive numbers whose vectors lie one after another."""

    number: int
    rows: int
    file: str
    offset: int  # bytes


class StoredVectors:
    """The vectors of one version of a table, by LanceDB's row numbers."""

    def __init__(self, folder: Path, dimension: int, runs: list[_Run]) -> None:
        runs = sorted(runs, key=lambda run: run.number)
        self._dimension = dimension
        self._numbers = np.array([run.number for run in runs], dtype=np.int64)
        self._offsets = np.array([run.offset for run in runs], dtype=np.int64)
        names = sorted({run.file for run in runs})
        self._handles: list[int] = []
        weakref.finalize(self, _close, self._handles)
        for name in names:
            self._handles.append(os.open(folder / name, os.O_RDONLY))
        self._files = np.array([names.index(run.file) for run in runs], dtype=np.int64)

    @classmethod
    def opened(cls, folder: Path, table: str, version: int) -> "StoredVectors | None":
        """Open those of a gallery's table at this version; None where the gallery does not say where they lie."""
        if not hasattr(os, "pread"):  # Windows
            return None
        try:
            kept = json.loads(_get_file(folder, table, version).read_text())
            return cls(_get_data_folder(folder, table), kept["dimension"], [_Run(**run) for run in kept["runs"]])
        except FileNotFoundError:
            return None

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.float16]:
        """Read the vectors of rows in the order of their numbers, which must be of this version; (n, dimension)."""
        width = 2 * self._dimension
        run = np.searchsorted(self._numbers, numbers, side="right") - 1
        offsets = self._offsets[run] + (numbers - self._numbers[run]) * width
        read = [
            # Not mapped: the system would count 64 kB of memory for each row that is read from a mapped file.
            os.pread(self._handles[file], width, offset)
            for file, offset in zip(self._files[run].tolist(), offsets.tolist(), strict=True)
        ]
        return np.frombuffer(b"".join(read), dtype="<f2").reshape(-1, self._dimension)


def write_stored_vectors(table: Any, folder: Path) -> bool:
    """Find where the vectors of a table's version lie and keep it; return False where they are too scattered."""
    file = _get_file(folder, table.name, int(table.version))
    runs = _find_runs(table, _get_data_folder(folder, table.name))
    if runs is None:
        file.unlink(missing_ok=True)
        return False
    dimension = int(table.schema.field("vector").type.list_size)
    with replace_file(file) as aside:
        aside.write_text(json.dumps({"dimension": dimension, "runs": [asdict(run) for run in runs]}))
    return True


def _find_runs(table: Any, data: Path) -> list[_Run] | None:
    # After a compaction older files hold the same rows until they are deleted, so the newest are looked at first.
    files = sorted(data.glob("*.lance"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    runs: list[_Run] = []
    rows = 0
    with ExitStack() as stack:
        opened = {file.name: stack.enter_context(file.open("rb")) for file in files}
        for number, vectors in _read_pieces(table):
            rows += len(vectors)
            for found in _locate(number, vectors, opened, runs[-1] if runs else None):
                if found is None or len(runs) > _RUNS + rows // _FEWEST_ROWS_A_RUN:
                    return None
                if runs and _end(runs[-1], vectors.shape[1]) == (found.number, found.file, found.offset):
                    runs[-1] = replace(runs[-1], rows=runs[-1].rows + found.rows)
                else:
                    runs.append(found)
    return runs


def _read_pieces(table: Any) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield the vectors' bytes (n, bytes a vector), and the number of the first row; numbers are consecutive."""
    for batch in table.search().with_row_id(True).select(["vector"]).to_batches(_READ_ROWS):
        numbers = batch[_ROW].to_numpy().astype(np.int64)
        vectors = np.ascontiguousarray(view_vectors(batch["vector"])).view(np.uint8)
        gaps = np.flatnonzero(np.diff(numbers) != 1) + 1
        for start, end in zip([0, *gaps.tolist()], [*gaps.tolist(), len(numbers)], strict=True):
            if end > start:
                yield int(numbers[start]), vectors[start:end]


def _locate(
    number: int, vectors: NDArray[np.uint8], files: Mapping[str, BinaryIO], last: _Run | None
) -> Iterator[_Run | None]:
    """Yield the runs that hold these vectors; None where one is not found. They probably follow the last run."""
    width = vectors.shape[1]
    file, offset = (last.file, last.offset + last.rows * width) if last else (next(iter(files), ""), 0)
    while len(vectors):
        equal = _count_equal(vectors, files[file], offset) if file else 0
        if not equal:
            place = _search(vectors[0].tobytes(), files, file, offset)
            if place is None:
                yield None
                return
            file, offset = place
            equal = _count_equal(vectors, files[file], offset)
        yield _Run(number, equal, file, offset)
        number, offset, vectors = number + equal, offset + equal * width, vectors[equal:]


def _search(wanted: bytes, files: Mapping[str, BinaryIO], file: str, offset: int) -> tuple[str, int] | None:
    """Return file and offset of these bytes: the nearest behind a place, else in any file."""
    places = [(file, offset), *((name, 0) for name in files)] if file else []
    for name, start in places:
        if (at := _find_bytes(wanted, files[name], start)) is not None:
            return name, at
    return None


def _find_bytes(wanted: bytes, file: BinaryIO, start: int) -> int | None:
    """Return the first offset from ``start`` at which a file holds these bytes."""
    file.seek(start)
    tail = b""
    while block := file.read(_BLOCK):
        content = tail + block
        if (at := content.find(wanted)) >= 0:
            return start - len(tail) + at
        start += len(block)
        tail = content[-(len(wanted) - 1) :]
    return None


def _count_equal(vectors: NDArray[np.uint8], file: BinaryIO, offset: int) -> int:
    """Return how many of the vectors lie at this place of a file, one after another."""
    width = vectors.shape[1]
    file.seek(offset)
    stored = np.frombuffer(file.read(vectors.size), dtype=np.uint8)
    rows = len(stored) // width
    differing = np.flatnonzero((stored[: rows * width].reshape(rows, width) != vectors[:rows]).any(axis=1))
    return int(differing[0]) if len(differing) else rows


def _end(run: _Run, width: int) -> tuple[int, str, int]:
    """Return number, file and offset of the row that would continue a run."""
    return run.number + run.rows, run.file, run.offset + run.rows * width


def _close(handles: list[int]) -> None:
    for handle in handles:
        os.close(handle)


def _get_file(folder: Path, table: str, version: int) -> Path:
    return folder / f"{table}-{version}{SUFFIX}"


def _get_data_folder(folder: Path, table: str) -> Path:
    return folder / f"{table}.lance" / "data"
