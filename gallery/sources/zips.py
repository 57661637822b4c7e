"""Read photos from zip files, as OSV-5M is published, without unpacking."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from sextant.gallery.photos.open import PHOTO_SUFFIXES
from sextant.gallery.photos.zip_member import ZipMember
from sextant.gallery.sources.walk import walk_files


def list_zip_files(folder: Path) -> list[Path]:
    """List the zip files in a folder and below, hidden ones left out."""
    return sorted(folder / name for name in walk_files(folder) if name.lower().endswith(".zip"))


def list_zip_members(archive: Path) -> Iterator[tuple[str, ZipMember]]:
    """List the names and places of a zip's photos, from its directory, in the order of their names.

    Raises:
        zipfile.BadZipFile: no zip file, or cut off: its directory stands at the end.
    """
    with zipfile.ZipFile(archive) as opened:
        names = sorted(name for name in opened.namelist() if Path(name).suffix.lower() in PHOTO_SUFFIXES)
    for name in names:
        yield name, ZipMember(str(archive), name)
