"""Source: a folder of photos with positions in their metadata."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sextant.base.file_names import escape_name
from sextant.gallery.photos.formats import is_photo, name_unread_format, read_head
from sextant.gallery.photos.open import PHOTO_SUFFIXES
from sextant.gallery.sources.records import FileOnDisk, PhotoRecord, SourceError, Unreadable
from sextant.gallery.sources.walk import walk_files

# Never photos, whatever lies in them: no need to open them.
_OTHER_SUFFIXES = frozenset({".json", ".csv", ".tsv", ".txt", ".xmp", ".md", ".xml", ".gpx", ".kml", ".ini", ".db"})


@dataclass(frozen=True)
class FolderListing:
    """The photos of a folder (relative paths with /, sorted), and the pictures that Sextant does not open."""

    photos: list[str]
    left_out: list[Unreadable]


def list_photos(folder: Path) -> FolderListing:
    """List the photos in a folder and below, by content where the name does not tell.

    Hidden files and folders, and folders of thumbnails, are skipped.

    Raises:
        SourceError: the folder cannot be listed.
    """
    photos: list[str] = []
    left_out: list[Unreadable] = []
    for name in walk_files(folder):
        if Path(name).suffix.lower() in PHOTO_SUFFIXES:
            photos.append(name)
        elif Path(name).suffix.lower() not in _OTHER_SUFFIXES:
            try:
                head = read_head(folder / name)
            except OSError:
                continue
            if is_photo(head):
                photos.append(name)
            elif kind := name_unread_format(head):
                left_out.append(
                    Unreadable(escape_name(name), f"is a {kind} file, which is not supported; export it as JPEG")
                )
    return FolderListing(sorted(photos), sorted(left_out, key=lambda item: item.id))


def list_photo_files(folder: Path) -> list[str]:
    """List the relative paths (with /) of the photos in a folder and below, sorted.

    Raises:
        SourceError: the folder cannot be listed.
    """
    return list_photos(folder).photos


class FolderSource:
    """Every photo in the folder and below; position, time and artist come from each photo's EXIF."""

    def __init__(self, folder: Path, notes: Sequence[str] = ()) -> None:
        self.name = escape_name(folder.resolve().name)
        self.identity = f"folder {escape_name(str(folder.resolve()))}"
        self.notes: list[str] = list(notes)
        self._folder = folder.resolve()
        listing = list_photos(self._folder)
        self._files, self._left_out = listing.photos, listing.left_out
        if not self._files:
            kinds = ", ".join(sorted(PHOTO_SUFFIXES))
            raise SourceError(f"folder {str(folder)!r} has no photos; name a folder that does ({kinds})")

    def total(self) -> int | None:
        return len(self._files)

    def __iter__(self) -> Iterator[PhotoRecord | Unreadable]:
        for file in self._files:
            path = str(self._folder / file)
            yield PhotoRecord(escape_name(file), FileOnDisk(path), escape_name(path), self.name)
        yield from self._left_out
