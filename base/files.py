"""Atomic writes: a reader always finds the old file or the complete new one."""

import glob
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from sextant.base.disk_waits import wait_together

UNFINISHED = ".part"  # ends the name of a file that is being written; one that lies there after a kill can be deleted


@contextmanager
def replace_file(path: Path, *, fsync: bool = True, mode: int = 0o666) -> Iterator[Path]:
    """Yield an empty file beside ``path`` to write to; it takes the place of ``path`` when the block ends well.

    Args:
        path: the file to make or to replace.
        fsync: wait until the disk holds the content, so that a power cut cannot leave an empty file under the name.
        mode: permissions of the new file, before the umask.

    Raises:
        OSError: the disk does not take it; ``path`` is as it was.
    """
    aside = _make_aside(path)
    os.close(_create(aside, mode))
    try:
        yield aside
        if fsync:
            fsync_file(aside)
        os.replace(aside, path)
        if fsync:
            fsync_folder(path.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_atomic(path: Path, content: bytes, *, fsync: bool = True, mode: int = 0o666) -> None:
    """Write a file whole or not at all. Arguments and errors as ``replace_file``."""
    aside = _make_aside(path)
    file = _create(aside, mode)
    try:
        try:
            write_whole(file, content)
            if fsync:
                os.fsync(file)
        finally:
            os.close(file)
        os.replace(aside, path)
        if fsync:
            fsync_folder(path.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_whole(file: int, content: bytes) -> None:
    """Write all bytes to an open file; where the disk takes only a part, the next attempt raises its reason."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


def write_together(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write several files of one folder, in their order, with two waits for the disk in all instead of two for each.

    Raises:
        OSError: the disk does not take them; those that existed are as they were, unless only the last wait failed.
    """
    asides: dict[Path, Path] = {}
    try:
        with ExitStack() as opened:
            waits = []
            for name, content in contents.items():
                path = folder / name
                aside = asides[path] = _make_aside(path)
                file = _create(aside)
                opened.callback(os.close, file)
                write_whole(file, content)
                waits.append(partial(os.fsync, file))
            wait_together(*waits)
        for path, aside in asides.items():
            os.replace(aside, path)
        fsync_folder(folder)
    except BaseException:
        for aside in asides.values():
            aside.unlink(missing_ok=True)
        raise


def fsync_file(path: Path) -> None:
    """Wait until the disk holds the content of a file."""
    file = os.open(path, os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _create(path: Path, mode: int = 0o666) -> int:
    """Make a new file and return its descriptor."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)


def _make_aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")


def remove_unfinished(*paths: Path) -> None:
    """Delete what killed writers left beside these files; nobody else may be writing them."""
    for path in paths:
        for aside in path.parent.glob(f".{glob.escape(path.name)}.*{UNFINISHED}"):
            aside.unlink(missing_ok=True)


def fsync_folder(folder: Path) -> None:
    """Wait until the disk holds the names in a folder; a new name is otherwise lost in a power cut."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folder, and keeps names without being asked
        return
    try:
        os.fsync(handle)
    except OSError:
        pass  # a network file system that cannot
    finally:
        os.close(handle)
