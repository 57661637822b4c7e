"""The folder of one evaluation: its configuration, its data manifest, and one line for every photo.

``evaluation.json`` is written once and never changes; ``lines.jsonl`` only grows. A photo may have several lines (a
failure tried again); the last one counts.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.agent.warning_codes import add_codes
from sextant.base.errors import SextantError, WrongUse
from sextant.base.files import replace_file
from sextant.base.json_lines import BrokenLine, JsonLines, format_line, read_lines
from sextant.base.json_types import Json
from sextant.base.locks import AlreadyLocked, Lock
from sextant.graphs.runs.folder import read_json, write_json

FORMAT = 1


class EvaluationError(SextantError):
    """An evaluation folder that is not there or cannot be read."""


@dataclass(frozen=True)
class EvaluationFolder:
    """One evaluation on disk."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def lines_file(self) -> Path:
        return self.path / "lines.jsonl"

    @property
    def records(self) -> Path:
        """The run folders of the photos: ``sextant runs show RUN/records/PHOTO``."""
        return self.path / "records"

    def header(self) -> Json:
        """Return the content of ``evaluation.json``: configuration, its hash, versions, data manifest, photos.

        Raises:
            EvaluationError: the folder holds no evaluation, or one of another format.
        """
        file = self.path / "evaluation.json"
        if not file.is_file():
            raise EvaluationError(f"{str(self.path)!r} has no evaluation; make one with: sextant eval run")
        header = read_json(file)
        found = header.get("format") if isinstance(header, dict) else None
        if found != FORMAT or not isinstance(header, dict):
            raise EvaluationError(
                f"evaluation {str(self.path)!r} has format {found!r}, this sextant reads {FORMAT}; "
                "use the version that wrote it"
            )
        return header

    def begin(self, header: Json) -> None:
        """Write the header of a new evaluation.

        Raises:
            SextantError: the disk does not take it.
        """
        write_json(self.path / "evaluation.json", {"format": FORMAT, **header})

    def lines(self) -> dict[str, Json]:
        """Return each photo's valid record, by image, in the order photos first ended.

        Raises:
            EvaluationError: a line is broken that is not the last.
        """
        found: dict[str, Json] = {}
        try:
            for line in read_lines(self.lines_file) if self.lines_file.exists() else ():
                if not isinstance(line.value.get("image"), str):
                    raise BrokenLine(line.number, "not an object with an image")
                answer = line.value.get("answer")
                found[line.value["image"]] = {**line.value, "answer": add_codes(answer)} if answer else line.value
        except BrokenLine as error:
            raise EvaluationError(
                f"line {error.number} of {str(self.lines_file)!r} is broken ({error.reason}); remove it and resume"
            ) from error
        return found


@contextmanager
def lock_writer(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone; the system lets go of it when the process dies, however it dies.

    Raises:
        EvaluationError: another process works on it.
    """
    lock = Lock(folder / "lock")
    try:
        lock.take()
    except AlreadyLocked as error:
        raise EvaluationError(
            f"another process ({error.holder}) is working on {str(folder)!r}; wait for it, or give another --out"
        ) from error
    except OSError as error:
        raise EvaluationError(f"cannot write to {str(folder)!r}: {error.strerror}; give another --out") from error
    try:
        yield
    finally:
        lock.release()


class LineWriter:
    """Appends lines, each whole and on the disk before the next. Safe for many threads."""

    def __init__(self, path: Path) -> None:
        """Open the file, after cutting off a last line that a crash left unfinished.

        Raises:
            SextantError: the disk does not take it.
        """
        try:
            self._file = JsonLines(path, fsync=True)
        except OSError as error:
            raise _make_unwritable_error(path, error) from error
        self.repaired = self._file.repaired

    def append(self, line: Json) -> None:
        """Write one line and wait until the disk has it; one that the disk does not take leaves nothing behind.

        Raises:
            SextantError: the disk does not take it.
        """
        try:
            self._file.append(line)
        except OSError as error:
            raise _make_unwritable_error(self._file.path, error) from error

    def close(self) -> None:
        self._file.close()


def digest(value: Any) -> str:
    """Return the sha256 of a JSON value's canonical text."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def list_differences(old: Json, new: Json, prefix: str = "") -> list[str]:
    """Return where two configurations differ: ``model: 'offline' there, 'openai:x' here``."""
    found: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        there, here = old.get(name), new.get(name)
        if isinstance(there, dict) and isinstance(here, dict):
            found += list_differences(there, here, f"{prefix}{name}.")
        elif there != here:
            found.append(f"{prefix}{name}: {_shorten(there)} there, {_shorten(here)} here")
    return found


def refuse_changed(folder: EvaluationFolder, configuration: Json) -> None:
    """Raise unless the folder's evaluation has this very configuration.

    Raises:
        WrongUse: it has another; the message shows the difference.
    """
    changed = list_differences(folder.header()["configuration"], configuration)
    if changed:
        more = f"; and {len(changed) - 5} more" if len(changed) > 5 else ""
        raise WrongUse(
            f"{str(folder.path)!r} holds another evaluation ({'; '.join(changed[:5])}{more}); "
            "use the same settings to resume it, or another --out"
        )


def read_evaluation(path: str | Path) -> tuple[Json, dict[str, Json]]:
    """Read the header and the records of an evaluation's folder."""
    folder = EvaluationFolder(Path(path))
    return folder.header(), folder.lines()


def write_lines(path: Path, lines: Iterable[Json]) -> None:
    """Write all lines of a new evaluation at once: aside, then renamed.

    Raises:
        SextantError: the disk does not take them.
    """
    try:
        with replace_file(path) as aside, aside.open("wb") as file:
            file.writelines(format_line(line).encode() for line in lines)
    except OSError as error:
        raise _make_unwritable_error(path, error) from error


@contextmanager
def create_evaluation(out: Path) -> Iterator[EvaluationFolder]:
    """Create a folder for an evaluation that is written as a whole, locked for this process.

    Raises:
        WrongUse: it holds an evaluation already.
        EvaluationError: it cannot be written, or another process works on it.
    """
    with lock_writer(out):
        if (out / "evaluation.json").exists():
            raise WrongUse(f"{str(out)!r} already holds an evaluation; give another --out")
        yield EvaluationFolder(out)


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _make_unwritable_error(path: Path, error: OSError) -> SextantError:
    return EvaluationError(f"cannot write {str(path)!r}: {error.strerror}; free space, then run the same command again")
