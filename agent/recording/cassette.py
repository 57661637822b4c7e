"""Cassette of a run: every external call and its reply, keyed by a hash of the request. Append-only JSON lines.

A key is a hash of the request alone, without clock, local paths, server addresses or thread order. Every call of a run
has its own key (a model call's includes branch, sample and turn), so a recording can be read in any order. Messages and
tool schemas recur in every turn, so each is stored once, as a *part*.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sextant.agent.world.deps import StepInfo
from sextant.base.disk_waits import DiskWaits
from sextant.base.errors import SextantError
from sextant.base.json_lines import BrokenLine, JsonLines, is_torn, read_lines
from sextant.base.json_text import encode_json
from sextant.base.json_types import Json
from sextant.base.locks import AlreadyLocked, DataLock, is_data_locked

FORMAT = 1
# Request fields that are left out of the key: the model's address, its time limit, the path of a file.
NOT_ASKED = {"model": ("base_url", "seconds_left", "run"), "photo": ("path",)}


class CassetteError(SextantError):
    """The recording cannot be read: another format, or changed by hand."""


@dataclass(frozen=True)
class Call:
    """One recorded call. ``request`` is compact (see ``Cassette.expanded``), ``reply`` is JSON text."""

    key: str
    kind: str
    request: Json
    reply: str
    info: Json


@dataclass(frozen=True)
class Asked:
    """A request as the cassette keeps it: its key, its compact form, and the parts that this refers to."""

    key: str
    kind: str
    request: Json
    parts: dict[str, str]


def make_asked(kind: str, request: Json) -> Asked:
    """Prepare a request for ``Cassette.find_asked`` and ``Cassette.add_asked``."""
    compacted, parts = compact_request(kind, request)
    return Asked(make_key(kind, compacted), kind, compacted, parts)


def compact_request(kind: str, request: Json) -> tuple[Json, dict[str, str]]:
    """Return the request with recurring parts replaced by their hashes, and those parts as JSON by hash."""
    asked = {name: value for name, value in request.items() if name not in NOT_ASKED.get(kind, ())}
    if kind == "tool":
        asked["photo"] = asked["photo"]["sha256"]
    parts: dict[str, str] = {}
    if kind == "model":
        asked["messages"] = [store_part(message, parts) for message in asked["messages"]]
        asked["tools"] = store_part(asked["tools"], parts)
    return asked, parts


def store_part(value: Any, parts: dict[str, str]) -> str:
    """Add the value to the parts and return its hash."""
    text = encode_canonical(value)
    name = hash_text(text)
    parts[name] = text
    return name


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def encode_canonical(value: Any) -> str:
    """Encode a JSON value in its canonical form."""
    return _CANONICAL.encode(value)


def hash_text(text: str) -> str:
    """Hash a text to 128 bits of its sha256, enough to distinguish the calls of all runs."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def make_key(kind: str, compacted: Json) -> str:
    """Make the key of a compact request."""
    return hash_text(encode_canonical([kind, compacted]))


