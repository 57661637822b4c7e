"""The graph of one photo (LangGraph): DESIGN.md's drawing in code.

    START → ingest → plan ──Send × branches──→ lmm ─→ advance ──→ verify ──→ answer → END
                      ↑                         ↑  ⇅ Send           │
                      │                         └─ tools            │
                      └───────── no agreement, budget left ─────────┘

Branches run in lockstep: every open branch takes one turn, then all meet in ``advance``. A deferred join would not
wait for branches that are sent (measured on langgraph 1.2).
"""

from collections.abc import Callable
from typing import Any

from langgraph.config import get_config
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from sextant.agent.nodes.advance import advance
from sextant.agent.nodes.answer import answer
from sextant.agent.nodes.ingest import ingest
from sextant.agent.nodes.lmm import lmm
from sextant.agent.nodes.plan import plan
from sextant.agent.nodes.tools import tools
from sextant.agent.nodes.verify import verify
from sextant.agent.settings import Settings
from sextant.agent.state import Ask, State
from sextant.agent.world.deps import Deps, StepInfo

MakeDeps = Callable[[Settings], Deps]
Node = Callable[[Any, Deps], Any]
NodeWrapper = Callable[[StepInfo, Node, Any, Deps], Any]


def run_node(step_info: StepInfo, node: Node, state: Any, deps: Deps) -> Any:
    """Run a node directly, unwrapped."""
    return node(state, deps)


def make_live_deps(settings: Settings) -> Deps:
    """Make the dependencies of nodes on the real backend, which takes long to load and which a replay does not need."""
    from sextant.agent.world.live import make_deps

    return make_deps(settings)


def build_graph(
    make_deps: MakeDeps = make_live_deps, around: NodeWrapper = run_node
) -> StateGraph[State, Settings, State, State]:
    """Build the graph, uncompiled.

    Args:
        make_deps: makes the dependencies of the nodes, on the live backend or on a recording.
        around: wraps every node and receives its position in the run, to record steps or to apply a fork's changes.
    """

    def bind_deps(node: Node, reads: type = State) -> Callable[..., Any]:
        def run(state: Any, runtime: Runtime[Settings]) -> Any:
            branch = state["branch"]["id"] if reads is Ask else None
            step_info = StepInfo(get_config()["metadata"]["langgraph_step"], node.__name__, branch)
            return around(step_info, node, state, make_deps(runtime.context or Settings()))

        run.__annotations__ = {**node.__annotations__, "state": reads, "runtime": Runtime[Settings]}
        run.__annotations__.pop("deps", None)
        return run

    graph = StateGraph(State, context_schema=Settings)
    graph.add_node("ingest", bind_deps(ingest))
    graph.add_node("plan", bind_deps(plan), destinations=("lmm", "verify"))
    graph.add_node("lmm", bind_deps(lmm, Ask), input_schema=Ask)
    graph.add_node("tools", bind_deps(tools, Ask), input_schema=Ask)
    graph.add_node("advance", bind_deps(advance), destinations=("lmm", "tools", "verify"))
    graph.add_node("verify", bind_deps(verify), destinations=("plan", "answer"))
    graph.add_node("answer", bind_deps(answer))
    graph.add_edge(START, "ingest")
    graph.add_edge("ingest", "plan")
    graph.add_edge("lmm", "advance")
    graph.add_edge("tools", "advance")
    graph.add_edge("answer", END)
    return graph
