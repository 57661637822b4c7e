"""Measure a batch as users run it: `sextant locate FOLDER --out DIR` with a slow model, beside the ideal.

    python -m bench.batches.locate --photos 200 --latency 0.3 --concurrency 16 [--preset img2loc] [--processes 1]

The model server runs in a process of its own on loopback. The ideal is calls × latency / concurrency. Two ratios of it
are printed: of the steady state, from the first request that reaches the server to the last answer; and of the whole
command, from its start to its exit, with the tables and maps that it writes at the end.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from bench.batches.model_process import run_server
from bench.batches.noise_photos import build_gallery, write_photos
from bench.batches.scratch import make_folder

COMMAND = [sys.executable, "-m", "sextant.app"]


@dataclass(frozen=True)
class Batch:
    """What is run; ``latency`` in seconds, ``processes`` None as the command chooses."""

    photos: int
    latency: float
    concurrency: int
    preset: str = "default"
    processes: int | None = None
    model: str = "openai:bench"


@dataclass(frozen=True)
class MeasuredBatch:
    """What one command took: seconds, processor seconds, and the memory of its largest process in MB."""

    calls: int
    ideal: float
    start: float
    steady: float
    end: float
    whole: float
    processor: float
    largest: float

    @property
    def steady_ratio(self) -> float:
        return self.steady / self.ideal

    @property
    def whole_ratio(self) -> float:
        return self.whole / self.ideal


def measure(batch: Batch) -> MeasuredBatch:
    """Run the command once on photos that no run has seen."""
    folder = make_folder()
    with run_server(batch.latency) as server:
        (folder / "photos").mkdir()
        paths = write_photos(folder / "photos", batch.photos)
        options = ["--gallery", build_gallery(paths, folder), "--model", batch.model, "--preset", batch.preset]
        options += ["--concurrency", str(batch.concurrency), "--max-rounds", "1"]
        if batch.model != "offline":
            options += ["--base-url", server.address]
        if batch.processes is not None:
            options += ["--processes", str(batch.processes)]
        # Compiled as an installed package is: `pip install` leaves bytecode beside the source.
        env = {**os.environ, "SEXTANT_HOME": str(folder / "home"), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        env = {"OPENAI_API_KEY": "none-needed", **env}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        locate = [*COMMAND, "locate", "--json", "--quiet", *options]
        subprocess.run([*locate, *paths[:2], "--out", str(folder / "warm")], env=env, check=True, capture_output=True)
        warmed, _, _ = server.read()
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        command = [*locate, str(folder / "photos"), "--out", str(folder / "out")]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        ended, after = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode or json.loads(done.stdout)["done"] != batch.photos:
            raise RuntimeError(done.stderr or done.stdout)
        count, first, last = server.read()
    count -= warmed
    ideal = count * batch.latency / batch.concurrency
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return MeasuredBatch(
        count, ideal, first - began, last - first, ended - last, ended - began, spent, after.ru_maxrss / 1024
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds the model takes")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--processes", type=int)
    parser.add_argument("--model", default="openai:bench", help="offline measures photos a second")
    parser.add_argument("--json", action="store_true")
    options = vars(parser.parse_args())
    as_json, batch = options.pop("json"), Batch(**options)
    found = measure(batch)
    if as_json:
        print(json.dumps(asdict(found)))
        return
    per_photo = found.processor / batch.photos * 1000
    print(f"{batch.photos} photos, {found.calls} calls, ideal {found.ideal:.1f} s")
    if found.calls:
        print(f"steady state {found.steady:.1f} s, ratio {found.steady_ratio:.2f}")
        print(f"until the first call {found.start:.1f} s, after the last {found.end:.1f} s")
        print(f"whole command {found.whole:.1f} s, ratio {found.whole_ratio:.2f}")
    else:
        print(f"whole command {found.whole:.1f} s, {batch.photos / found.whole:.1f} photos a second")
    print(f"processor time {per_photo:.0f} ms a photo, largest process {found.largest:.0f} MB")


if __name__ == "__main__":
    main()
