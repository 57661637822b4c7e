"""The steps of a run: what each node changed in the state, recorded as it happens."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, cast

from langgraph.types import Command, Send
from pydantic import Field
from typing_extensions import TypedDict

from sextant.agent.guard.claims import has_tool_failed
from sextant.agent.state import Branch, Stop, Turn
from sextant.agent.warning_codes import add_codes
from sextant.agent.world.deps import StepInfo
from sextant.base.documents.answer import WarningDocument
from sextant.base.documents.check import find_objection
from sextant.base.documents.outcome import OutcomeDocument
from sextant.base.documents.verdict import VerdictDocument
from sextant.base.errors import SextantError
from sextant.base.json_lines import BrokenLine, JsonLines, read_lines
from sextant.base.json_types import Json
from sextant.graphs.runs.folder import read_json


class RecordedChange(TypedDict, total=False):
    """What a node changed in the state, as far as it is read from a recording; ``ingest`` empties the verdict."""

    branches: dict[str, Branch]
    transcripts: dict[str, list[Turn]]
    outcomes: dict[str, OutcomeDocument]
    verdict: VerdictDocument | Annotated[dict[str, Any], Field(max_length=0)]
    stop: Stop | None
    references: str | None
    metadata: dict[str, Any]
    warnings: list[WarningDocument]
    closed: dict[str, str]


class StepDocument(TypedDict):
    """A line of steps.jsonl."""

    step: int
    node: str
    branch: str | None
    seconds: float | None
    goto: list[str]
    change: RecordedChange


@dataclass(frozen=True)
class Step:
    """One step of one node: its change of the state, and the nodes it sent the run to."""

    step_info: StepInfo
    change: Json
    goto: list[str]
    seconds: float | None = None

    def to_json(self) -> Json:
        step_info = {"step": self.step_info.step, "node": self.step_info.node, "branch": self.step_info.branch}
        return {**step_info, "seconds": self.seconds, "goto": self.goto, "change": self.change}

    def round_trip(self) -> "Step":
        """Return the step as it reads back from a file."""
        return replace(self, change=json.loads(json.dumps(self.change)))


def make_step(step_info: StepInfo, update: Any, seconds: float | None = None) -> Step:
    """Make a step of a node's return value. The answer is left out: it has its own file."""
    if not isinstance(update, Command):
        return Step(step_info, {name: value for name, value in update.items() if name != "answer"}, [], seconds)
    targets = update.goto if isinstance(update.goto, list | tuple) else [update.goto]
    goto = [f"{t.node} {t.arg['branch']['id']}" if isinstance(t, Send) else str(t) for t in targets]
    return Step(step_info, cast(Json, update.update), goto, seconds)


class StepLog:
    """Appends the steps of a running graph to ``steps.jsonl``. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = JsonLines(path)
        except OSError as error:
            raise SextantError(f"cannot record to {str(path)!r}: {error.strerror}; pass --home") from error

    def write(self, step: Step) -> None:
        """Append one step.

        Raises:
            SextantError: the file cannot be written.
        """
        try:
            self._file.append(step.to_json())
        except OSError as error:
            raise SextantError(f"cannot record to {str(self.path)!r}: {error.strerror}; free space") from error

    def close(self) -> None:
        self._file.close()


def read_steps(path: Path) -> list[Step]:
    """Read the recorded steps in graph order. A truncated last line is skipped; the last line of a step counts.

    Raises:
        SextantError: a line before the last is not a step: the file was changed.
    """
    found: dict[tuple[int, str, str], Step] = {}
    complete = not is_of_earlier_format(path.parent)
    try:
        for line in read_lines(path) if path.exists() else ():
            value = line.value
            try:
                change = add_failure_flags(add_codes(value["change"]))
                if objection := find_objection(StepDocument, {**value, "change": change}, complete=complete):
                    raise ValueError(objection)
                step_info = StepInfo(value["step"], value["node"], value["branch"])
                step = Step(step_info, change, value["goto"], value["seconds"])
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise make_changed_error(path, line.number) from error
            found[step_info.step, step_info.node, step_info.branch or ""] = step
    except BrokenLine as error:
        raise make_changed_error(path, error.number) from error
    except OSError as error:
        raise SextantError(f"cannot read {str(path)!r}: {error.strerror}; import the run again") from error
    return [found[key] for key in sorted(found)]


def is_of_earlier_format(run: Path) -> bool:
    """Return whether a run's folder was recorded before fields were added that its steps lack."""
    try:
        return bool(read_json(run / "run.json").get("format") == 1)
    except (SextantError, AttributeError):
        return False  # whoever reads the record says what is wrong with it


def make_changed_error(path: Path, number: int) -> SextantError:
    """Make the error for an invalid line before the last one: a crash can only damage the last line."""
    return SextantError(f"line {number} of {str(path)!r} was changed after it was recorded; import the run again")


def add_failure_flags(change: Json) -> Json:
    """Add to every tool turn of a recorded change whether the tool failed; earlier versions did not record it."""
    if "transcripts" not in change:
        return change
    read = {branch: [_add_failed_flag(turn) for turn in turns] for branch, turns in change["transcripts"].items()}
    return {**change, "transcripts": read}


def _add_failed_flag(turn: Json) -> Json:
    return {**turn, "failed": has_tool_failed(turn)} if turn["role"] == "tool" else turn
