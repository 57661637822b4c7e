"""Run the graph on one photo and record it: calls, replies and the changes of each step."""

import platform
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from sextant.agent.llm.spec import split_login
from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.recorder import Recorder, StepPort, ignore_step
from sextant.agent.settings import Settings, make_recipe, settings_to_json
from sextant.agent.traces import trace_run
from sextant.agent.world.cancellation import make_cancellable
from sextant.agent.world.deps import Deps, StepInfo, ignore_event
from sextant.agent.world.live import make_deps
from sextant.base.documents.answer import Answer
from sextant.base.documents.progress import OnEvent
from sextant.base.errors import SextantError
from sextant.base.json_types import Json
from sextant.graphs.geolocate import Node, NodeWrapper
from sextant.graphs.runs.changes import UNCHANGED, Changes, run_changed_node
from sextant.graphs.runs.folder import RunError, RunFolder, create_run, make_run_name
from sextant.graphs.runs.shared_graph import load_shared_graph
from sextant.graphs.runs.steps import StepLog, make_step
from sextant.prompts.loading import is_own, read_prompt_text
from sextant.prompts.variants import load_variant


@dataclass(frozen=True)
class Run:
    """One finished run: its name and its answer."""

    name: str
    answer: Answer


class UnrecordedCalls(SextantError):
    """The fork needs calls that were never recorded and that it may not make. ``calls`` lists them."""

    def __init__(self, calls: list[Json]) -> None:
        needed = "one new call is" if len(calls) == 1 else f"{len(calls)} new calls are"
        super().__init__(f"the fork stops at step {calls[0]['step']}: {needed} needed; add --live, or --keep-words")
        self.calls = calls


def locate(
    path: str,
    settings: Settings,
    on_event: OnEvent = ignore_event,
    stop: Event | None = None,
    named: str | None = None,
) -> Run:
    """Locate one photo and record the run in ``runs/NAME`` of the home.

    Args:
        path: the photo's file.
        on_event: receives progress events, from several threads.
        stop: when set, ends the run within a second with the best answer so far.
        named: what the photo was called, where ``path`` is a stored copy; lists of runs show it.

    Raises:
        SextantError: the photo, the gallery or the settings cannot be used; model failures lead to an answer instead.
    """
    name = settings.run or make_run_name()
    settings = replace(settings, run=name)
    deps = make_cancellable(make_deps(settings, on_event), stop)
    with trace_run(deps.settings) as traced:
        folder = create_run(settings.home, name, build_record(path, deps.settings, traced.context, named))
        return execute_run(folder, path, deps, ignore_step(traced(deps.ask)))


def build_record(path: str, settings: Settings, trace: str | None = None, named: str | None = None) -> Json:
    """Build the record of a new run. It holds no secret: the login is removed from an address.

    Args:
        trace: of the run's first span, where it is traced.
        named: what the photo was called, where ``path`` is a stored copy.
    """
    address = split_login(settings.base_url)[1] if settings.base_url else None
    return {
        "path": path,
        "settings": settings_to_json(replace(settings, base_url=address)),
        "parent": None,
        "changes": [],
        "live": True,
        "keep_words": False,
        "prompts": collect_own_prompts(settings),
        "versions": dict(read_versions()),
        **({"trace": trace} if trace else {}),
        **({"named": named} if named else {}),
    }


@cache
def read_versions() -> Json:
    """Read the versions of Sextant, its libraries and Python; cached, since each look-up opens files."""
    names = ("sextant-geo", "langgraph", "langchain-core")
    return {**{name: version(name) for name in names}, "python": platform.python_version()}


def collect_own_prompts(settings: Settings) -> dict[str, str]:
    """Collect the texts of the user's own prompt files that a run may read, by the path the user gave.

    Raises:
        WrongUse: a file is missing, or the preset is unknown.
    """
    plan = make_recipe(settings)
    prompts = [name for name in (*plan.variants, *plan.later) if load_variant(name) and is_own(name)]
    presets = [settings.preset] if settings.preset and is_own(settings.preset) else []
    return {name: read_prompt_text(Path(name)) for name in (*presets, *prompts)}


def execute_run(folder: RunFolder, path: str, deps: Deps, world: StepPort, changes: Changes = UNCHANGED) -> Run:
    """Run the graph to the answer, taking the calls that the folder's recording holds from there.

    The recording is all that a run needs to be resumed: its nodes compute the same again from the same replies. So the
    graph keeps no checkpoints, which would hold the same a second time.

    Raises:
        UnrecordedCalls: the run is a fork that may not make the calls it needs; its folder is removed.
        SextantError: the run failed. Its folder is kept for resuming once a model was called.
    """
    cassette = Cassette.record(folder.cassette)
    try:
        with closing(cassette), closing(StepLog(folder.steps)) as log:
            cassette.make_durable(folder.wait_for_disk)
            answer = run_graph(path, deps, record_nodes(Recorder(cassette, world), log, changes))
    except UnrecordedCalls:
        folder.remove()
        raise
    except SextantError as error:
        if any(call.kind == "model" for call in cassette.calls.values()):
            folder.update(status="failed", error=str(error))
        else:
            folder.remove()
        raise
    folder.finish(answer)
    return Run(folder.name, answer)


def record_nodes(door: StepPort, log: StepLog, changes: Changes = UNCHANGED) -> NodeWrapper:
    """Wrap each node so that it calls through the port and its change of the state is recorded."""

    def record_node(step_info: StepInfo, node: Node, state: Any, deps: Deps) -> Any:
        began = monotonic()
        update = run_changed_node(changes, door, step_info, node, state, deps)
        log.write(make_step(step_info, update, round(monotonic() - began, 4)))
        return update

    return record_node


def run_graph(path: str, deps: Deps, around: NodeWrapper) -> Answer:
    """Run the graph and return the answer."""
    state = load_shared_graph().invoke({"path": path}, deps, around)
    if state.get("__interrupt__"):
        calls = [stop.value for stop in state["__interrupt__"]]
        raise UnrecordedCalls(sorted(calls, key=lambda call: call["branch"] or ""))
    if "answer" not in state:
        raise RunError(f"internal error: run {deps.settings.run} ended without an answer; please report it")
    answer: Answer = state["answer"]
    return answer
