"""Batch runner: one compiled graph and one backend for many photos, without checkpoints.

Each photo still has its run folder. After a kill, its cassette answers the calls already made, so none is paid twice.
"""

import hashlib
import re
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.recorder import Recorder, ignore_step
from sextant.agent.settings import Settings
from sextant.agent.traces import trace_run
from sextant.agent.world.deps import Deps, Port, ignore_event
from sextant.base.documents.progress import OnEvent
from sextant.base.errors import SextantError
from sextant.base.json_types import Json
from sextant.graphs.runs.folder import FORMAT, RunFolder, format_now, write_json
from sextant.graphs.runs.run import build_record, record_nodes
from sextant.graphs.runs.shared_graph import SharedGraph
from sextant.graphs.runs.steps import StepLog


class BatchRunner:
    """Runs photos through one compiled graph, from any number of threads.

    Args:
        deps: shared by all photos; its settings apply to every photo except for the run's name.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._graph = SharedGraph()

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
            deps = replace(self._deps, settings=settings, on_event=on_event)
            recorded = record_nodes(Recorder(cassette, ignore_step(traced(world))), log)
            try:
                state = self._graph.invoke({"path": path}, deps, recorded)
            except SextantError as error:
                record.update(status="failed", error=str(error))
                raise
        record.complete(state["answer"])
        return state


def begin_run(folder: Path, name: str, path: str, settings: Settings, trace: str | None = None) -> RunFolder:
    """Open or create the photo's run folder, at the given path instead of the home's ``runs``."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "run.json").exists():
        details = build_record(path, settings, trace)
        write_json(
            folder / "run.json",
            {"format": FORMAT, "run": name, "status": "running", "started": format_now(), **details},
        )
    return RunFolder(folder)


def make_record_name(image: str) -> str:
    """Make a folder name for a photo's run: valid on any file system and unique to this photo."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(image).stem).strip(".-_")[:60] or "photo"
    return f"{plain}-{hashlib.sha256(image.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"
