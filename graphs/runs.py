"""Running the graph over one photo: a run has a name, its checkpoints, and ends in an answer."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from agent.equipment import silent
from agent.home import home_folder
from agent.live import equip
from agent.settings import Settings
from agent.state import Json
from geo.errors import SextantError
from graphs.checkpoints import sqlite_checkpoints
from graphs.geolocate import build

STEPS_FUSE = 500  # the budget stops a run; this stops a defect in ours


@dataclass(frozen=True)
class Run:
    """One finished run: its name and its answer."""

    name: str
    answer: Json


def new_name() -> str:
    """A name that sorts by time and does not repeat: ``20260131-094512-3f9a1c``."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def checkpoints_file(settings: Settings) -> Path:
    """Where the checkpoints of these settings' home lie."""
    return home_folder(settings.home) / "checkpoints.sqlite"


def locate(path: str, settings: Settings, tell: Callable[[Json], None] = silent) -> Run:
    """Locate one photo: the whole graph, each step checkpointed.

    Args:
        path: the photo's file.
        tell: receives progress events, from several threads.

    Raises:
        SextantError: the photo, the gallery or the settings are no good; model failures end in an answer instead.
    """
    name = settings.run or new_name()
    settings = replace(settings, run=name)
    gear = equip(settings, tell)
    with sqlite_checkpoints(checkpoints_file(settings)) as saver:
        graph = build(lambda _: gear).compile(checkpointer=saver, name="geolocate")
        config = {
            "configurable": {"thread_id": name},
            "recursion_limit": STEPS_FUSE,
            "max_concurrency": settings.concurrency,
        }
        state = graph.invoke({"path": path}, config, context=settings)  # type: ignore[call-overload]
    if "answer" not in state:
        raise SextantError(f"run {name} ended without an answer; this is a defect, please report it")
    return Run(name, state["answer"])
