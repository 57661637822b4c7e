"""A folder of photos whose EXIF states where they were taken."""

import os
from collections.abc import Iterator
from pathlib import Path

from sextant.gallery.photos.open import PHOTO_SUFFIXES
from sextant.gallery.sources.records import FileOnDisk, Record, SourceError, Unreadable


def photo_files(folder: Path) -> list[str]:
    """Relative paths (with /) of the photos in a folder and below, sorted; hidden files and folders are left out.

    Raises:
        SourceError: the folder cannot be listed.
    """
    found: list[str] = []

    def refuse(error: OSError) -> None:
        raise SourceError(f"folder {error.filename!r} cannot be listed ({error.strerror}); check its permissions")

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in PHOTO_SUFFIXES:
                found.append(Path(here, name).relative_to(folder).as_posix())
    return sorted(found)


class FolderSource:
    """Every photo in the folder and below; position, time and artist come from each photo's EXIF."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.resolve().name
        self.identity = f"folder {folder.resolve()}"
        self.notes: list[str] = []
        self._folder = folder.resolve()
        self._files = photo_files(self._folder)
        if not self._files:
            kinds = ", ".join(sorted(PHOTO_SUFFIXES))
            raise SourceError(f"folder {str(folder)!r} holds no photos ({kinds}); name a folder that does")

    def total(self) -> int | None:
        return len(self._files)

    def __iter__(self) -> Iterator[Record | Unreadable]:
        for file in self._files:
            path = str(self._folder / file)
            yield Record(file, FileOnDisk(path), path, self.name)
