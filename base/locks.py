"""Locks between processes. The system releases a lock when its process ends, for whatever reason."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any


class AlreadyLocked(Exception):
    """Another process, or another place in this one, holds the lock. ``holder`` is ``pid N`` or ``unknown``."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class Lock:
    """An exclusive lock on a file of its own, which holds the process id of whoever holds it.

    The file is never the one that is protected: on Windows a locked file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        from filelock import FileLock  # takes long to load, and most commands take no lock

        self.path = path
        # Not by thread: a run may end in another thread than the one it began in.
        self._lock = FileLock(path, thread_local=False, on_acquired=_sign)

    def take(self) -> None:
        """Take the lock now. Its folder is made where it is missing.

        Raises:
            AlreadyLocked: somebody holds it.
            OSError: the file cannot be made.
        """
        from filelock import Timeout

        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise AlreadyLocked(_describe_holder(self.path)) from error

    def wait(self) -> None:
        """Take the lock as soon as nobody else holds it.

        Raises:
            OSError: the file cannot be made.
        """
        self._lock.acquire()

    def release(self) -> None:
        """Let go of the lock and delete its file; without effect where it is not held."""
        if not self._lock.is_locked:
            return
        with suppress(OSError):  # Windows keeps an open file; an empty lock file does no harm
            self.path.unlink()
        self._lock.release()


def is_locked(path: Path) -> bool:
    """Return whether somebody holds the lock on this file. Makes no file."""
    if not path.exists():
        return False
    from filelock import FileLock, Timeout

    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def _load_fcntl() -> Any:
    """Return the module that locks open files; None on Windows, which has none."""
    try:
        import fcntl
    except ImportError:
        return None
    return fcntl


_FCNTL = _load_fcntl()


class DataLock:
    """An exclusive lock on the very file that is protected: there is no second file to make and to delete.

    On Windows, where a locked file cannot be read, a file beside it is locked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._beside = Lock(_make_beside(path)) if _FCNTL is None else None

    def take(self) -> None:
        """Take the lock now; the file is made where it is missing.

        Raises:
            AlreadyLocked: somebody holds it.
            OSError: the file cannot be opened or made.
        """
        if self._beside is not None:
            self._beside.take()
            return
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _FCNTL.flock(file, _FCNTL.LOCK_EX | _FCNTL.LOCK_NB)
        except BaseException as error:
            os.close(file)
            if isinstance(error, BlockingIOError):
                raise AlreadyLocked("unknown") from error
            raise
        self._file = file

    def release(self) -> None:
        """Let go of the lock; without effect where it is not held."""
        if self._beside is not None:
            self._beside.release()
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_data_locked(path: Path) -> bool:
    """Return whether somebody holds the ``DataLock`` of a file. Makes no file."""
    if _FCNTL is None:
        return is_locked(_make_beside(path))
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        _FCNTL.flock(file, _FCNTL.LOCK_SH | _FCNTL.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a network file system that cannot lock
        return False
    finally:
        os.close(file)
    return False


def _make_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"pid {os.getpid()}\n".encode())


def _describe_holder(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip() or "unknown"
    except OSError:
        return "unknown"
