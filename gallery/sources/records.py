"""Records that sources yield: a readable photo with its known facts, or the reason why it is unreadable."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from sextant.base.errors import WrongUse


class SourceError(WrongUse):
    """The source as a whole cannot be read."""


class PhotoFile(Protocol):
    """A reference to a photo's bytes: small, picklable, read where it is decoded."""

    def read(self) -> bytes:
        """Return the file's bytes.

        Raises:
            OSError: they cannot be read; the text is the reason.
        """
        ...


@dataclass(frozen=True)
class FileOnDisk:
    path: str

    def read(self) -> bytes:
        return Path(self.path).read_bytes()


class PlaceNames(NamedTuple):
    """What a source calls a photo's place, finest first (MP16-Pro's columns); empty where it names none."""

    neighbourhood: str = ""
    city: str = ""
    county: str = ""
    state: str = ""
    country: str = ""


@dataclass(frozen=True)
class PhotoRecord:
    """One photo before it is opened. ``id`` is unique in its source; without a position, EXIF must state it."""

    id: str
    photo: PhotoFile
    uri: str
    source: str
    latitude: float | None = None
    longitude: float | None = None
    author: str | None = None
    country_code: str | None = None
    captured_at: str | None = None
    place: PlaceNames | None = None


@dataclass(frozen=True)
class Unreadable:
    """A photo that does not go into the gallery, and why."""

    id: str
    reason: str


class Source(Protocol):
    """Records in a fixed order. ``identity`` tells one source from another when a build is resumed."""

    name: str
    identity: str

    @property
    def notes(self) -> list[str]:
        """What the reader found odd and how it read it."""
        ...

    def total(self) -> int | None:
        """Return how many records will come, when that is known beforehand."""
        ...

    def __iter__(self) -> Iterator[PhotoRecord | Unreadable]: ...
