"""Source: a table with archives, as MP16-Pro (tar parts) and OSV-5M (zips)."""

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sextant.gallery.sources.records import PhotoFile, PhotoRecord, SourceError, Unreadable
from sextant.gallery.sources.table_folder import find_refusal, make_record
from sextant.gallery.sources.tables import PhotoTable
from sextant.gallery.sources.tar_parts import list_archives, list_tar_members, list_tar_parts
from sextant.gallery.sources.zips import list_zip_files, list_zip_members

Member = tuple[str, PhotoFile, str]  # name in the archive, bytes, uri


class ArchiveSource:
    """The archives' photos in their order, joined to the table by name; what has no partner is reported."""

    def __init__(self, table: PhotoTable, folder: Path, country_known: bool = False) -> None:
        self.name = table.path.stem
        self.notes = table.notes
        self._table, self._folder, self._country_known = table, folder.resolve(), country_known
        self._tars, self._zips = list_archives(list_tar_parts(self._folder)), list_zip_files(self._folder)
        if not self._tars and not self._zips:
            raise SourceError(f"folder {str(folder)!r} has no tar or zip files; give the folder of the archives")
        self.identity = f"{table.identity} over archives in {self._folder} country_known={country_known}"

    def total(self) -> int | None:
        return len(self._table)

    def __iter__(self) -> Iterator[PhotoRecord | Unreadable]:
        rows: dict[str, int] = {}
        for index, image in enumerate(self._table.images):
            if rows.setdefault(_make_key(image), index) != index:
                yield Unreadable(image, "is listed twice; its first row is used")
        met = bytearray(len(self._table))
        for member in self._members():
            if isinstance(member, Unreadable):
                yield member
                continue
            name, photo, uri = member
            found = _find_row(name, rows)
            if found is None:
                yield Unreadable(name, f"has no row in {self._table.path.name!r}")
            elif met[found]:
                yield Unreadable(name, "is in the archives twice; the first one is used")
            else:
                met[found] = 1
                yield self._record(found, photo, uri)
        for index in rows.values():
            if not met[index]:
                yield Unreadable(self._table.images[index], "is in none of the archives")

    def _record(self, index: int, photo: PhotoFile, uri: str) -> PhotoRecord | Unreadable:
        row = self._table.row(index)
        if reason := find_refusal(row, self._country_known):
            return Unreadable(row.image, reason)
        return make_record(row, photo, uri, self.name)

    def _members(self) -> Iterator[Member | Unreadable]:
        """Yield every photo of every archive. A broken archive is reported, and the next one read."""
        for parts in self._tars:
            try:
                for name, member in list_tar_members(parts):
                    yield name, member, f"{parts[0]}#{name}"
            except (tarfile.TarError, OSError) as error:
                last = Path(parts[-1]).name
                yield Unreadable(last, f"is cut off or broken ({error}); the photos after that point are missing")
        for archive in self._zips:
            try:
                for name, found in list_zip_members(archive):
                    yield name, found, f"{archive}#{name}"
            except (zipfile.BadZipFile, OSError) as error:
                yield Unreadable(archive.name, f"is truncated or not a zip file ({error}); its photos are missing")


def _make_key(image: str) -> str:
    """Normalise a name: slashes to underscores, the suffix dropped (OSV-5M's table gives bare ids)."""
    flat = image.replace("/", "_")
    stem, dot, suffix = flat.rpartition(".")
    return stem if dot and suffix.lower() in ("jpg", "jpeg", "png", "webp") else flat


def _find_row(name: str, rows: dict[str, int]) -> int | None:
    """Find the row of a member in any folder, by the last part of its path or the last two joined."""
    parts = PurePosixPath(name).parts
    candidates = (_make_key("_".join(parts[-depth:])) for depth in range(1, min(len(parts), 4) + 1))
    return next((rows[key] for key in candidates if key in rows), None)
