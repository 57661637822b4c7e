"""Run the quick benches and compare their ratios with those in RESULTS.md.

    python -m bench.quick.compare              # exit code 1 where a ratio is more than a third worse
    python -m bench.quick.compare --write      # measure and commit new figures

Every figure is a ratio against a peer or a limit of the same run, so that machines can be compared; each is better the
smaller it is. Figures still move on a busy machine: measure again before you believe that a commit is slower.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.table import print_table

RESULTS = Path(__file__).with_name("RESULTS.md")
WORSE = 4 / 3
HEAD = """# Quick benches

`make bench` measures these ratios again and compares. Smaller is better; the guides hold the large benches.

"""


def main() -> int:
    """Measure, print and compare; return 1 where a figure is clearly worse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the figures to RESULTS.md")
    options = parser.parse_args()
    before = read_results()
    lines, slower = [], []
    for name, ratio in measure_all():
        known = before.get(name)
        if known is not None and ratio > known * WORSE:
            slower.append(name)
        lines.append({"figure": name, "before": "" if known is None else f"{known:.2f}", "now": f"{ratio:.2f}"})
        print(f"{name}: {ratio:.2f}", file=sys.stderr, flush=True)
    print(print_table(lines))
    if options.write:
        write_results({line["figure"]: float(line["now"]) for line in lines})
        return 0
    if slower:
        print(f"more than a third worse: {', '.join(slower)}")
    return 1 if slower else 0


def measure_all() -> list[tuple[str, float]]:
    """Measure every figure, one after the other."""
    measured: list[tuple[str, float]] = []
    for measure in (measure_runs, measure_search, measure_verification, measure_start):
        measured += measure()
    return measured


def measure_runs() -> list[tuple[str, float]]:
    """Measure `bench.agent`: many photos beside the ideal, one photo beside LangGraph doing nothing."""
    from bench import agent

    found = agent.measure(photos=100, latency=0.3, concurrency=16)
    calls = {"default": "4 calls", "img2loc": "1 call"}
    return [
        *(
            (f"bench.agent: 100 photos × {calls[preset]}, {part} of the ideal", ratio)
            for preset, batch in found.many.items()
            for part, ratio in (("steady state", batch.steady_ratio), ("whole command", batch.whole_ratio))
        ),
        ("bench.agent: own time of one photo, of LangGraph doing nothing", found.own_ms / found.floor_ms),
        ("bench.agent: the same with the default verification", found.calibrated_ms / found.floor_ms),
    ]


def measure_search() -> list[tuple[str, float]]:
    """Measure `bench.retrieval` at 50,000 rows, which are indexed: search time of faiss's exact search."""
    from bench import retrieval
    from bench.synthetic import Drawn, build

    drawn = Drawn(rows=50_000, dimension=256)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        built = build(folder / "data", drawn)
        queries = drawn.shape().queries(100)
        data = retrieval.Data(folder / "data" / "vectors.npy", queries, np.full(len(queries), -1))
        report = retrieval.measure(data, folder / "data" / "gallery", built)
    ours = {line["side"]: line for line in report["searches"] if line["search"] == "Sextant"}
    return [
        (f"bench.retrieval: {side} search of 50,000 × 256, of faiss's exact search", 1 / ours[side]["times flat"])
        for side in ("near", "far")
    ]


def measure_verification() -> list[tuple[str, float]]:
    """Measure `bench.verification`: a pool of 80 candidates."""
    from bench import verification

    share = statistics.median(verification.measure()) / verification.LIMIT_MS
    return [(f"bench.verification: 80 candidates, of {verification.LIMIT_MS:g} ms", share)]


def measure_start() -> list[tuple[str, float]]:
    """Measure `bench.quick.start`: commands from their start."""
    from bench.quick import start

    return [
        (f"bench.quick.start: {name}, of {start.LIMITS_S[name]:g} s", statistics.median(times) / start.LIMITS_S[name])
        for name, times in start.measure(3).items()
    ]


def read_results() -> dict[str, float]:
    """Read the committed ratios by figure; empty before the first --write."""
    if not RESULTS.exists():
        return {}
    rows = [line.strip("| \n").split(" | ") for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    return {row[0]: float(row[1]) for row in rows if len(row) == 4 and row[0].startswith("bench.")}


def write_results(ratios: dict[str, float]) -> None:
    """Write the table: figure, ratio, machine, date."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = [
        {"figure": name, "ratio": f"{ratio:.2f}", "machine": machine, "date": day} for name, ratio in ratios.items()
    ]
    RESULTS.write_text(HEAD + print_table(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
