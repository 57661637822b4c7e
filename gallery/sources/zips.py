"""Photos in zip files, as OSV-5M is published: read in place, never unpacked."""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sextant.gallery.photos.open import PHOTO_SUFFIXES
from sextant.gallery.sources.walk import walk_files


@dataclass(frozen=True)
class ZipMember:
    """A photo in a zip file; its checksum is verified when it is read."""

    archive: str
    name: str

    def read(self, most: int | None = None) -> bytes:
        """Its bytes.

        Raises:
            OSError: no such archive or member, broken, or larger than ``most`` bytes.
        """
        try:
            archive = _archive(self.archive)
            if most is not None and archive.getinfo(self.name).file_size > most:
                raise OSError(f"it is larger than {most // 1024**2} MB")
            return archive.read(self.name)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, KeyError) as error:
            raise OSError(f"the zip is broken here: {error}") from error


@lru_cache(maxsize=5)
def _archive(path: str) -> zipfile.ZipFile:
    """One open file for each archive and process: reading a directory of 50,000 names takes a second.

    OSV-5M's test photos lie in five, and an evaluation goes to and fro between them.
    """
    return zipfile.ZipFile(path)


def zip_files(folder: Path) -> list[Path]:
    """List the zip files in a folder and below, hidden ones left out."""
    return sorted(folder / name for name in walk_files(folder) if name.lower().endswith(".zip"))


def zip_members(archive: Path) -> Iterator[tuple[str, ZipMember]]:
    """The names and places of a zip's photos, by its directory, in the order of their names.

    Raises:
        zipfile.BadZipFile: no zip file, or cut off: its directory stands at the end.
    """
    with zipfile.ZipFile(archive) as opened:
        names = sorted(name for name in opened.namelist() if Path(name).suffix.lower() in PHOTO_SUFFIXES)
    for name in names:
        yield name, ZipMember(str(archive), name)
