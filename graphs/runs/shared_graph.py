"""The graph of a photo, compiled once for all runs of a process: making it anew takes as long as running it."""

from functools import cache
from typing import Any

from sextant.agent.settings import Settings
from sextant.agent.world.deps import Deps, StepInfo
from sextant.base.json_types import Json
from sextant.graphs.geolocate import Node, NodeWrapper, build_graph

STEPS_FUSE = 500  # the budget ends a run; this limit only stops a bug
_LONG = ("verdict", "answer")  # of the state: they hold the outlines of regions


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
        state = _detach(ended.value)
        return {**state, "__interrupt__": ended.interrupts} if ended.interrupts else state

    def _find_deps(self, settings: Settings) -> Deps:
        return self._runs[_make_key(settings)][0]

    def _run_node(self, step_info: StepInfo, node: Node, state: Any, deps: Deps) -> Any:
        return self._runs[_make_key(deps.settings)][1](step_info, node, state, deps)


def _detach(state: Json) -> Json:
    """Return the state, and empty the graph's own copy of what is long in it.

    Finished tasks refer to one another in LangGraph, and to the whole state: they would keep every outline, thousands
    of lists a run, until the garbage collector passes.
    """
    long = {name: state[name] for name in _LONG if name in state}
    kept = {**state, **{name: dict(value) for name, value in long.items()}}
    for value in long.values():
        value.clear()
    return kept


@cache
def load_shared_graph() -> SharedGraph:
    """Return the graph that single runs of this process share."""
    return SharedGraph()


def _make_key(settings: Settings) -> tuple[str | None, str | None]:
    return settings.home, settings.run
