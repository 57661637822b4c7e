"""What a batch is asked to do: its settings and money, and the ``Face`` that says what its photos become."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from sextant.agent.settings import Settings
from sextant.agent.world.deps import Deps, Port
from sextant.agent.world.live import LiveBackend
from sextant.base.documents.progress import ProgressEvent
from sextant.base.json_types import Json
from sextant.graphs.batches.spread.idle import IdleProcesses

Own = TypeVar("Own", contravariant=True)


def leave_world(world: Port) -> Port:
    """Leave the backend as it is."""
    return world


class Face(Protocol[Own]):
    """What a batch of one kind does with its photos. Lines hold ``error``, ``failures``, ``answer`` and ``record``."""

    def name(self, photo: Own) -> str:
        """Return the photo's name, unique in the batch."""
        ...

    def record(self, photo: Own) -> str:
        """Return the name of the photo's record, a valid and unique name of a folder."""
        ...

    def find_path(self, photo: Own) -> str | None:
        """Return the photo's file; None where it is missing."""
        ...

    def prepare(self, photo: Own, live: LiveBackend) -> None:
        """Tell the backend what is known of a photo before its run."""
        ...

    def make_line(self, photo: Own, state: Json, deps: Deps, live: LiveBackend) -> Json:
        """Make the line of a photo whose run ended in an answer."""
        ...

    def make_error_line(self, photo: Own, kind: str, message: str) -> Json:
        """Make the line of a photo without an answer."""
        ...

    def make_remote(self) -> "Face[Own]":
        """Return a face that makes the same lines in another process, and counts nothing."""
        ...

    def count(self, line: Json) -> None:
        """Take note of a line that is a result. Called from one thread, in the order photos end."""
        ...


@dataclass(frozen=True)
class BatchOrder:
    """How a batch is run.

    Attributes:
        records: the folder of the photos' runs.
        max_usd: the money of the whole batch; None means no limit.
        spent_usd: what earlier sessions have cost.
        afresh: records whose photos repeat every call, instead of reusing those recorded by an earlier session.
        behind: wraps the backend that answers the calls.
        on_event: receives the name of a photo and a progress event of its run, from several threads.
        workers: spreads the photos over the workers of a Ray cluster instead of the threads of this process.
        processes: of this machine, this one among them; None means one per core where it is faster, up to 4.
        idle: worker processes that were started before the order was known.
    """

    settings: Settings
    records: Path
    max_usd: float | None = None
    spent_usd: float = 0.0
    afresh: frozenset[str] = frozenset()
    behind: Callable[[Port], Port] = leave_world
    on_event: Callable[[str, ProgressEvent], None] | None = None
    workers: bool = False
    processes: int | None = None
    idle: IdleProcesses | None = None
