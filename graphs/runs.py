"""Running the graph over one photo. Every run is recorded: what it asked, what it was told, what each step changed."""

import platform
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any

from agent.cassette import Cassette
from agent.equipment import Equipment, Moment, silent
from agent.home import home_folder
from agent.live import equip
from agent.model_spec import split_login
from agent.recording import Door, Recorder, unmoved
from agent.settings import Settings, from_json, to_json
from agent.state import Json
from geo.errors import SextantError
from graphs.checkpoints import sqlite_checkpoints
from graphs.folders import RunError, RunFolder, create, find, new_name
from graphs.geolocate import Around, Node, build
from graphs.steps import StepLog, step_of

STEPS_FUSE = 500  # the budget stops a run; this stops a defect in ours


@dataclass(frozen=True)
class Run:
    """One finished run: its name and its answer."""

    name: str
    answer: Json


def checkpoints_file(settings: Settings) -> Path:
    """Where the checkpoints of these settings' home lie: of threads, and of runs that have not finished."""
    return home_folder(settings.home) / "checkpoints.sqlite"


def locate(path: str, settings: Settings, tell: Callable[[Json], None] = silent) -> Run:
    """Locate one photo and record the run in ``runs/NAME`` of the home.

    Args:
        path: the photo's file.
        tell: receives progress events, from several threads.

    Raises:
        SextantError: the photo, the gallery or the settings are no good; model failures end in an answer instead.
    """
    name = settings.run or new_name()
    settings = replace(settings, run=name)
    gear = equip(settings, tell)
    folder = create(settings.home, name, told(path, settings))
    return carry_out(folder, path, gear, unmoved(gear.ask))


def resume(name: str, home: str | None, base_url: str | None = None, tell: Callable[[Json], None] = silent) -> Run:
    """Go on with a run that was killed or failed. Calls that were recorded are not made again.

    Args:
        base_url: the model's address where it is another now; an address with a login in it is never recorded.

    Raises:
        SextantError: there is no such run, or it fails again. A finished run just gives its answer.
    """
    folder = find(name, home)
    record = folder.record()
    answer = folder.answer()
    if record["status"] == "done" and answer is not None:
        return Run(folder.name, answer)
    settings = replace(from_json(record["settings"]), home=home)
    gear = equip(replace(settings, base_url=base_url or settings.base_url), tell)
    return carry_out(folder, record["path"], gear, unmoved(gear.ask))


def told(path: str, settings: Settings) -> Json:
    """What a run is told, for its record. No secret: an address loses its login."""
    versions = {name: version(name) for name in ("sextant-geo", "langgraph", "langchain-core")}
    address = split_login(settings.base_url)[1] if settings.base_url else None
    return {
        "path": path,
        "settings": to_json(replace(settings, base_url=address)),
        "parent": None,
        "changes": [],
        "versions": {**versions, "python": platform.python_version()},
    }


def carry_out(folder: RunFolder, path: str, gear: Equipment, world: Door) -> Run:
    """Run the graph from where the folder's record ends, to the answer.

    Raises:
        SextantError: the run failed. Its folder stays, to be resumed, once a model was asked.
    """
    cassette = Cassette.record(folder.cassette)
    try:
        with closing(cassette), closing(StepLog(folder.steps)) as log:
            answer = graph_answer(path, gear, recorded(Recorder(cassette, world), log))
    except SextantError as error:
        if any(call.kind == "model" for call in cassette.calls.values()):
            folder.update(status="failed", error=str(error))
        else:
            folder.remove()
        raise
    folder.finish(answer)
    forget_checkpoints(gear.settings)
    return Run(folder.name, answer)


def recorded(door: Door, log: StepLog) -> Around:
    """Each node asks through the door, and its change of the state is written down."""

    def around(moment: Moment, node: Node, state: Any, gear: Equipment) -> Any:
        began = monotonic()
        update = node(state, replace(gear, ask=partial(door, moment)))
        log.write(step_of(moment, update, round(monotonic() - began, 4)))
        return update

    return around


def graph_answer(path: str, gear: Equipment, around: Around) -> Json:
    """The answer of the graph, run from its last checkpoint when it has one."""
    settings = gear.settings
    with sqlite_checkpoints(checkpoints_file(settings)) as saver:
        graph = build(lambda _: gear, around).compile(checkpointer=saver, name="geolocate")
        config: Any = {
            "configurable": {"thread_id": settings.run},
            "recursion_limit": STEPS_FUSE,
            "max_concurrency": settings.concurrency,
        }
        begun = saver.get_tuple(config) is not None
        # "sync": a step's checkpoint is on disk before the next step begins, whatever kills the process.
        state = graph.invoke(None if begun else {"path": path}, config, context=settings, durability="sync")
    if not state or "answer" not in state:
        raise RunError(f"run {settings.run} ended without an answer; this is a defect, please report it")
    answer: Json = state["answer"]
    return answer


def forget_checkpoints(settings: Settings) -> None:
    """Drop the checkpoints of a finished run: its folder says all they said, in a fiftieth of the space."""
    with sqlite_checkpoints(checkpoints_file(settings)) as saver:
        saver.delete_thread(str(settings.run))
