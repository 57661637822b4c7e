"""Measure Sextant's own time: many photos with a slow model, and one photo beside LangGraph's minimum.

    python -m bench.agent --photos 200 --latency 0.3 --concurrency 16

The model server runs in a process of its own on loopback. Printed are the wall time as a ratio of the ideal
(calls × latency / concurrency), the requests beside those planned, and for single photos the time that is neither
model nor encoder, beside the same graph with nodes that do nothing.
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


def time_own_ms(path: str, settings: Settings) -> float:
    """Return milliseconds of one run that are neither model nor encoder, its calls made one after the other."""
    outside = 0.0
    deps = live.make_deps(settings)
    answer = deps.ask

    def timed(kind: str, request: dict[str, Any]) -> dict[str, Any]:
        nonlocal outside
        began = time.monotonic()
        reply = answer(kind, request)
        if kind == "model":
            outside += time.monotonic() - began
        elif kind == "references":
            outside += reply["timings"]["embed"]
        return reply

    original, live.LiveBackend.__call__ = live.LiveBackend.__call__, lambda self, kind, request: timed(kind, request)  # type: ignore[method-assign]
    answer = original.__get__(deps.ask)
    try:
        began = time.monotonic()
        locate(path, settings)
        return (time.monotonic() - began - outside) * 1000
    finally:
        live.LiveBackend.__call__ = original  # type: ignore[method-assign]


class Idle(TypedDict, total=False):
    """The state of the graph that does nothing."""

    said: Annotated[list[str], operator.add]


def measure_floor_ms(folder: Path, runs: int) -> float:
    """Return the median milliseconds of the same graph with nodes that do nothing, checkpointed alike."""
    graph: Any = StateGraph(Idle)
    graph.add_node("ingest", lambda state: {})
    graph.add_node("plan", lambda state: Command(goto=[Send("lmm", {"n": n}) for n in range(VARIANTS)]))
    graph.add_node("lmm", lambda state: {"said": ["x"]})
    graph.add_node("advance", lambda state: Command(goto="verify"))
    graph.add_node("verify", lambda state: Command(goto="answer"))
    graph.add_node("answer", lambda state: {})
    for start, end in ((START, "ingest"), ("ingest", "plan"), ("lmm", "advance"), ("answer", END)):
        graph.add_edge(start, end)
    times = []
    for number in range(runs):
        began = time.monotonic()
        with open_sqlite_checkpoints(folder / "floor.sqlite") as saver:
            compiled = graph.compile(checkpointer=saver)
            compiled.invoke({}, {"configurable": {"thread_id": str(number)}}, durability="sync")
        times.append((time.monotonic() - began) * 1000)
    return statistics.median(times)


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
        own = statistics.median(time_own_ms(path, single) for path in paths[:20])
        return Measured(
            photos=photos,
            wall=wall,
            ideal=photos * VARIANTS * latency / concurrency,
            requests=requests,
            planned=photos * VARIANTS,
            own_ms=own,
            floor_ms=measure_floor_ms(folder, 20),
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
    print(f"own time of one photo {found.own_ms:.1f} ms; the same graph doing nothing {found.floor_ms:.1f} ms")


if __name__ == "__main__":
    main()
