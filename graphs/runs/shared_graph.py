"""The graph of a photo, compiled once for all runs of a process: making it anew takes as long as running it."""

from functools import cache
from typing import Any

from sextant.agent.settings import Settings
from sextant.agent.world.deps import Deps, StepInfo
from sextant.base.json_types import Json
from sextant.graphs.geolocate import Node, NodeWrapper, build_graph

STEPS_FUSE = 500  # the budget ends a run; this limit only stops a bug


class SharedGraph:
    """A compiled graph whose nodes find the dependencies of their run by the run's home and name.

    Any number of runs may be in it at the same time, each under a name of its own.
    """

    def __init__(self) -> None:
        self._runs: dict[tuple[str | None, str | None], tuple[Deps, NodeWrapper]] = {}
        self._graph: Any = build_graph(self._find_deps, self._run_node).compile(name="geolocate")

    def invoke(self, given: Json, deps: Deps, around: NodeWrapper) -> Json:
        """Run the graph to its end and return its state, with what interrupted it under ``__interrupt__``.

        Args:
            given: what the state begins with.
            deps: of this run, its settings included.
            around: wraps every node of this run.
        """
        settings = deps.settings
        key = _make_key(settings)
        config = {"recursion_limit": STEPS_FUSE, "max_concurrency": settings.concurrency}
        self._runs[key] = deps, around
        try:
            # Of version 2: the first also collects what every step changed.
            ended = self._graph.invoke(given, config, context=settings, version="v2")
        finally:
            del self._runs[key]
        state: Json = ended.value
        return {**state, "__interrupt__": ended.interrupts} if ended.interrupts else state

    def _find_deps(self, settings: Settings) -> Deps:
        return self._runs[_make_key(settings)][0]

    def _run_node(self, step_info: StepInfo, node: Node, state: Any, deps: Deps) -> Any:
        return self._runs[_make_key(deps.settings)][1](step_info, node, state, deps)


@cache
def load_shared_graph() -> SharedGraph:
    """Return the graph that single runs of this process share."""
    return SharedGraph()


def _make_key(settings: Settings) -> tuple[str | None, str | None]:
    return settings.home, settings.run
