"""The file that a batch grows, a line for each photo that ended, and the lock that keeps other processes out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sextant.base.errors import SextantError
from sextant.base.json_lines import JsonLines
from sextant.base.json_types import Json
from sextant.base.locks import AlreadyLocked, Lock


class FolderError(SextantError):
    """The folder of a batch cannot be read or written, or another process works on it."""


@contextmanager
def lock_writer(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone; the system lets go of it when the process dies, however it dies.

    Raises:
        FolderError: another process works on it, or it cannot be written.
    """
    lock = Lock(folder / "lock")
    try:
        lock.take()
    except AlreadyLocked as error:
        raise FolderError(
            f"another process ({error.holder}) is working on {str(folder)!r}; wait for it, or give another --out"
        ) from error
    except OSError as error:
        raise FolderError(f"cannot write to {str(folder)!r}: {error.strerror}; give another --out") from error
    try:
        yield
    finally:
        lock.release()


class LineWriter:
    """Appends lines, each whole and on the disk before the next. Safe for many threads."""

    def __init__(self, path: Path) -> None:
        """Open the file, after cutting off a last line that a crash left unfinished.

        Raises:
            FolderError: the disk does not take it.
        """
        try:
            self._file = JsonLines(path, fsync=True)
        except OSError as error:
            raise make_unwritable_error(path, error) from error
        self.repaired = self._file.repaired

    def append(self, line: Json) -> None:
        """Write one line and wait until the disk has it; one that the disk does not take leaves nothing behind.

        Raises:
            FolderError: the disk does not take it.
        """
        try:
            self._file.append(line)
        except OSError as error:
            raise make_unwritable_error(self._file.path, error) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def open_writer(path: Path) -> Iterator[LineWriter]:
    """Open the file of lines and close it at the end.

    Raises:
        FolderError: the disk does not take it.
    """
    writer = LineWriter(path)
    try:
        yield writer
    finally:
        writer.close()


def make_unwritable_error(path: Path, error: OSError) -> FolderError:
    """Make the error for a file that the disk does not take."""
    return FolderError(f"cannot write {str(path)!r}: {error.strerror}; free space, then run the same command again")
