"""Compute slots: only a few threads of a process compute at a time; the others wait for a model or for a slot.

Threads that compute share Python's lock. Where twenty photos want it at once, each waiting thread asks for it two
hundred times a second, and every system call of a photo that only sends its request queues behind them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sextant.agent.recording.recorder import StepPort
from sextant.agent.world.deps import Deps, StepInfo
from sextant.base.json_types import Json
from sextant.graphs.geolocate import Node, NodeWrapper

COUNT = 2  # of a process: one computes while the other waits for a disk or is in a library that needs no lock
_WAITING = ("model", "tool", "exemplars")  # calls that may wait for another machine


class ComputeSlots:
    """The slots of one process; any number of threads may ask for them."""

    def __init__(self, count: int = COUNT) -> None:
        self._free = threading.Semaphore(count)
        self._mine = threading.local()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold a slot while the block runs."""
        with self._free:
            self._mine.held = True
            try:
                yield
            finally:
                self._mine.held = False

    def hold_in_nodes(self, around: NodeWrapper) -> NodeWrapper:
        """Wrap each node of a run so that it holds a slot."""

        def run_node(step_info: StepInfo, node: Node, state: Any, deps: Deps) -> Any:
            with self.hold():
                return around(step_info, node, state, deps)

        return run_node

    def leave_in_calls(self, world: StepPort) -> StepPort:
        """Wrap a run's port so that calls which may wait long leave the slot to others."""

        def call(step_info: StepInfo, kind: str, request: Json) -> Json:
            if kind not in _WAITING or not getattr(self._mine, "held", False):
                return world(step_info, kind, request)
            self._free.release()
            self._mine.held = False
            try:
                return world(step_info, kind, request)
            finally:
                self._free.acquire()
                self._mine.held = True

        return call
