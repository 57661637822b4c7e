"""The cassette of a run: every call to the outside, keyed by its request. JSON lines, appended as the calls return.

A key is the hash of what was asked and of nothing else: no clock, no path or address of this machine, no thread
order. Each call of a run has a key of its own (a model's by its branch, sample and turn), so a recording can be read
from any point, in any order. Messages and tool schemas come back turn after turn: each is stored once, as a *part*.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sextant.agent.world.deps import StepInfo
from sextant.base.errors import SextantError
from sextant.base.json_lines import BrokenLine, JsonLines, is_torn, read_lines
from sextant.base.json_types import Json
from sextant.base.locks import AlreadyLocked, Lock, is_locked

FORMAT = 1
# What is information and no part of the question: where a model is reached, how long it may take, where a file lies.
NOT_ASKED = {"model": ("base_url", "seconds_left", "run"), "photo": ("path",)}


class CassetteError(SextantError):
    """A recording that cannot be read: another format, or changed by hand."""


@dataclass(frozen=True)
class Call:
    """One recorded call. ``request`` is compact (see ``Cassette.expanded``), ``reply`` is JSON text."""

    key: str
    kind: str
    request: Json
    reply: str
    info: Json


def compact_request(kind: str, request: Json) -> tuple[Json, dict[str, str]]:
    """Return the question alone, its repeated parts replaced by their hashes; and those parts, as JSON by hash."""
    asked = {name: value for name, value in request.items() if name not in NOT_ASKED.get(kind, ())}
    if kind == "tool":
        asked["photo"] = asked["photo"]["sha256"]
    parts: dict[str, str] = {}
    if kind == "model":
        asked["messages"] = [store_part(message, parts) for message in asked["messages"]]
        asked["tools"] = store_part(asked["tools"], parts)
    return asked, parts


def store_part(value: Any, parts: dict[str, str]) -> str:
    """Put the value among the parts; its name is its hash."""
    text = encode_canonical(value)
    name = hash_text(text)
    parts[name] = text
    return name


def encode_canonical(value: Any) -> str:
    """Return the one spelling of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def hash_text(text: str) -> str:
    """128 bits of the text's sha256: enough to tell the calls of all runs apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def make_key(kind: str, compacted: Json) -> str:
    """Return the key of a compact request."""
    return hash_text(encode_canonical([kind, compacted]))


class Cassette:
    """The calls of one run, in memory and, when it is being recorded, on disk. Safe for the threads of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls: dict[str, Call] = {}
        self.parts: dict[str, str] = {}
        self.cut = False
        self._lock = threading.Lock()
        self._file: JsonLines | None = None
        self._held: Lock | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return a recorded cassette. A last line that was cut off by a crash is left out, and ``cut`` is set.

        Raises:
            CassetteError: there is none, its format is another, or a line was changed by hand.
        """
        cassette = cls(path)
        for line in cassette._lines():
            cassette._take(line)
        return cassette

    @classmethod
    def record(cls, path: Path) -> Self:
        """Return a cassette that is written to: a new one, or one that goes on after a crash.

        Raises:
            CassetteError: as ``read``.
            SextantError: the file cannot be written.
        """
        held = Lock(lock_file(path))
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
        """Return the recorded reply to this very question, a fresh copy; None when it was never asked."""
        compacted, _ = compact_request(kind, request)
        call = self.calls.get(make_key(kind, compacted))
        return self.read_reply(call) if call else None

    def read_reply(self, call: Call) -> Json:
        """Return a recorded reply, a fresh copy."""
        reply: Json = json.loads(call.reply)
        return reply

    def add(self, kind: str, request: Json, reply: Json, step_info: StepInfo, seconds: float) -> Json:
        """Write one call down, and return the reply as a replay will read it.

        Raises:
            SextantError: the file cannot be written.
        """
        compacted, parts = compact_request(kind, request)
        info = {
            "step": step_info.step,
            "node": step_info.node,
            "branch": step_info.branch,
            "seconds": round(seconds, 4),
        }
        call = Call(make_key(kind, compacted), kind, compacted, json.dumps(reply), info)
        said: Json = json.loads(call.reply)
        with self._lock:
            fresh = {name: text for name, text in parts.items() if name not in self.parts}
            lines: list[Json] = [{"part": name, "value": json.loads(text)} for name, text in fresh.items()]
            lines.append({"call": call.key, "kind": kind, "request": compacted, "reply": said, "info": info})
            lines[-1]["check"] = make_checksum(lines[-1])
            self._write(lines, fsync=False)
            self.parts |= fresh
            self.calls[call.key] = call
        if kind == "model":
            # Paid for: outside the lock, so that calls that return together wait for the disk together.
            self._write([], fsync=True)
        return said

    def expand(self, call: Call) -> Json:
        """Return the recorded question with its parts in place."""
        if call.kind != "model":
            return call.request
        messages = [json.loads(self.parts[name]) for name in call.request["messages"]]
        return {**call.request, "messages": messages, "tools": json.loads(self.parts[call.request["tools"]])}

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._held is not None:
            self._held.release()
            self._held = None

    def _write(self, lines: list[Json], fsync: bool = True) -> None:
        if self._file is None:
            return
        try:
            self._file.append(*lines, fsync=fsync)
        except OSError as error:
            raise make_unwritable_error(self.path, error) from error

    def _lines(self) -> Iterator[Json]:
        """Yield the sound lines; set ``cut`` where the last one is not whole."""
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
        """Raise unless the line is what was written."""
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
            reply = json.dumps(line["reply"])
            self.calls[line["call"]] = Call(line["call"], line["kind"], line["request"], reply, line["info"])


def make_checksum(line: Json) -> str:
    """Return a short sum over a line, against hands and bad disks; it protects from no attacker."""
    return hash_text(encode_canonical(line))[:12]


def lock_file(path: Path) -> Path:
    """Return the file whose lock keeps other processes from recording to the same cassette."""
    return path.with_name(f".{path.name}.lock")


def is_in_use(path: Path) -> bool:
    """Return whether a process is recording to the cassette now."""
    return is_locked(lock_file(path))


def make_changed_error(path: Path, number: int) -> CassetteError:
    """Return a line that is not what was recorded."""
    return CassetteError(
        f"line {number} of the recording {str(path)!r} was changed after it was recorded; restore it, or change a "
        "reply with: sextant replay RUN --from STEP --set KEY=VALUE"
    )


def make_unwritable_error(path: Path, error: OSError) -> SextantError:
    """Return a recording that cannot go on."""
    return SextantError(f"cannot record to {str(path)!r}: {error.strerror}; free space or pass --home")
