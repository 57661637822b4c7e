"""The record of a run: what its run.json holds."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from sextant.base.documents.answer import AnsweredPhoto, BestPlace, SpentSummary, Stop


class ChangeDocument(TypedDict):
    """A change of a fork, as `sextant.graphs.runs.changes` reads it."""

    step: int
    branch: str | None
    kind: str
    name: str
    value: Any


class RunSummary(TypedDict):
    """What a list of runs shows of the answer."""

    best: BestPlace | None
    stop: Stop
    spent: SpentSummary
    preset: str


class RunRecord(TypedDict):
    """Inputs and status of a run.

    ``prompts`` are the texts of the user's own prompt files by the path as given; ``trace`` names the first span of a
    traced run (W3C ``traceparent``). ``named`` is what the photo was called where ``path`` is a stored copy of it.
    """

    format: int
    run: str
    status: Literal["running", "done", "failed"]
    started: str
    path: str
    settings: dict[str, Any]
    parent: str | None
    changes: list[ChangeDocument]
    live: bool
    keep_words: bool
    prompts: dict[str, str]
    versions: NotRequired[dict[str, str]]
    finished: NotRequired[str]
    photo: NotRequired[AnsweredPhoto]
    error: NotRequired[str | None]
    summary: NotRequired[RunSummary | None]
    imported: NotRequired[bool]
    trace: NotRequired[str]
    named: NotRequired[str]
