"""The folder of a run: its record, cassette, steps and answer."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sextant.agent.warning_codes import add_codes
from sextant.base.documents.answer import Answer
from sextant.base.documents.check import find_objection
from sextant.base.documents.run import RunRecord
from sextant.base.errors import SextantError, WrongUse
from sextant.base.files import fsync_file, fsync_folder, write_atomic, write_together
from sextant.base.home import Home
from sextant.base.json_text import encode_json
from sextant.base.json_types import Json

FORMAT = 2
READ_FORMATS = (1, FORMAT)  # 1: answers and verdicts lack the fields added since 0.1.0
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class RunError(SextantError):
    """The run does not exist, or its folder cannot be read."""


@dataclass(frozen=True)
class RunFolder:
    """One run on disk: ``run.json``, ``cassette.jsonl``, ``steps.jsonl`` and, once finished, ``answer.json``."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def cassette(self) -> Path:
        return self.path / "cassette.jsonl"

    @property
    def steps(self) -> Path:
        return self.path / "steps.jsonl"

    def record(self) -> RunRecord:
        """Read the run's record: its settings, its inputs and its status.

        Raises:
            RunError: run.json is missing, broken or of another format.
        """
        record = read_json(self.path / "run.json")
        if not isinstance(record, dict) or record.get("format") not in READ_FORMATS:
            found = record.get("format") if isinstance(record, dict) else None
            raise RunError(
                f"run {self.name!r} has format {found!r}, this sextant reads 1 to {FORMAT}; "
                "use the version that recorded it"
            )
        objection = find_objection(RunRecord, record)
        if objection:
            raise RunError(f"run {self.name!r}: run.json was changed by hand ({objection}); import the run again")
        return cast(RunRecord, record)

    def update(self, **values: Any) -> None:
        """Update the record atomically, and wait until the disk holds it."""
        write_json(self.path / "run.json", {**self.record(), **values}, fsync=True)

    def answer(self) -> Answer | None:
        """Read the answer; None before the run has finished.

        Raises:
            RunError: answer.json is not an answer.
        """
        path = self.path / "answer.json"
        if not path.exists():
            return None
        try:
            answer = add_codes(read_json(path))
        except (TypeError, AttributeError) as error:
            raise RunError(f"run {self.name!r}: answer.json was changed by hand; import the run again") from error
        objection = find_objection(Answer, answer, complete=self.record()["format"] == FORMAT)
        if objection:
            raise RunError(f"run {self.name!r}: answer.json was changed by hand ({objection}); import the run again")
        return cast(Answer, answer)

    def require_own_record(self) -> RunRecord:
        """Read the record of a run that may make new calls.

        Raises:
            WrongUse: the run was imported; our keys must not be sent to the addresses in its record.
        """
        record = self.record()
        if record.get("imported"):
            raise WrongUse(
                f"run {self.name!r} was imported: it can be replayed and forked from its recording, but not with "
                "new calls; locate the photo here instead"
            )
        return record

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.path, ignore_errors=True)

    def finish(self, answer: Answer) -> None:
        """Store the answer and mark the run as done; the disk holds both then."""
        summary = {"best": answer["best"], "stop": answer["stop"], "spent": answer["spent"], "preset": answer["preset"]}
        self.complete(answer, summary=summary)

    def complete(self, answer: Answer | Json, **values: Any) -> None:
        """Store the answer, and a record that is done with these further values; the disk holds both then."""
        done = {"status": "done", "finished": format_now(), "photo": answer["photo"], "error": None, **values}
        record = {**self.record(), **done}
        try:
            write_together(
                self.path, {"answer.json": encode_json(answer) + b"\n", "run.json": encode_json(record) + b"\n"}
            )
        except OSError as error:
            raise SextantError(
                f"cannot write to {str(self.path)!r}: {error.strerror}; free space or pass --home"
            ) from error

    def wait_for_disk(self) -> None:
        """Wait until the disk holds a new run's record: calls recorded beside it cannot be resumed without it."""
        fsync_file(self.path / "run.json")
        fsync_folder(self.path)
        fsync_folder(self.path.parent)


def get_runs_folder(home: str | None) -> Path:
    """Return the folder that holds the runs of a home."""
    return Home.at(home).runs


def make_run_name() -> str:
    """Make a unique name that sorts by time: ``20260131-094512-3f9a1c``."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def format_now() -> str:
    """Format the current time in UTC, to the second."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def create_run(home: str | None, name: str, record: Json) -> RunFolder:
    """Create a run folder with its record; ``RunFolder.wait_for_disk`` makes it survive a power cut.

    Raises:
        WrongUse: the name is taken or is not a valid folder name.
        SextantError: the file cannot be written.
    """
    if not NAME.fullmatch(name):
        raise WrongUse(f"{name!r} cannot name a run; use letters, digits, '.', '_' and '-'")
    path = get_runs_folder(home) / name
    try:
        path.mkdir(parents=True)
    except FileExistsError as error:
        raise WrongUse(f"run {name!r} already exists; choose another name") from error
    except OSError as error:
        raise SextantError(f"cannot write to {str(path)!r}: {error.strerror}; free space or pass --home") from error
    about = {"format": FORMAT, "run": name, "status": "running", "started": format_now(), **record}
    write_json(path / "run.json", about)
    return RunFolder(path)


def list_runs(home: str | None) -> Iterator[RunFolder]:
    """List the runs of a home, oldest first."""
    root = get_runs_folder(home)
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if (path / "run.json").exists():
            yield RunFolder(path)


def find_run(name: str, home: str | None) -> RunFolder:
    """Find a run by its name, by a unique prefix of it, or by the path of its folder.

    Raises:
        RunError: no run matches.
        WrongUse: several runs match.
    """
    if os.sep in name and (Path(name) / "run.json").exists():
        return RunFolder(Path(name).resolve())
    names = [folder.name for folder in list_runs(home)]
    found = [known for known in names if known == name] or [known for known in names if known.startswith(name)]
    if len(found) > 1:
        raise WrongUse(f"{len(found)} runs begin with {name!r}: {', '.join(found[:5])}; give more of the name")
    if not found:
        raise RunError(f"no run named {name!r} in {str(get_runs_folder(home))!r}; see: sextant runs list")
    return RunFolder(get_runs_folder(home) / found[0])


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        RunError: the file is missing or not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise RunError(f"cannot read {str(path)!r}: {error.strerror}; import the run again") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{str(path)!r} is not JSON: {error}; import the run again") from error


def write_json(path: Path, value: Any, *, fsync: bool = False) -> None:
    """Write a JSON file atomically; ``fsync`` as of ``write_bytes``.

    Raises:
        SextantError: the file cannot be written.
    """
    write_bytes(path, encode_json(value) + b"\n", fsync=fsync)


def write_bytes(path: Path, content: bytes, *, fsync: bool = False) -> None:
    """Write a file atomically: to a temporary file that is then renamed.

    Args:
        fsync: wait until the disk holds it. Without, a power cut can leave the earlier file, or an empty one.

    Raises:
        SextantError: the file cannot be written.
    """
    try:
        write_atomic(path, content, fsync=fsync)
    except OSError as error:
        raise SextantError(f"cannot write {str(path)!r}: {error.strerror}; free space or pass --home") from error
