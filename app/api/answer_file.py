"""The folder that `locate_many` writes: its settings, and one line for each photo that ended."""

from pathlib import Path
from typing import Self

from sextant.base.documents.answer import Answer
from sextant.base.errors import SextantError, WrongUse
from sextant.base.json_lines import BrokenLine, JsonLines, read_lines
from sextant.base.json_types import Json
from sextant.base.locks import AlreadyLocked, Lock
from sextant.graphs.runs.folder import read_json, write_json

# Settings that change how fast or where a run is made, not what it answers.
_FREE = ("home", "run", "base_url", "timeout_seconds", "retries", "concurrency", "requests_per_minute")


class AnswerFile:
    """Answers on disk by the photo's path. Safe for many threads; other processes are kept out."""

    def __init__(self, folder: Path, lock: Lock) -> None:
        self._lock = lock
        self._found: dict[str, Json] = {}
        path = folder / "answers.jsonl"
        try:
            for line in read_lines(path) if path.exists() else ():
                self._found[str(line.value["photo"])] = line.value
            self._file = JsonLines(path, fsync=True)
        except (BrokenLine, KeyError) as error:
            raise SextantError(f"{str(path)!r} is broken ({error}); give another folder as out") from error
        except OSError as error:
            raise SextantError(f"cannot write {str(path)!r}: {error.strerror}; give another folder as out") from error

    @classmethod
    def open(cls, folder: Path, settings: Json) -> Self:
        """Open or make the folder.

        Raises:
            WrongUse: its answers were made with other settings; the message names the first that differs.
            SextantError: it cannot be written, or another process works on it.
        """
        lock, about = Lock(folder / "lock"), folder / "settings.json"
        kept = {name: value for name, value in settings.items() if name not in _FREE}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.take()
        except AlreadyLocked as error:
            raise SextantError(
                f"another process ({error.holder}) works on {str(folder)!r}; wait for it, or give another out"
            ) from error
        except OSError as error:
            raise SextantError(f"cannot write to {str(folder)!r}: {error.strerror}; give another out") from error
        try:
            before = read_json(about) if about.exists() else kept
            for name in sorted(before.keys() | kept.keys()):
                if before.get(name) != kept.get(name):
                    raise WrongUse(
                        f"{str(folder)!r} holds answers made with {name}={before.get(name)!r}, this call has "
                        f"{kept.get(name)!r}; use the same settings, or give another out"
                    )
            write_json(about, kept)
            return cls(folder, lock)
        except BaseException:
            lock.release()
            raise

    @property
    def spent_usd(self) -> float:
        """What the answers cost together, in US dollars; unknown prices count nothing."""
        return sum(((line["answer"].get("spent") or {}).get("usd") or 0.0) for line in self._found.values())

    def find(self, photo: str) -> Answer | None:
        """Return the answer of an unchanged photo; None where there is none yet, or it failed."""
        line = self._found.get(photo)
        if line is None or line["answer"].get("error") or line["stamp"] != _stamp(photo):
            return None
        answer: Answer = line["answer"]
        return answer

    def add(self, photo: str, answer: Answer) -> None:
        """Append a photo's answer or error and wait until the disk has it.

        Raises:
            SextantError: the disk does not take it.
        """
        line = {"photo": photo, "stamp": _stamp(photo), "answer": answer}
        try:
            self._file.append(line)
        except OSError as error:
            raise SextantError(f"cannot write {str(self._file.path)!r}: {error.strerror}; free some space") from error

    def close(self) -> None:
        """Close the file and let other processes in."""
        self._file.close()
        self._lock.release()


def _stamp(photo: str) -> list[int] | None:
    """Return size and time of change (ns) of a file; None where it is missing."""
    try:
        found = Path(photo).stat()
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns]
