"""Measure an evaluation's throughput against the maximum of a model server, and its speed without a model.

    python -m bench.eval --data IM2GPS3K --gallery GALLERY [--photos 500] [--preset default]

The server is a process of its own on loopback: 300 ms an answer, and every twentieth request fails. The ideal is all
model calls of all photos, without the repeated ones, at 16 at once.
"""

import argparse
import multiprocessing
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from sextant.agent.settings import Settings
from sextant.eval.benchmarks import choose_photos, load_benchmark
from sextant.eval.running.runner import EvalTask, run
from tests.support.model_script import Asked, Fault, Reply
from tests.support.model_server import ModelServer

LATENCY_S = 0.3
AT_ONCE = 16
FAULT_SHARE = 0.05
FAULTS = (Fault("rate_limited", retry_after="0"), Fault("server_error"), Fault("reset"), Fault("invalid_json"))


def serve(address: Any, stop: Any) -> None:
    """Answer with one place, fail now and then; tells its address through the queue."""
    chance = random.Random(0)

    def script(asked: Asked) -> Reply | Fault:
        if chance.random() < FAULT_SHARE:
            return chance.choice(FAULTS)
        return Reply(text='{"latitude": 48.86, "longitude": 2.35, "confidence": 0.5}', usage=(900, 40))

    with ModelServer(script, latency_s=LATENCY_S, remember=False) as server:
        address.put(server.base_url)
        stop.wait()


def measure(task: EvalTask) -> tuple[float, float, Any]:
    """Return seconds and processor seconds of an evaluation after its gallery and maps are loaded, and how it ended."""
    began: list[tuple[float, float]] = []

    def tell(counts: Any) -> None:
        if not began:
            began.append((time.monotonic(), time.process_time()))

    ended = run(task, tell)
    return time.monotonic() - began[0][0], time.process_time() - began[0][1], ended


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--gallery", required=True)
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--presets", nargs="+", default=["offline", "default", "street-rag"])
    parser.add_argument("--verify")
    given = parser.parse_args()
    loaded = load_benchmark("im2gps3k", given.data)
    photos = choose_photos(loaded, given.photos)
    context = multiprocessing.get_context("spawn")
    address, stop = context.Queue(), context.Event()
    server = context.Process(target=serve, args=(address, stop))
    server.start()
    base_url = address.get(timeout=60)
    try:
        for preset in given.presets:
            with tempfile.TemporaryDirectory() as folder:
                settings = Settings(
                    model="offline" if preset == "offline" else "openai:scripted",
                    base_url=base_url,
                    gallery=given.gallery,
                    preset=preset,
                    verify=given.verify,
                    exclude_author=True,
                    home=folder,
                    concurrency=4 if preset == "offline" else AT_ONCE,
                )
                picked = {"limit": given.photos, "seed": 0, "shard": None}
                report(preset, *measure(EvalTask(loaded, photos, picked, settings, Path(folder) / "run")))
    finally:
        stop.set()
        server.join()


def report(preset: str, seconds: float, busy: float, ended: Any) -> None:
    """Print one line of figures."""
    counts = ended.counts
    told = f"{preset:<12} {counts.done} photos, {counts.failed} failed, {counts.done / seconds:.1f} photos/s, "
    told += f"{busy / counts.done * 1000:.0f} ms of processor a photo"
    if preset != "offline":
        ideal = counts.calls * LATENCY_S / AT_ONCE
        told += f", {counts.calls / counts.done:.1f} calls a photo, {ideal / seconds:.0%} of the ideal {ideal:.1f} s"
    print(told, flush=True)


if __name__ == "__main__":
    main()
