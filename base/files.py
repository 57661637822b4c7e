"""Atomic writes: a reader always finds the old file or the complete new one."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield aside
        if fsync:
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(aside, path)
        if fsync:
            fsync_folder(path.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_atomic(path: Path, content: bytes, *, fsync: bool = True, mode: int = 0o666) -> None:
    """Write a file whole or not at all. Arguments and errors as ``replace_file``."""
    with replace_file(path, fsync=fsync, mode=mode) as aside:
        aside.write_bytes(content)


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