class Cassette:
    """The calls of one run, in memory and, while recording, on disk. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls: dict[str, Call] = {}
        self.parts: dict[str, str] = {}
        self.cut = False
        self._lock = threading.Lock()
        self._file: JsonLines | None = None
        self._held: DataLock | None = None
        self._waits = DiskWaits()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recorded cassette. A last line truncated by a crash is skipped, and ``cut`` is set.

        Raises:
            CassetteError: the file is missing, has another format, or a line was changed by hand.
        """
        cassette = cls(path)
        for line in cassette._lines():
            cassette._take(line)
        return cassette

    @classmethod
    def record(cls, path: Path) -> Self:
        """Open a cassette for recording: a new one, or an existing one to continue after a crash.

        Raises:
            CassetteError: as ``read``.
            SextantError: the file cannot be written.
        """
        held = DataLock(path)
        try:
            held.take()
        except AlreadyLocked as error:
            raise CassetteError(f"{str(path)!r} is being recorded by another process; wait for it to end") from error
        except OSError as error:
            raise make_unwritable_error(path, error) from error
        try:
            cassette = cls.read(path) if path.exists() and path.stat().st_size else cls(path)
            cassette._file, cassette._held = JsonLines(path), held
            if cassette._file.empty:
                cassette._write([{"cassette": FORMAT}])
        except BaseException as error:
            held.release()
            if isinstance(error, OSError):
                raise make_unwritable_error(path, error) from error
            raise
        return cassette

    def find(self, kind: str, request: Json) -> Json | None:
        """Find the recorded reply to this request, as ``find_asked``."""
        return self.find_asked(make_asked(kind, request))

    def find_asked(self, asked: Asked) -> Json | None:
        """Find the recorded reply to this request, as a fresh copy; None when it was never recorded.

        Raises:
            SextantError: the disk did not take an earlier reply.
        """
        self._raise_failed_wait(self._waits.check)
        call = self.calls.get(asked.key)
        return self.read_reply(call) if call else None

    def read_reply(self, call: Call) -> Json:
        """Read the reply of a recorded call, as a fresh copy."""
        reply: Json = json.loads(call.reply)
        return reply

    def add(self, kind: str, request: Json, reply: Json, step_info: StepInfo, seconds: float) -> Json:
        """Append one call, as ``add_asked``."""
        return self.add_asked(make_asked(kind, request), reply, step_info, seconds)

    def add_asked(self, asked: Asked, reply: Json, step_info: StepInfo, seconds: float) -> Json:
        """Append one call and return the reply as a replay will read it.

        What was paid for is on its way to the disk then; ``close`` waits until it is there.

        Raises:
            SextantError: the file cannot be written.
        """
        info = {
            "step": step_info.step,
            "node": step_info.node,
            "branch": step_info.branch,
            "seconds": round(seconds, 4),
        }
        call = Call(asked.key, asked.kind, asked.request, encode_json(reply).decode(), info)
        said: Json = json.loads(call.reply)
        with self._lock:
            fresh = {name: text for name, text in asked.parts.items() if name not in self.parts}
            lines: list[Json] = [{"part": name, "value": json.loads(text)} for name, text in fresh.items()]
            lines.append({"call": call.key, "kind": call.kind, "request": call.request, "reply": said, "info": info})
            lines[-1]["check"] = make_checksum(lines[-1])
            self._write(lines)
            self.parts |= fresh
            self.calls[call.key] = call
        if call.kind == "model":
            self.make_durable()
        return said

    def make_durable(self, *others: Callable[[], None]) -> None:
        """Begin to wait until the disk holds what was recorded so far, and before it what ``others`` wait for."""
        if self._file is not None:
            for wait in (*others, self._file.wait_for_disk):
                self._waits.start(wait)

    def expand(self, call: Call) -> Json:
        """Restore a recorded request: put its parts back in place."""
        if call.kind != "model":
            return call.request
        messages = [json.loads(self.parts[name]) for name in call.request["messages"]]
        return {**call.request, "messages": messages, "tools": json.loads(self.parts[call.request["tools"]])}

    def close(self) -> None:
        """Wait until the disk holds what was paid for, close the file and release its lock.

        Raises:
            SextantError: the disk did not take it.
        """
        try:
            self._raise_failed_wait(self._waits.finish)
        finally:
            if self._file is not None:
                self._file.close()
                self._file = None
            if self._held is not None:
                self._held.release()
                self._held = None

    def _write(self, lines: list[Json]) -> None:
        if self._file is None:
            return
        try:
            self._file.append(*lines)
        except OSError as error:
            raise make_unwritable_error(self.path, error) from error

    def _raise_failed_wait(self, wait: Callable[[], None]) -> None:
        try:
            wait()
        except OSError as error:
            raise make_unwritable_error(self.path, error) from error

    def _lines(self) -> Iterator[Json]:
        """Yield the valid lines; set ``cut`` when the last one is truncated."""
        number = 0
        try:
            for line in read_lines(self.path):
                number = line.number
                try:
                    self._check(number, line.value)
                except (KeyError, TypeError) as error:
                    raise make_changed_error(self.path, number) from error
                yield line.value
            self.cut = is_torn(self.path)
        except BrokenLine as error:
            raise make_changed_error(self.path, error.number) from error
        except OSError as error:
            raise CassetteError(f"cannot read the recording {str(self.path)!r}: {error.strerror}") from error
        if not number and not self.cut:
            raise CassetteError(f"the recording {str(self.path)!r} is empty")

    def _check(self, number: int, line: Json) -> None:
        """Raise unless the line's checksum matches."""
        if number == 1 and line.get("cassette") != FORMAT:
            found = line.get("cassette")
            raise CassetteError(
                f"the recording {str(self.path)!r} has format {found!r}, this sextant reads {FORMAT}; "
                "replay it with the version that recorded it (see its run.json)"
            )
        if "part" in line and hash_text(encode_canonical(line["value"])) != line["part"]:
            raise make_changed_error(self.path, number)
        if "call" in line:
            bare = {name: value for name, value in line.items() if name != "check"}
            if make_key(line["kind"], line["request"]) != line["call"] or make_checksum(bare) != line["check"]:
                raise make_changed_error(self.path, number)

    def _take(self, line: Json) -> None:
        if "part" in line:
            self.parts[line["part"]] = encode_canonical(line["value"])
        elif "call" in line:
            reply = encode_json(line["reply"]).decode()
            self.calls[line["call"]] = Call(line["call"], line["kind"], line["request"], reply, line["info"])


def make_checksum(line: Json) -> str:
    """Make the short checksum of a line. It detects manual edits and disk errors, not attacks."""
    return hash_text(encode_canonical(line))[:12]


def is_in_use(path: Path) -> bool:
    """Return whether a process is recording to the cassette now."""
    return is_data_locked(path)


def make_changed_error(path: Path, number: int) -> CassetteError:
    """Make the error for a line that was changed after it was recorded."""
    return CassetteError(
        f"line {number} of the recording {str(path)!r} was changed after it was recorded; restore it, or change a "
        "reply with: sextant replay RUN --from STEP --set KEY=VALUE"
    )


def make_unwritable_error(path: Path, error: OSError) -> SextantError:
    """Make the error for a recording that cannot be written."""
    return SextantError(f"cannot record to {str(path)!r}: {error.strerror}; free space or pass --home")
