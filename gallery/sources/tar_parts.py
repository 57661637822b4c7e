"""Read photos from tar files cut into parts, as MP16-Pro is published, without unpacking."""

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# MP16-Pro's parts are published as mp-16-images00 to mp-16-images18, with no `.tar` in their names.
_TAR_PART = re.compile(
    r"\.tar(\.[A-Za-z]*\d+|\.[a-z]{2})?$|\.tar[-_.]?part[-_.]?\w+$|^mp-?16[\w-]*images?[-_]?\d{2,}$", re.IGNORECASE
)
_MAGIC = slice(257, 262)  # "ustar" in a member's header


@dataclass(frozen=True)
class TarMember:
    """A photo's bytes within parts that follow each other; offset and size count from the first part's start."""

    parts: tuple[str, ...]
    offset: int
    size: int

    def read(self) -> bytes:
        with JoinedParts(self.parts) as joined:
            joined.seek(self.offset)
            content = joined.read(self.size)
        if len(content) < self.size:
            raise OSError(f"the tar ends {self.size - len(content):,} bytes before the photo does")
        return content


class JoinedParts(io.RawIOBase):
    """Files read as if they were one."""

    def __init__(self, parts: tuple[str, ...]) -> None:
        self._parts = parts
        self._starts = [0]
        for part in parts:
            self._starts.append(self._starts[-1] + Path(part).stat().st_size)
        self._at = 0
        self._open: tuple[int, io.BufferedReader] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._starts[-1] if size < 0 else min(self._at + size, self._starts[-1])
        pieces = []
        while self._at < end:
            number = next(n for n in range(len(self._parts)) if self._at < self._starts[n + 1])
            file = self._file(number)
            file.seek(self._at - self._starts[number])
            piece = file.read(min(end, self._starts[number + 1]) - self._at)
            if not piece:
                break
            pieces.append(piece)
            self._at += len(piece)
        return b"".join(pieces)

    def _file(self, number: int) -> io.BufferedReader:
        if self._open is None or self._open[0] != number:
            self._close_part()
            self._open = number, Path(self._parts[number]).open("rb")  # noqa: SIM115 - closed with the next part
        return self._open[1]

    def _close_part(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def close(self) -> None:
        self._close_part()
        super().close()


def list_tar_parts(folder: Path) -> list[Path]:
    """List the tar files and tar parts in a folder and its subfolders, in the order of their numbers."""
    found = [path for path in folder.rglob("*") if path.is_file() and _TAR_PART.search(path.name)]
    return sorted(found, key=lambda path: _make_natural_key(path.relative_to(folder).as_posix()))


def list_archives(parts: list[Path]) -> list[tuple[str, ...]]:
    """Group parts into tars: one that starts with a member's header starts a tar, the others continue it."""
    groups: list[list[str]] = []
    for part in parts:
        with part.open("rb") as file:
            starts = file.read(512)[_MAGIC] == b"ustar"
        if starts or not groups:
            groups.append([])
        groups[-1].append(str(part))
    return [tuple(group) for group in groups]


def list_tar_members(parts: tuple[str, ...]) -> Iterator[tuple[str, TarMember]]:
    """List the names and places of a tar's files, from its headers alone.

    Raises:
        tarfile.TarError: the tar is cut off or broken from here on.
    """
    with JoinedParts(parts) as joined, tarfile.open(fileobj=joined, mode="r:") as tar:
        for member in tar:
            tar.members = []  # type: ignore[attr-defined]  # it keeps every header read: gigabytes for millions
            if member.isfile():
                yield member.name, TarMember(parts, member.offset_data, member.size)


def _make_natural_key(name: str) -> list[tuple[int, str]]:
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", name)]
