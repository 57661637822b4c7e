"""Measure Sextant's own time: many photos with a slow model, and one photo beside LangGraph's minimum.

    python -m bench.agent --photos 200 --latency 0.3 --concurrency 16

Many photos are one `sextant locate --out` (`bench.batches.locate`), with four prompts a photo (default) and with one
(img2loc). For single photos, printed is the time that is neither model nor encoder, beside the same graph with nodes
that do nothing: verified with `density`, and by default.
"""

import argparse
import json
import operator
import os
import statistics
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send
from typing_extensions import TypedDict

from bench.batches.locate import Batch, MeasuredBatch
from bench.batches.locate import measure as measure_batch
from bench.batches.model_process import run_server
from bench.batches.noise_photos import build_gallery, write_photos
from bench.batches.scratch import make_folder
from sextant.agent.settings import Settings
from sextant.agent.world import live
from sextant.gallery.encoders.builtin import BuiltinEncoder
from sextant.graphs.batches.garbage import collect_rarely, freeze_loaded_objects
from sextant.graphs.runs.run import locate
from sextant.graphs.sessions.checkpoints import open_sqlite_checkpoints

VARIANTS = 4
PRESETS = ("default", "img2loc")
SINGLE = 30  # photos run one by one


@dataclass(frozen=True)
class Measured:
    """What one bench run found; own times in milliseconds."""

    many: dict[str, MeasuredBatch]
    own_ms: float
    floor_ms: float
    own_cpu_ms: float
    floor_cpu_ms: float
    calibrated_ms: float
    calibrated_cpu_ms: float


@dataclass(frozen=True)
class Moment:
    """A reading of both clocks, in milliseconds: the wall's and the processor's, all threads of this process."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Moment":
        return cls(time.monotonic() * 1000, time.process_time() * 1000)

    def since(self, earlier: "Moment") -> "Moment":
        return Moment(self.wall - earlier.wall, self.cpu - earlier.cpu)


def time_own(path: str, settings: Settings) -> Moment:
    """Return the time of one run that is neither model nor encoder, its calls made one after the other."""
    outside: list[Moment] = []
    answer, encode = live.LiveBackend.__call__, BuiltinEncoder.encode

    def leave_out(work: Any, *given: Any) -> Any:
        began = Moment.now()
        try:
            return work(*given)
        finally:
            outside.append(Moment.now().since(began))

    def answer_timed(backend: Any, kind: str, request: dict[str, Any]) -> Any:
        return leave_out(answer, backend, kind, request) if kind == "model" else answer(backend, kind, request)

    live.LiveBackend.__call__ = answer_timed  # type: ignore[method-assign]
    BuiltinEncoder.encode = lambda *given: leave_out(encode, *given)  # type: ignore[method-assign]
    try:
        began = Moment.now()
        locate(path, settings)
        whole = Moment.now().since(began)
    finally:
        live.LiveBackend.__call__, BuiltinEncoder.encode = answer, encode  # type: ignore[method-assign]
    return Moment(whole.wall - sum(one.wall for one in outside), whole.cpu - sum(one.cpu for one in outside))


class Idle(TypedDict, total=False):
    """The state of the graph that does nothing."""

    said: Annotated[list[str], operator.add]


def build_idle_graph() -> Any:
    """Build the same graph with nodes that do nothing."""
    graph: Any = StateGraph(Idle)
    graph.add_node("ingest", lambda state: {})
    graph.add_node("plan", lambda state: Command(goto=[Send("lmm", {"n": n}) for n in range(VARIANTS)]))
    graph.add_node("lmm", lambda state: {"said": ["x"]})
    graph.add_node("advance", lambda state: Command(goto="verify"))
    graph.add_node("verify", lambda state: Command(goto="answer"))
    graph.add_node("answer", lambda state: {})
    for start, end in ((START, "ingest"), ("ingest", "plan"), ("lmm", "advance"), ("answer", END)):
        graph.add_edge(start, end)
    return graph


def time_floor(graph: Any, folder: Path, name: str) -> Moment:
    """Return the time of one run of the idle graph, compiled and checkpointed on a connection of its own."""
    began = Moment.now()
    with open_sqlite_checkpoints(folder / "floor.sqlite") as saver:
        compiled = graph.compile(checkpointer=saver)
        compiled.invoke({}, {"configurable": {"thread_id": name}}, durability="sync")
    return Moment.now().since(began)


def time_alternately(paths: list[str], settings: Settings, folder: Path) -> tuple[Moment, Moment, Moment]:
    """Return the medians of Sextant's own time, of the floor, and of its own time with the default verification.

    They run in turn, so that all meet the same load.
    """
    idle = build_idle_graph()
    calibrated = replace(settings, verify="calibrated")
    locate(paths[0], calibrated)
    own, floor, default = [], [], []
    for number, path in enumerate(paths):
        own.append(time_own(path, settings))
        floor.append(time_floor(idle, folder, str(number)))
        default.append(time_own(path, calibrated))
    return take_medians(own), take_medians(floor), take_medians(default)


def take_medians(moments: list[Moment]) -> Moment:
    return Moment(statistics.median(one.wall for one in moments), statistics.median(one.cpu for one in moments))


def measure(photos: int, latency: float, concurrency: int) -> Measured:
    """Run both parts of the bench."""
    collect_rarely()  # as commands and servers do
    os.environ.setdefault("OPENAI_API_KEY", "none-needed")
    many = {preset: measure_batch(Batch(photos, latency, concurrency, preset)) for preset in PRESETS}
    folder = make_folder()
    with run_server(latency) as server:
        (folder / "photos").mkdir()
        paths = write_photos(folder / "photos", min(photos, SINGLE))
        settings = Settings(
            model="openai:bench",
            base_url=server.address,
            gallery=build_gallery(paths, folder),
            home=str(folder / "home"),
            max_rounds=1,
            verify="density",
            concurrency=1,
        )
        locate(paths[0], settings)
        with freeze_loaded_objects():  # as in sessions of photos; the garbage of both is collected all the same
            own, floor, calibrated = time_alternately(paths, settings, folder)
        return Measured(many, own.wall, floor.wall, own.cpu, floor.cpu, calibrated.wall, calibrated.cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds the model takes")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.photos, options.latency, options.concurrency)
    if options.json:
        print(json.dumps(asdict(found)))
        return
    for preset, batch in found.many.items():
        print(f"{preset}: {batch.calls} calls, ideal {batch.ideal:.1f} s")
        print(f"steady state {batch.steady:.1f} s, ratio {batch.steady_ratio:.2f}")
        print(f"whole command {batch.whole:.1f} s, ratio {batch.whole_ratio:.2f}")
    for name, own, default, floor in (
        ("own time", found.own_ms, found.calibrated_ms, found.floor_ms),
        ("own processor time", found.own_cpu_ms, found.calibrated_cpu_ms, found.floor_cpu_ms),
    ):
        print(
            f"{name} of one photo {own:.1f} ms; of the same graph doing nothing {floor:.1f} ms; ratio {own / floor:.2f}"
        )
        print(f"  with the default verification {default:.1f} ms; ratio {default / floor:.2f}")


if __name__ == "__main__":
    main()
