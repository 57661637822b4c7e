"""Tasks of a conversation: photos to locate, each with its effort and its share of the call budget."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NotRequired

from typing_extensions import TypedDict

from sextant.agent.chat.steering_parser import is_steering, read_steering
from sextant.agent.llm.request import count_spent
from sextant.agent.recording.cassette import Cassette
from sextant.agent.settings import Settings, make_recipe
from sextant.agent.state import NOTHING_SPENT, add_spent
from sextant.base.errors import SextantError, WrongUse
from sextant.base.json_types import Document, Json
from sextant.graphs.runs.folder import RunFolder, make_run_name


class PhotoTask(TypedDict):
    """One photo to locate. Each step of ``effort`` doubles the budget."""

    key: str
    sha256: str
    file: str
    run: str
    effort: int
    constraints: list[Json]
    most_calls: NotRequired[int | None]


def make_tasks(message: Json, known: int) -> list[PhotoTask]:
    """Make tasks of the message's photos, with the constraints of the message."""
    said = list(message["steer"])
    if is_steering(message["text"]):
        with suppress(WrongUse):
            said += read_steering(message["text"])
    return [
        PhotoTask(
            key=str(number), sha256=one["sha256"], file=one["file"], run=make_run_name(), effort=0, constraints=said
        )
        for number, one in enumerate(message["photos"], known + 1)
    ]


def repeat_task(photo: Json) -> PhotoTask:
    """Repeat a photo's task with more effort, under its current constraints."""
    return PhotoTask(
        key=photo["key"],
        sha256=photo["sha256"],
        file=photo["file"],
        run=make_run_name(),
        effort=photo.get("effort", 0) + 1,
        constraints=photo["constraints"],
    )


def apply_effort(settings: Settings, effort: int, most_calls: int | None = None) -> Settings:
    """Double the call budget and add a round for each step of effort, capped at the maximum."""
    base = make_recipe(settings)
    calls = base.max_calls * 2**effort
    if most_calls is not None:
        calls = min(calls, most_calls)
    if calls == base.max_calls and not effort:
        return settings
    return replace(settings, max_calls=calls, max_rounds=base.max_rounds + effort)


def count_run_spending(answer: Document) -> Json:
    """Convert a run's spending to the session's totals."""
    spent = answer["spent"]
    return {
        "calls": spent["calls"],
        "input_tokens": spent["tokens"],
        "estimated_calls": spent["estimated_calls"],
        "usd": spent["usd"] or 0.0,
        "unpriced_calls": int(spent["usd"] is None),
    }


def sum_recorded_spending(folder: Path) -> Json:
    """Sum the spending of the recorded calls of a run without an answer; zero when its recording cannot be read."""
    spent = NOTHING_SPENT
    with suppress(SextantError):
        for call in Cassette.read(RunFolder(folder).cassette).calls.values():
            if call.kind == "model":
                spent = add_spent(add_spent(spent, {"calls": 1}), count_spent(json.loads(call.reply)))
    return dict(spent)
