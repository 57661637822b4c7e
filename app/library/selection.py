"""Choose among the photos that were found: those without a position, since a day, with a name like a pattern."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from pathlib import Path

from sextant.app.library.finding import LibraryPhoto
from sextant.app.library.folder import read_stamp
from sextant.base.errors import WrongUse
from sextant.gallery.photos.exif import PhotoMetadata
from sextant.gallery.photos.open import PhotoError, read_metadata


@dataclass(frozen=True)
class Selection:
    """Which photos are located; all conditions must hold.

    Attributes:
        only_missing: those that state no position: neither the file nor a sidecar beside it.
        since: those taken on this day or later; by the file's time where the photo states none.
        like: those whose name in the library matches this pattern, or holds it where it has no ``*``, ``?`` or ``[``.
    """

    only_missing: bool = False
    since: date | None = None
    like: str | None = None

    def choose(self, photos: Iterable[LibraryPhoto]) -> tuple[LibraryPhoto, ...]:
        """Return the photos that are located.

        Raises:
            WrongUse: none is left.
        """
        chosen = tuple(photo for photo in photos if self._takes(photo))
        if not chosen:
            raise WrongUse("no photos are left; loosen --only-missing, --since or --like")
        return chosen

    def _takes(self, photo: LibraryPhoto) -> bool:
        if self.like is not None and not _is_like(photo.name, self.like):
            return False
        if not self.only_missing and self.since is None:
            return True
        try:
            stated = read_metadata(photo.path)
        except PhotoError:
            return self.since is None  # a broken photo fails by itself, where a person can see it
        if self.only_missing and stated.latitude is not None:
            return False
        return self.since is None or _read_day(stated, photo.path) >= self.since


def parse_day(text: str) -> date:
    """Parse a day, ``2024-05-01``.

    Raises:
        WrongUse: it is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"invalid day {text!r}: expected YYYY-MM-DD") from error


def _is_like(name: str, pattern: str) -> bool:
    whole = pattern if any(sign in pattern for sign in "*?[") else f"*{pattern}*"
    return fnmatch(name.lower(), whole.lower()) or fnmatch(Path(name).name.lower(), whole.lower())


def _read_day(stated: PhotoMetadata, path: str) -> date:
    try:
        if stated.captured_at:
            return datetime.fromisoformat(stated.captured_at).date()
    except ValueError:
        pass
    stamp = read_stamp(path)
    return datetime.fromtimestamp(stamp.mtime_ns / 1e9, UTC).date() if stamp else date.min
