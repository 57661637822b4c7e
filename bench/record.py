"""Measure the cost of recording, the speed of replays, their immunity to threads, and disk space.

    python -m bench.record

Prints ratios and figures; the model is the scripted server of the tests, the gallery 24 drawn pictures.
"""

import os
import random
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sextant.agent.recording.cassette import Cassette
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.replay import replay
from sextant.graphs.runs.run import locate
from sextant.graphs.runs.steps import StepLog, read_steps
from sextant.prompts.presets import list_preset_ids
from tests.support.model_server import ModelServer
from tests.support.record import draw
from tests.support.recorded import script, settings_for

SHUFFLES = 50
RUNS = 100
PHOTO_SIDE = 1300  # pixels of noise: a PNG of 5 MB


def time_method(owner: Any, name: str, spent: dict[str, float]) -> None:
    """Add up what a method takes, by its name."""
    method = getattr(owner, name)

    def measured(*given: Any, **more: Any) -> Any:
        began = time.perf_counter()
        try:
            return method(*given, **more)
        finally:
            spent[f"{owner.__name__}.{name}"] += time.perf_counter() - began

    setattr(owner, name, measured)


def measure_cost(folder: Path) -> None:
    """Print milliseconds a step that go into the cassette and the steps; medians over ten runs."""
    spent: dict[str, float] = defaultdict(float)
    for owner, name in ((Cassette, "find_asked"), (Cassette, "add_asked"), (StepLog, "write")):
        time_method(owner, name, spent)
    each: dict[str, list[float]] = defaultdict(list)
    with ModelServer(script) as server:
        for number in range(11):
            spent.clear()
            home = folder / f"cost-{number}"
            run = locate("query.jpg", settings_for(server, Path("gallery"), home, verify=None))
            steps = len(read_steps(RunFolder(home / "runs" / run.name).steps))
            for name, seconds in spent.items():
                each[name].append(1000 * seconds / steps)
    medians = {name: statistics.median(values[1:]) for name, values in each.items()}
    for name, milliseconds in medians.items():
        print(f"  {name:<24} {milliseconds:.3f} ms a step")
    print(f"  {'together':<24} {sum(medians.values()):.3f} ms a step of {steps} steps")


def time_replays(folder: Path) -> None:
    """Return seconds of a replay, and the answers of shuffled ones; the server is gone."""
    for preset in list_preset_ids():
        for protocol in ("openai", "ollama"):
            home = folder / f"replay-{preset}-{protocol}"
            with ModelServer(script, "ollama" if protocol == "ollama" else "openai") as server:
                run = locate("query.jpg", settings_for(server, Path("gallery"), home, preset=preset, verify=None))
                asked = server.count
            recorded = RunFolder(home / "runs" / run.name)
            seconds = []
            for _ in range(10):
                began = time.perf_counter()
                steps = len(replay(recorded).steps)
                seconds.append(time.perf_counter() - began)
            same = sum(replay_shuffled(recorded, seed) == run.answer for seed in range(SHUFFLES))
            size = sum(file.stat().st_size for file in recorded.path.iterdir()) / 1000
            print(
                f"  {preset:<12} {protocol:<7} {steps:>3} steps, {asked:>2} calls, {size:>4.0f} kB: replay "
                f"{statistics.median(seconds):.3f} s, {same} of {SHUFFLES} shuffled replays answer the same, "
                f"{server.count - asked} requests"
            )


def replay_shuffled(folder: RunFolder, seed: int) -> Any:
    """Return the answer of a replay on eight threads that sleep at random."""
    chance = random.Random(seed)
    return replay(folder, on_event=lambda event: time.sleep(chance.random() * 0.004), workers=8).answer


def measure_room(folder: Path) -> None:
    """Return the megabytes of a number of runs over photos of 5 MB, by kind of file."""
    home = folder / "room"
    chance = np.random.default_rng(1)
    with ModelServer(script) as server:
        for _ in range(RUNS):
            noise = chance.integers(0, 255, (PHOTO_SIDE, PHOTO_SIDE, 3), dtype=np.uint8)
            Image.fromarray(noise).save("large.png", compress_level=1)
            locate("large.png", settings_for(server, Path("gallery"), home, verify=None))
    sizes: dict[str, int] = defaultdict(int)
    for file in home.rglob("*"):
        if file.is_file():
            large = file.parent.parent.name == "blobs" and file.stat().st_size > 100_000
            part = file.relative_to(home).parts[0] if not large else "photos and the model's views of them"
            sizes[part.removesuffix("-wal").removesuffix("-shm")] += file.stat().st_size
    for name, size in sorted(sizes.items()):
        print(f"  {name:<40} {size / 1e6:8.2f} MB")
    rest = sum(size for name, size in sizes.items() if not name.startswith("photos"))
    print(f"  besides the photos, {RUNS} runs: {rest / 1e6:.2f} MB")


def main() -> None:
    os.environ.setdefault("OPENAI_API_KEY", "no-key")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder)
        os.chdir(folder)
        print("replay")
        time_replays(folder)
        print("room")
        measure_room(folder)
        print("cost of recording")
        measure_cost(folder)


if __name__ == "__main__":
    main()
