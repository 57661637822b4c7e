"""Batch runner: one compiled graph and one backend for many photos, without checkpoints.

Each photo still has its run folder. After a kill, its cassette answers the calls already made, so none is paid twice.
"""

import hashlib
import json
import re
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.recorder import Recorder, StepPort, ignore_step
from sextant.agent.settings import Settings
from sextant.agent.traces import trace_run
from sextant.agent.world.deps import Deps, Port, StepInfo, ignore_event
from sextant.base.documents.progress import OnEvent
from sextant.base.errors import SextantError
from sextant.base.json_types import Json
from sextant.graphs.geolocate import Node, build_graph
from sextant.graphs.runs.folder import FORMAT, RunFolder, format_now, write_bytes, write_json
from sextant.graphs.runs.run import STEPS_FUSE, build_record
from sextant.graphs.runs.steps import StepLog, make_step


@dataclass(frozen=True)
class PhotoRun:
    """Recording of one photo in progress: its port and its step log."""

    door: StepPort
    log: StepLog


class BatchRunner:
    """Runs photos through one compiled graph, from any number of threads.

    Args:
        deps: shared by all photos; its settings apply to every photo except for the run's name.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._photo_runs: dict[str, PhotoRun] = {}
        self._run_deps: dict[str, Deps] = {}
        self._graph = build_graph(self._find_deps, self._record_node).compile(name="geolocate")

    def locate(
        self,
        path: str,
        settings: Settings,
        folder: Path,
        world: Port,
        afresh: bool = False,
        on_event: OnEvent = ignore_event,
    ) -> Json:
        """Run one photo, recorded in ``folder``, and return its final state; recorded calls are not repeated.

        Args:
            settings: of this photo; ``settings.run`` must be unique among the photos in flight.
            world: answers the calls.
            afresh: delete an earlier recording and repeat every call.
            on_event: receives the run's progress events, from several threads.

        Raises:
            SextantError: the photo cannot be used, or the record cannot be written.
        """
        name = str(settings.run)
        if afresh:
            RunFolder(folder).remove()
        with trace_run(settings) as traced, ExitStack() as opened:
            record = begin_run(folder, name, path, settings, traced.context)
            cassette = opened.enter_context(closing(Cassette.record(record.cassette)))
            log = opened.enter_context(closing(StepLog(record.steps)))
            self._photo_runs[name] = PhotoRun(Recorder(cassette, ignore_step(traced(world))), log)
            self._run_deps[name] = replace(self._deps, settings=settings, on_event=on_event)
            try:
                state: Json = self._graph.invoke({"path": path}, make_config(settings), context=settings)
            except SextantError as error:
                record.update(status="failed", error=str(error))
                raise
            finally:
                del self._photo_runs[name], self._run_deps[name]
        finish_run(record, state["answer"])
        return state

    def _find_deps(self, settings: Settings) -> Deps:
        return self._run_deps[str(settings.run)]

    def _record_node(self, step_info: StepInfo, node: Node, state: Any, deps: Deps) -> Any:
        photo_run = self._photo_runs[str(deps.settings.run)]
        began = monotonic()
        update = node(state, replace(deps, ask=partial(photo_run.door, step_info)))
        photo_run.log.write(make_step(step_info, update, round(monotonic() - began, 4)))
        return update


def make_config(settings: Settings) -> Any:
    """Make the LangGraph configuration of one photo's run."""
    return {"recursion_limit": STEPS_FUSE, "max_concurrency": settings.concurrency}


def begin_run(folder: Path, name: str, path: str, settings: Settings, trace: str | None = None) -> RunFolder:
    """Open or create the photo's run folder, at the given path instead of the home's ``runs``."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "run.json").exists():
        told_it = build_record(path, settings, trace)
        write_json(
            folder / "run.json",
            {"format": FORMAT, "run": name, "status": "running", "started": format_now(), **told_it},
        )
    return RunFolder(folder)


def finish_run(record: RunFolder, answer: Json) -> None:
    """Store the answer on one line: indenting the outlines of regions takes longer than locating the photo."""
    content = json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace")
    write_bytes(record.path / "answer.json", content, fsync=True)
    record.update(status="done", finished=format_now(), photo=answer["photo"], error=None)


def make_record_name(image: str) -> str:
    """Make a folder name for a photo's run: valid on any file system and unique to this photo."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(image).stem).strip(".-_")[:60] or "photo"
    return f"{plain}-{hashlib.sha256(image.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"
