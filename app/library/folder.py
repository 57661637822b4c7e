"""The folder of a library's answers: what they were made with, and one line for each photo that ended.

``library.json`` is written once; ``answers.jsonl`` only grows. A photo may have several lines (a failure tried again,
a file that changed); the last one counts. Lines are read one by one: 100,000 of them take a gigabyte.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.base.errors import SextantError
from sextant.base.json_lines import BrokenLine, read_lines
from sextant.base.json_types import Json
from sextant.graphs.batches.configuration import digest, refuse_changed
from sextant.graphs.batches.failures import has_model_failed
from sextant.graphs.batches.session import read_usd
from sextant.graphs.runs.folder import format_now, read_json, write_json

FORMAT = 1


class LibraryError(SextantError):
    """A library's folder that is not there or cannot be read."""


@dataclass(frozen=True)
class Stamp:
    """What tells a file from a later one under the same name: bytes, time of change (ns), sha256 of the content."""

    size: int
    mtime_ns: int
    sha256: str | None

    def to_json(self) -> Json:
        """Return it as a line holds it."""
        return {"size": self.size, "mtime_ns": self.mtime_ns, "sha256": self.sha256}

    def fits(self, path: str) -> bool:
        """Return whether a file still has the content; it is read only where its size is the same and its time not."""
        now = read_stamp(path)
        if now is None or now.size != self.size:
            return False
        return now.mtime_ns == self.mtime_ns or (self.sha256 is not None and hash_file(path) == self.sha256)


@dataclass(frozen=True)
class Entry:
    """Where a photo's last line stands in the file, and what must be known of it without reading it again."""

    start: int
    end: int
    failed: bool
    stamp: Stamp | None
    usd: float


@dataclass(frozen=True)
class LibraryFolder:
    """A library's answers on disk."""

    path: Path

    @property
    def answers_file(self) -> Path:
        """The lines of the photos."""
        return self.path / "answers.jsonl"

    @property
    def records(self) -> Path:
        """The run folders of the photos: ``sextant runs show OUT/records/PHOTO``."""
        return self.path / "records"

    @property
    def header_file(self) -> Path:
        """What the answers were made with."""
        return self.path / "library.json"

    def header(self) -> Json:
        """Read what the answers were made with.

        Raises:
            LibraryError: the folder holds no library, or one of another format.
        """
        if not self.header_file.is_file():
            raise LibraryError(f"{str(self.path)!r} has no answers; make them with: sextant locate FOLDER --out DIR")
        header = read_json(self.header_file)
        found = header.get("format") if isinstance(header, dict) else None
        if found != FORMAT:
            raise LibraryError(
                f"{str(self.path)!r} has format {found!r}, this sextant reads {FORMAT}; use the version that wrote it"
            )
        return dict(header)

    def begin(self, configuration: Json, root: str | None) -> None:
        """Write the header, or check it against that of an earlier session.

        Raises:
            WrongUse: the answers there were made with other settings; the message shows the difference.
            SextantError: the disk does not take it.
        """
        if self.header_file.exists():
            refuse_changed(self.path, self.header()["configuration"], configuration, "answers made with other settings")
            return
        header = {"format": FORMAT, "configuration": configuration, "hash": digest(configuration), "root": root}
        write_json(self.header_file, {**header, "created": format_now()})

    def read_index(self) -> dict[str, Entry]:
        """Read where each photo's last line stands, in the order photos first ended.

        Raises:
            LibraryError: a line is broken that is not the last.
        """
        found: dict[str, Entry] = {}
        start = 0
        try:
            for line in read_lines(self.answers_file) if self.answers_file.exists() else ():
                name = line.value.get("photo")
                if not isinstance(name, str):
                    raise BrokenLine(line.number, "not an object with a photo")
                found[name] = _make_entry(line.value, start, line.end)
                start = line.end
        except (BrokenLine, KeyError, TypeError) as error:
            raise LibraryError(f"{str(self.answers_file)!r} is broken ({error}); remove the line and resume") from error
        return found

    def read_all(self, index: dict[str, Entry]) -> Iterator[tuple[str, Json]]:
        """Yield the last line of each photo, by name, sorted."""
        import json

        if not index:
            return
        with self.answers_file.open("rb") as file:
            for name in sorted(index):
                file.seek(index[name].start)
                yield name, json.loads(file.read(index[name].end - index[name].start))

    def read_line(self, entry: Entry) -> Json:
        """Read one line."""
        return next(line for _, line in self.read_all({"": entry}))


def read_stamp(path: str) -> Stamp | None:
    """Read size and time of a file; None where it is missing."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return Stamp(found.st_size, found.st_mtime_ns, None)


def hash_file(path: str) -> str | None:
    """Return the sha256 of a file's content; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _make_entry(line: Json, start: int, end: int) -> Entry:
    stamp: Any = line.get("stamp")
    known = Stamp(stamp["size"], stamp["mtime_ns"], stamp["sha256"]) if stamp else None
    return Entry(start, end, has_model_failed(line), known, 0.0 if line.get("same_as") else read_usd(line))
