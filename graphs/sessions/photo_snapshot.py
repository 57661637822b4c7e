"""Snapshot of a finished run in a session: enough to show, question and rerank it without the run's folder."""

from pathlib import Path
from typing import Any

from sextant.agent.guard.claims import make_trace
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings, make_recipe
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.run import Run
from sextant.graphs.runs.steps import Step, read_steps


def take_snapshot(key: str, file: str, run: Run, folder: Path, settings: Settings) -> Json:
    """Collect the evidence of one photo, JSON-plain.

    Args:
        key: the photo's number in the session: "1", "2", …
        file: the name it was uploaded under, for display only.
        folder: the run's folder.
    """
    record, steps = RunFolder(folder).record(), read_steps(RunFolder(folder).steps)
    changes = [step.change for step in steps]
    blobs = BlobStore(Home.at(settings.home).blobs)
    photo = _find_last(changes, "photo") or {}
    outcomes = _find_last(changes, "outcomes") or {}
    verdict = _find_last(changes, "verdict") or {}
    hashed = _find_last(changes, "references")
    references = blobs.get_json(hashed) if hashed else {"nearest": [], "farthest": []}
    return {
        "key": key,
        "status": "located",
        "file": file,
        "sha256": run.answer["photo"]["sha256"],
        "shown": photo.get("shown"),
        "run": run.name,
        "answer": {**run.answer, "photo": {**run.answer["photo"], "path": file}},
        "now": None,
        "changed": None,
        "constraints": [],
        "nearest": references["nearest"],
        "farthest": references["farthest"],
        "metadata": _find_last(changes, "metadata") or {},
        "clues": {name: outcome["clues"] for name, outcome in outcomes.items() if outcome["kind"] == "answered"},
        "traces": collect_traces(steps, bool(hashed)),
        "verdict_reasons": verdict.get("reasons", []),
        "strategy": make_recipe(settings).verify,
        "optimise": settings.optimise,
        "fitted": record["settings"].get("fitted"),
        "gallery": settings.gallery,
        **({"within": settings.within} if settings.within else {}),
    }


def make_failed_snapshot(key: str, file: str, sha256: str, run: str, error: str) -> Json:
    """Make the snapshot of a photo that could not be located, with the reason."""
    return {"key": key, "status": "failed", "file": file, "sha256": sha256, "run": run, "error": error}


def collect_traces(steps: list[Step], references: bool) -> dict[str, Json]:
    """Collect the tool calls of each branch that returned a result."""
    turns: dict[str, list[Json]] = {}
    for step in steps:
        for branch, more in step.change.get("transcripts", {}).items():
            turns.setdefault(branch, []).extend(more)
    found = {branch: make_trace(branch, said, references) for branch, said in turns.items()}
    return {
        branch: {"calls": [{"id": call, "name": name} for call, name in trace.calls], "references": references}
        for branch, trace in found.items()
    }


def _find_last(changes: list[Json], name: str) -> Any:
    """Find the last value that a step set for a key of the state."""
    return next((change[name] for change in reversed(changes) if change.get(name) is not None), None)
