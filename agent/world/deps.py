"""Dependencies of a node: settings, recipe, blobs, event callback, and the port to everything outside the run."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Protocol

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Recipe, Settings, make_recipe
from sextant.agent.state import ClockReading, State
from sextant.base.documents.progress import OnEvent, ProgressEvent
from sextant.base.documents.references import ReferencesDocument
from sextant.base.json_types import Json


class Port(Protocol):
    """The port to everything a run does not decide itself: photo file, gallery, model, tools, clock.

    Every call takes JSON and returns JSON, so that a recording can replace the real backend.
    """

    def __call__(self, kind: str, request: Json) -> Json: ...


@dataclass(frozen=True)
class StepInfo:
    """Position in a run: the graph step, the node, and the branch the node works for (None: no branch)."""

    step: int
    node: str
    branch: str | None = None


def ignore_event(event: ProgressEvent) -> None:
    """Ignore a progress event: the callback of a run that nobody watches."""


@dataclass(frozen=True)
class Deps:
    """Dependencies passed to every node. ``on_event`` receives progress events: dictionaries with a ``step``."""

    settings: Settings
    blobs: BlobStore
    ask: Port
    on_event: OnEvent = ignore_event

    @cached_property
    def recipe(self) -> Recipe:
        """Return the preset with the settings' own choices on top."""
        return make_recipe(self.settings)

    def with_port(self, ask: Port) -> "Deps":
        """Return the same dependencies with another port; the recipe is resolved once for all nodes of a run."""
        other = replace(self, ask=ask)
        other.__dict__["recipe"] = self.recipe  # where ``cached_property`` keeps it
        return other

    def load_references(self, sha256: str | None) -> ReferencesDocument | None:
        """Load the document of nearest and farthest photos by its hash; None without a gallery. Never change it."""
        return None if sha256 is None else _read_references(self.blobs, sha256)

    def read_clock(self, node: str, state: State) -> ClockReading:
        """Read the run's clock. The request holds the last reading, so that a resumed run does not count the gap."""
        last = {"seconds": state.get("seconds", 0.0), "read_at": state.get("read_at")}
        reading = self.ask("clock", {"node": node, **last})
        return ClockReading(seconds=reading["seconds"], read_at=reading["read_at"])


@lru_cache(maxsize=32)
def _read_references(blobs: BlobStore, sha256: str) -> ReferencesDocument:
    """Read the document once for all nodes and branches of a run."""
    document: ReferencesDocument = blobs.get_json(sha256)
    return document
