"""Measure Sextant's own time: many photos with a slow model, and one photo beside LangGraph's minimum.

    python -m bench.agent --photos 200 --latency 0.3 --concurrency 16

The model server runs in a process of its own on loopback. Printed are the wall time as a ratio of the ideal
(calls × latency / concurrency), the requests beside those planned, and for single photos the time that is neither
model nor encoder, beside the same graph with nodes that do nothing: verified with `density`, and by default.
"""

import argparse
import json
import multiprocessing
import operator
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send
from PIL import Image
from typing_extensions import TypedDict

from sextant.agent.settings import Settings
from sextant.agent.world import live
from sextant.gallery.encoders.builtin import BuiltinEncoder
from sextant.graphs.batches.garbage import freeze_loaded_objects
from sextant.graphs.runs.run import locate
from sextant.graphs.sessions.checkpoints import open_sqlite_checkpoints
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

VARIANTS = 4
ANSWER = '{"latitude": 38.7, "longitude": -9.1, "confidence": 0.7, "clues": [{"text": "tiles", "source": "seen"}]}'


@dataclass(frozen=True)
class Measured:
    """What one bench run found; times in seconds, own times in milliseconds."""

    photos: int
    wall: float
    ideal: float
    requests: int
    planned: int
    own_ms: float
    floor_ms: float
    own_cpu_ms: float
    floor_cpu_ms: float
    calibrated_ms: float
    calibrated_cpu_ms: float

    @property
    def ratio(self) -> float:
        return self.wall / self.ideal


def serve(latency: float, connection: Any) -> None:
    """Run the server until told to stop, then say how many requests came."""
    with ModelServer(lambda asked: Reply(text=ANSWER), latency_s=latency) as server:
        connection.send(server.base_url)
        while connection.recv() == "count":
            connection.send(server.count)


@contextmanager
def run_server(latency: float) -> Any:
    """Start the server; yield its address and a way to ask for its count."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(latency, there), daemon=True)
    process.start()

    def count() -> int:
        here.send("count")
        return int(here.recv())

    yield here.recv(), count
    here.send("stop")
    process.join(5)


def write_photos(folder: Path, count: int) -> list[str]:
    """Write photos of 384 pixels, no two alike."""
    paths = []
    for number in range(count):
        noise = np.random.default_rng(number).integers(0, 255, (18, 24, 3), dtype=np.uint8)
        path = folder / f"{number}.jpg"
        Image.fromarray(noise).resize((384, 288), Image.Resampling.BICUBIC).save(path, quality=85)
        paths.append(str(path))
    return paths


def build_gallery(photos: list[str], folder: Path) -> str:
    """Build a small gallery of some of the photos."""
    from sextant.gallery.build.build import build
    from sextant.gallery.encoders.load import load_encoder
    from sextant.gallery.sources.recognise import SourceOptions, open_source

    table = folder / "table.csv"
    lines = [f"{Path(path).name},{number % 60},{number % 170}" for number, path in enumerate(photos[:100])]
    table.write_text("image,latitude,longitude\n" + "\n".join(lines))
    source = open_source(str(Path(photos[0]).parent), SourceOptions(metadata=table))
    build(source, str(folder / "gallery"), load_encoder("builtin"), workers=0)
    return str(folder / "gallery")


def time_many(paths: list[str], settings: Settings, concurrency: int) -> float:
    """Return the wall time of all photos when the model is kept busy."""
    locate(paths[0], settings)
    began = time.monotonic()
    with ThreadPoolExecutor(-(-concurrency // VARIANTS) + 1) as pool:
        list(pool.map(lambda path: locate(path, settings), paths))
    return time.monotonic() - began


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
    os.environ.setdefault("OPENAI_API_KEY", "none-needed")
    with tempfile.TemporaryDirectory() as scratch, run_server(latency) as (address, count):
        folder = Path(scratch)
        (folder / "photos").mkdir()
        paths = write_photos(folder / "photos", photos)
        settings = Settings(
            model="openai:bench",
            base_url=address,
            gallery=build_gallery(paths, folder),
            home=str(folder / "home"),
            max_rounds=1,
            verify="density",
            concurrency=concurrency,
        )
        before = count()
        wall = time_many(paths, settings, concurrency)
        requests = count() - before - VARIANTS
        single = replace(settings, concurrency=1)
        with freeze_loaded_objects():  # as in sessions of photos; the garbage of both is collected all the same
            own, floor, calibrated = time_alternately(paths[:30], single, folder)
        return Measured(
            photos=photos,
            wall=wall,
            ideal=photos * VARIANTS * latency / concurrency,
            requests=requests,
            planned=photos * VARIANTS,
            own_ms=own.wall,
            floor_ms=floor.wall,
            own_cpu_ms=own.cpu,
            floor_cpu_ms=floor.cpu,
            calibrated_ms=calibrated.wall,
            calibrated_cpu_ms=calibrated.cpu,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds the model takes")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.photos, options.latency, options.concurrency)
    if options.json:
        print(json.dumps({**vars(found), "ratio": found.ratio}))
        return
    print(f"{found.photos} photos × {VARIANTS} prompts: {found.wall:.1f} s")
    print(f"ideal {found.ideal:.1f} s, ratio {found.ratio:.2f}")
    print(f"requests {found.requests}, planned {found.planned}")
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
