"""The steps of a run: what each node changed in the state, recorded as it happens."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from langgraph.types import Command, Send

from sextant.agent.guard.claims import tool_failed
from sextant.agent.warning_codes import with_codes
from sextant.agent.world.deps import StepInfo
from sextant.base.errors import SextantError
from sextant.base.json_lines import BrokenLine, JsonLines, read_lines
from sextant.base.json_types import Json


@dataclass(frozen=True)
class Step:
    """What one node did at one step: its change of the state, and where it sent the run next."""

    moment: StepInfo
    change: Json
    goto: list[str]
    seconds: float | None = None

    def to_json(self) -> Json:
        moment = {"step": self.moment.step, "node": self.moment.node, "branch": self.moment.branch}
        return {**moment, "seconds": self.seconds, "goto": self.goto, "change": self.change}

    def round_trip(self) -> "Step":
        """Return the step as a file gives it back."""
        return replace(self, change=json.loads(json.dumps(self.change)))


def make_step(moment: StepInfo, update: Any, seconds: float | None = None) -> Step:
    """Return a node's return value as a step. The answer is left out: it stands in a file of its own."""
    if not isinstance(update, Command):
        return Step(moment, {name: value for name, value in update.items() if name != "answer"}, [], seconds)
    targets = update.goto if isinstance(update.goto, list | tuple) else [update.goto]
    goto = [f"{t.node} {t.arg['branch']['id']}" if isinstance(t, Send) else str(t) for t in targets]
    return Step(moment, cast(Json, update.update), goto, seconds)


class StepLog:
    """Appends the steps of a running graph to ``steps.jsonl``, from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = JsonLines(path)
        except OSError as error:
            raise SextantError(f"cannot record to {str(path)!r}: {error.strerror}; pass --home") from error

    def write(self, step: Step) -> None:
        """Write one step down.

        Raises:
            SextantError: the disk does not take it.
        """
        try:
            self._file.append(step.to_json())
        except OSError as error:
            raise SextantError(f"cannot record to {str(self.path)!r}: {error.strerror}; free space") from error

    def close(self) -> None:
        self._file.close()


def read_steps(path: Path) -> list[Step]:
    """Read the recorded steps in graph order. A torn last line is left out; of two for one step the last counts.

    Raises:
        SextantError: a line before the last is not a step: the file was changed.
    """
    found: dict[tuple[int, str, str], Step] = {}
    try:
        for line in read_lines(path) if path.exists() else ():
            value = line.value
            try:
                moment = StepInfo(int(value["step"]), value["node"], value["branch"])
                step = Step(moment, with_failures(with_codes(value["change"])), value["goto"], value["seconds"])
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise make_changed_error(path, line.number) from error
            found[moment.step, moment.node, moment.branch or ""] = step
    except BrokenLine as error:
        raise make_changed_error(path, error.number) from error
    except OSError as error:
        raise SextantError(f"cannot read {str(path)!r}: {error.strerror}; import the run again") from error
    return [found[key] for key in sorted(found)]


def make_changed_error(path: Path, number: int) -> SextantError:
    """Return the error for a line before the last that is not a step: no crash leaves such a line."""
    return SextantError(f"line {number} of {str(path)!r} was changed after it was recorded; import the run again")


def with_failures(change: Json) -> Json:
    """Return a recorded change in which every tool's turn says whether it failed; earlier versions did not note it."""
    if "transcripts" not in change:
        return change
    read = {branch: [_with_failed(turn) for turn in turns] for branch, turns in change["transcripts"].items()}
    return {**change, "transcripts": read}


def _with_failed(turn: Json) -> Json:
    return {**turn, "failed": tool_failed(turn)} if turn["role"] == "tool" else turn
