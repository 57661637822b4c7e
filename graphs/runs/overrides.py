"""Overrides: parse ``--from STEP --set KEY=VALUE`` into the change of a recorded run."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sextant.agent.settings import parse_setting
from sextant.agent.verification.pool import PositionError, checked_position
from sextant.base.errors import WrongUse, format_system_reason
from sextant.base.json_types import Json
from sextant.base.settings import list_types
from sextant.graphs.runs.changes import Change
from sextant.graphs.runs.steps import Step
from sextant.prompts.variants import load_variant

FIXED = ("home", "run")  # settings of where a run is stored, not of what it does
KEYS = "a setting, variant.NAME, prompt.NAME, candidate.ID, text, result[.TOOL], without[.TOOL]"


def parse_step(text: str, steps: list[Step], run: str) -> tuple[int, str | None]:
    """Parse ``3``, ``verify``, ``lmm.1`` or ``lmm.1:zero-shot`` into a step number and a branch.

    ``NODE`` is the node's first step in the last round that has it, ``NODE.ROUND`` its first step in that round, and
    ``NODE.ROUND.TURN`` a later one. Any part of a branch's name is enough.

    Raises:
        WrongUse: the run has no such step or branch, or several branches match.
    """
    number, _, wanted = text.partition(":")
    number = find_named_step(number, steps) or number
    last = max((step.step_info.step for step in steps), default=0)
    if not is_count(number) or not 1 <= int(number) <= last:
        raise WrongUse(
            f"run {run} has no step {text!r}; its steps are 1 to {last}, or {name_steps(steps)} "
            f"(sextant runs show {run})"
        )
    here = sorted(
        {
            step.step_info.branch
            for step in steps
            if step.step_info.step == int(number) and step.step_info.branch is not None
        }
    )
    if not wanted:
        return int(number), None
    found = [branch for branch in here if branch == wanted] or [branch for branch in here if wanted in branch]
    if len(found) != 1:
        raise WrongUse(
            f"step {number} has {len(found)} branches like {wanted!r}; there are: {', '.join(here) or 'none'}"
        )
    return int(number), found[0]


def find_named_step(text: str, steps: list[Step]) -> str | None:
    """Find the number of the step named ``NODE``, ``NODE.ROUND`` or ``NODE.ROUND.TURN``; None without a match."""
    node, *places = text.split(".")
    if not all(is_count(place) and int(place) > 0 for place in places) or len(places) > 2:
        return None
    found: dict[int, list[int]] = {}
    for number, name, turn in list_rounds(steps):
        if name == node and number not in found.get(turn, ()):
            found.setdefault(turn, []).append(number)
    if not found:
        return None
    numbers = found.get(int(places[0]) if places else max(found), [])
    turn = int(places[1]) if len(places) > 1 else 1
    return str(numbers[turn - 1]) if turn <= len(numbers) else None


def list_rounds(steps: list[Step]) -> list[tuple[int, str, int]]:
    """List each step as its number, node and round. A round starts at its plan step; earlier steps are in round 1."""
    plans = sorted({step.step_info.step for step in steps if step.step_info.node == "plan"})
    return [
        (step.step_info.step, step.step_info.node, max(1, sum(begun <= step.step_info.step for begun in plans)))
        for step in steps
    ]


def name_steps(steps: list[Step]) -> str:
    """Name the steps of a run by node and round."""
    return ", ".join(dict.fromkeys(f"{node}.{turn}" for _, node, turn in list_rounds(steps)))


def parse_change(override: str, step: int, branch: str | None, steps: list[Step], candidates: list[str]) -> Change:
    """Parse one ``KEY=VALUE`` into a change.

    Args:
        candidates: the ids a ``candidate.ID`` may have.

    Raises:
        WrongUse: the key is unknown, the value is invalid, or the change has no effect at this step.
    """
    key, equals, value = override.partition("=")
    if not equals:
        raise WrongUse(f"--set {override!r} has no '='; write KEY=VALUE, for example --set max_rounds=1")
    value = read_value(value)
    head, _, name = key.partition(".")
    if key in get_setting_types():
        return Change(step, None, "setting", key, parse_setting(key, value, f"--set {key}"))
    if head == "variant" and name:
        load_variant(value)
        return Change(step, None, "variant", name, value)
    if head == "prompt" and name:
        return Change(step, None, "prompt", name, value)
    if head == "candidate" and name:
        if name not in candidates:
            raise WrongUse(f"no candidate has the id {name!r}; there are: {', '.join(candidates[:8])} …")
        return Change(step, None, "candidate", name, parse_position(value))
    if key == "text":
        return Change(step, choose_branch("lmm", key, step, branch, steps), "text", "", value)
    if head in ("result", "without"):
        chosen = choose_branch("tools", key, step, branch, steps)
        return Change(step, chosen, head, name, value if head == "result" else parse_line_numbers(value))
    near = get_close_matches(key, get_setting_types(), 1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    raise WrongUse(
        f"unknown --set key {key!r}: expected {KEYS}; {meant}the settings are: {', '.join(get_setting_types())}"
    )


def get_setting_types() -> dict[str, Any]:
    """Return the settings a fork may change, with their types."""
    return {name: kind for name, kind in list_types().items() if name not in FIXED}


def read_value(value: str) -> str:
    """Return the value, or the content of the file when it has the form ``@FILE``."""
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"--set cannot read {value[1:]!r}: {format_system_reason(error)}") from error


def parse_position(text: str) -> Json | None:
    """Parse ``LAT,LON`` in degrees; ``none`` gives None."""
    if text.lower() == "none":
        return None
    try:
        latitude, longitude = checked_position(*(float(part) for part in text.split(",", 1)))
    except (ValueError, TypeError) as error:
        raise WrongUse(f"{text!r} is not a position; write LATITUDE,LONGITUDE in degrees, or none") from error
    except PositionError as error:
        raise WrongUse(str(error)) from error
    return {"latitude": latitude, "longitude": longitude}


def is_count(text: str) -> bool:
    """Return whether the text is a short number in ASCII digits, which ``int`` can read."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def parse_line_numbers(text: str) -> list[int]:
    """Parse line numbers such as ``2,5``."""
    parts = [part.strip() for part in text.split(",")]
    if not all(is_count(part) for part in parts):
        raise WrongUse(f"{text!r} names no lines; write their numbers, for example 2,5")
    return [int(part) for part in parts]


def choose_branch(node: str, key: str, step: int, branch: str | None, steps: list[Step]) -> str:
    """Find the one branch whose reply is changed.

    Raises:
        WrongUse: no branch has such a reply at this step, or several have.
    """
    name = key.partition(".")[0]
    there = {step.step_info.step for step in steps if step.step_info.node == node}
    here = [
        s.step_info.branch
        for s in steps
        if s.step_info.step == step and s.step_info.node == node and s.step_info.branch
    ]
    fitting = [found for found in here if branch in (None, found)]
    if not fitting:
        raise WrongUse(
            f"--set {name} does not apply to step {step}; it applies to steps {', '.join(map(str, sorted(there)))}"
        )
    if len(fitting) > 1:
        raise WrongUse(f"step {step} has {len(fitting)} branches; say which: --from {step}:{fitting[0]}")
    return fitting[0]
