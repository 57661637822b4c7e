"""Walk a folder of photos: every file in it and below, without hidden files and thumbnails."""

import os
from collections.abc import Iterator
from pathlib import Path

from sextant.gallery.sources.records import SourceError

# Folders that programs fill with thumbnails or bin copies: Synology, QNAP, macOS archives, Windows.
SKIPPED_FOLDERS = frozenset({"@eaDir", ".@__thumb", "@Recycle", "#recycle", "__MACOSX", "$RECYCLE.BIN"})


def is_pipe(path: str | Path) -> bool:
    """Return whether a path is a pipe, a socket or a device: opening one in a folder of photos would wait forever."""
    return os.path.exists(path) and not os.path.isfile(path)


def walk_files(folder: Path) -> Iterator[str]:
    """Yield the relative paths (with /) of all files in a folder and below, but hidden ones, thumbnails and pipes.

    Raises:
        SourceError: the folder cannot be listed.
    """

    def refuse(error: OSError) -> None:
        raise SourceError(f"folder {error.filename!r} cannot be listed ({error.strerror}); check its permissions")

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS)
        for name in sorted(files):
            if not name.startswith(".") and not is_pipe(os.path.join(here, name)):
                yield Path(here, name).relative_to(folder).as_posix()
