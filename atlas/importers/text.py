"""Read the lines of a text file as published: plain, gzip, or alone in a zip."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sextant.atlas.gazetteer.feature import PlacesSourceError
from sextant.base.errors import format_system_reason

_LONGEST_LINE = 64_000_000  # characters; MySQL dumps have lines of a megabyte


@contextmanager
def open_text(path: Path) -> Iterator[io.TextIOWrapper]:
    """Open the text of a file or of a zip's one large member. Bytes that are not UTF-8 are replaced.

    Raises:
        PlacesSourceError: the file is missing, no archive, or ends early.
    """
    try:
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as file:
                yield io.TextIOWrapper(file, "utf-8", errors="replace", newline="")
        elif path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive, archive.open(_find_member(path, archive)) as member:
                yield io.TextIOWrapper(member, "utf-8", errors="replace", newline="")
        else:
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as plain:
                yield plain
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise PlacesSourceError(
            f"{str(path)!r} is truncated or damaged: {format_system_reason(error)}; download it again"
        ) from error
    except OSError as error:
        raise PlacesSourceError(f"{str(path)!r} cannot be read: {format_system_reason(error)}") from error


def read_lines(file: io.TextIOWrapper) -> Iterator[str]:
    """Yield the lines without their ends."""
    while line := file.readline(_LONGEST_LINE):
        yield line.rstrip("\r\n")


def strip_endings(path: Path) -> str:
    """Return the file's name in lower case without the endings of compression."""
    name = path.name.lower()
    return name.removesuffix(".gz").removesuffix(".zip").removesuffix(".bz2")


def _find_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member for member in archive.infolist() if not member.is_dir() and "readme" not in member.filename.lower()
    ]
    if not members:
        raise PlacesSourceError(f"{str(path)!r} contains no file")
    return max(members, key=lambda member: member.file_size)
