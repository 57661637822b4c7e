"""Append-only files of JSON objects, one per line.

A process that dies while it appends leaves a *torn tail*: a last line that lacks its end. It is cut off when the file
is opened for appending and left out when it is read. A broken line before the last cannot come from a crash: the file
was changed, and that is an error. A write that the disk takes only in part is cut back, so that a later line never
joins the rest of an earlier one.
"""

import errno
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sextant.base.files import write_whole
from sextant.base.json_text import encode_json
from sextant.base.json_types import Json

_CHUNK_BYTES = 65_536
_PATIENCE_S = 0.005


@dataclass(frozen=True)
class Line:
    """One whole line: its number from 1, its object, and the byte after its end."""

    number: int
    value: Json
    end: int


class BrokenLine(ValueError):
    """A line that is not a JSON object and is not the last one: the file was changed after it was written."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number
        self.reason = reason


class JsonLines:
    """A file open for appending, from any thread of one process. Other processes are kept out by a lock of the caller.

    Attributes:
        path: the file.
        repaired: whether a torn tail was cut off when it was opened.
    """

    def __init__(self, path: Path, *, fsync: bool = False) -> None:
        """Open or make the file and cut off a torn tail.

        Args:
            path: the file; its folder exists.
            fsync: wait after each append until the disk holds it.

        Raises:
            OSError: the file cannot be opened or written.
        """
        self.path = path
        self._fsync = fsync
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._synced = self._size = 0
        self._taken = 0  # the end of the last line whose append has succeeded
        self._kept: list[int] = []  # the sizes to which lines were cut back because the disk did not hold them
        self._writing: list[None] = []  # one for each thread that is writing; a list changes in one step
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        try:
            size = os.fstat(self._file).st_size
            if size:
                with path.open("rb") as file:
                    self._size = self._taken = measure_sound_size(file)
            self.repaired = size > self._size
            if self.repaired:
                os.ftruncate(self._file, self._size)
        except BaseException:
            self.close()
            raise

    @property
    def empty(self) -> bool:
        """Whether the file holds no line."""
        return self._size == 0

    def append(self, *lines: Json, fsync: bool | None = None) -> None:
        """Append lines together: all of them, or none where the disk does not take them.

        Args:
            fsync: wait until the disk holds them; None is as the file was opened. Threads that wait at the same time
                share one wait.

        Raises:
            OSError: the disk does not take them, or the file is closed.
        """
        content = b"".join(map(format_line, lines))
        self._writing.append(None)
        try:
            end, cuts = self._append(content)
        finally:
            self._writing.pop()
        if self._fsync if fsync is None else fsync:
            self._wait_for_disk(end, cuts)
        with self._lock:
            self._taken = max(self._taken, min(end, self._size))

    def wait_for_disk(self) -> None:
        """Wait until the disk holds every line so far.

        Raises:
            OSError: the disk does not take them.
        """
        with self._lock:
            end, cuts = self._size, len(self._kept)
        self._wait_for_disk(end, cuts)

    def _append(self, content: bytes) -> tuple[int, int]:
        """Append bytes, all or none of them; return the size of the file after them, and the number of cuts so far."""
        with self._lock:
            if self._file is None:
                raise OSError(9, f"{str(self.path)!r} is closed")
            try:
                write_whole(self._file, content)
            except BaseException:
                os.ftruncate(self._file, self._size)
                raise
            self._size += len(content)
            return self._size, len(self._kept)

    def _wait_for_disk(self, end: int, cuts: int) -> None:
        """Wait until the disk holds the file up to a size; a wait that another thread began later also counts.

        Where the disk does not hold it, the lines of all that wait are cut off: an append that fails leaves nothing.
        """
        with self._syncing:
            if len(self._kept) > cuts and end > self._kept[cuts]:
                raise OSError(errno.EIO, f"the last lines could not be written to {str(self.path)!r}")
            if self._synced >= end or self._file is None:
                return
            # Writing to a file stands still while the disk is waited for: let those who are about to write go first.
            patience = time.monotonic() + _PATIENCE_S
            while self._writing and time.monotonic() < patience:
                time.sleep(0.0002)
            size = self._size
            try:
                os.fsync(self._file)
            except OSError:
                self._cut_back()
                raise
            self._synced = size

    def _cut_back(self) -> None:
        with self._lock:
            if self._file is not None:
                self._size = max(self._taken, self._synced)
                os.ftruncate(self._file, self._size)
            self._kept.append(self._size)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the whole lines of a file; a torn tail is left out (see ``is_torn``).

    Raises:
        OSError: the file cannot be read.
        BrokenLine: a line before the last is not a JSON object.
    """
    with path.open("rb") as file:
        end = 0
        raw = file.readline()
        number = 0
        while raw:
            number += 1
            end += len(raw)
            following = file.readline()
            value = _parse(raw)
            if isinstance(value, str):
                if following:
                    raise BrokenLine(number, value)
                return
            yield Line(number, value, end)
            raw = following


def is_torn(path: Path) -> bool:
    """Return whether the file ends in a torn tail.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return measure_sound_size(file) < os.fstat(file.fileno()).st_size


def measure_sound_size(file: BinaryIO) -> int:
    """Return the number of bytes before a torn tail, all bytes where there is none. Reads only the end of the file."""
    size = file.seek(0, os.SEEK_END)
    end = _find_last_newline(file, size)
    if end == 0:
        return 0
    start = _find_last_newline(file, end - 1)
    file.seek(start)
    return start if isinstance(_parse(file.read(end - start)), str) else end


def format_line(value: Json) -> bytes:
    """Return a line of the file, in readable UTF-8; escaped where a text holds lone surrogates, which UTF-8 cannot."""
    return encode_json(value) + b"\n"


def _parse(raw: bytes) -> Json | str:
    """Return the object of a line, or why it is not an object."""
    if not raw.endswith(b"\n"):
        return "its end is missing"
    try:
        value: Any = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return str(error) or type(error).__name__
    return value if isinstance(value, dict) else "it is not a JSON object"


def _find_last_newline(file: BinaryIO, size: int) -> int:
    """Return the place after the last newline among the first ``size`` bytes, 0 where there is none."""
    while size:
        start = max(0, size - _CHUNK_BYTES)
        file.seek(start)
        at = file.read(size - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        size = start
    return 0
