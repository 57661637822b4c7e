"""Source: a CSV table with a folder of photos."""

from collections.abc import Iterator
from pathlib import Path

from sextant.base.file_names import escape_name
from sextant.gallery.sources.folder import list_photos
from sextant.gallery.sources.names import FileNames
from sextant.gallery.sources.records import FileOnDisk, PhotoFile, PhotoRecord, SourceError, Unreadable
from sextant.gallery.sources.tables import PhotoTable, TableRow


class TableFolderSource:
    """The table's rows in their order; photos without a row and rows without a photo are reported, not dropped."""

    def __init__(self, table: PhotoTable, folder: Path, country_known: bool = False) -> None:
        self.name = escape_name(table.path.stem)
        self.notes = table.notes
        self._table, self._folder, self._country_known = table, folder.resolve(), country_known
        self.identity = escape_name(f"{table.identity} over {self._folder} country_known={country_known}")
        listing = list_photos(self._folder)
        self._files, self._left_out = listing.photos, listing.left_out
        if not self._files:
            raise SourceError(
                f"folder {str(folder)!r} holds no photos; name the folder that {table.path.name!r} describes"
            )

    def total(self) -> int | None:
        return len(self._table)

    def __iter__(self) -> Iterator[PhotoRecord | Unreadable]:
        names = FileNames(self._files)
        seen: set[str] = set()
        for index in range(len(self._table)):
            row = self._table.row(index)
            file = names.find(row.image)
            if row.image in seen:
                yield Unreadable(row.image, "is listed twice; its first row is used")
                continue
            seen.add(row.image)
            seen.add(file or row.image)
            yield self._record(row, file)
        for file in self._files:
            if file not in seen:
                yield Unreadable(escape_name(file), f"has no row in {self._table.path.name!r}")
        yield from self._left_out

    def _record(self, row: TableRow, file: str | None) -> PhotoRecord | Unreadable:
        if file is None:
            return Unreadable(row.image, f"is not in folder {self._folder.name!r}")
        if reason := find_refusal(row, self._country_known):
            return Unreadable(row.image, reason)
        path = str(self._folder / file)
        return make_record(row, FileOnDisk(path), escape_name(path), self.name)


def find_refusal(row: TableRow, country_known: bool) -> str | None:
    """Return why this row does not go into the gallery: no good position, or no country where one is asked for."""
    if row.problem:
        return row.problem
    return "its row names no country" if country_known and not row.country_known else None


def make_record(row: TableRow, photo: PhotoFile, uri: str, source: str) -> PhotoRecord:
    return PhotoRecord(
        id=row.image,
        photo=photo,
        uri=uri,
        source=source,
        latitude=row.latitude,
        longitude=row.longitude,
        author=row.author,
        country_code=row.country_code,
        captured_at=row.captured_at,
        place=row.place,
    )
