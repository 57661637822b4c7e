"""Run the quick benches and compare their ratios with those in RESULTS.md.

    python -m bench.quick.compare              # exit code 1 where a ratio is half as much again
    python -m bench.quick.compare --write      # measure and commit new figures

Every figure is a ratio, better the smaller it is. One against a peer of the same run is compared as it is. One against
the clock also tells how fast the machine is, so a fixed piece of work is timed beside it, and the committed figure is
first converted to the speed of today. Figures still move on a busy machine: measure again before you believe that a
commit is slower.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import numpy as np

from bench.quick.machine import time_reference_work
from bench.table import print_table

RESULTS = Path(__file__).with_name("RESULTS.md")
WORSE = 3 / 2  # on one machine, a figure of the same commit moved by two fifths within a day
HEAD = """# Quick benches

`make bench` measures these ratios again and compares. Smaller is better; the guides hold the large benches.
A figure against a peer is compared as it is; one against a limit or an ideal is first converted to the speed of the
machine, which the time of the reference work beside it tells.

"""


class Against(Enum):
    """What a figure is a ratio of."""

    PEER = "other software in the same run"
    LIMIT = "seconds that are acceptable"
    IDEAL = "seconds that the model takes whatever the machine: 1 is the least possible"


@dataclass(frozen=True)
class Figure:
    """One measured ratio, and the milliseconds that the reference work took beside it."""

    name: str
    ratio: float
    against: Against
    reference_ms: float = 0.0

    def convert(self, before: "Figure") -> float:
        """Return what an earlier figure would be on a machine as fast as this one's."""
        slowness = self.reference_ms / before.reference_ms
        match self.against:
            case Against.PEER:
                return before.ratio
            case Against.LIMIT:
                return before.ratio * slowness
            case Against.IDEAL:
                return 1 + (before.ratio - 1) * slowness


def main() -> int:
    """Measure, print and compare; return 1 where a figure is clearly worse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the figures to RESULTS.md")
    options = parser.parse_args()
    known = {figure.name: figure for figure in read_results()}
    figures, lines, slower = [], [], []
    for figure in measure_all():
        before = known.get(figure.name)
        expected = None if before is None else figure.convert(before)
        if expected is not None and figure.ratio > expected * WORSE:
            slower.append(figure.name)
        figures.append(figure)
        lines.append(
            {
                "figure": figure.name,
                "before": "" if before is None else f"{before.ratio:.2f}",
                "at today's speed": "" if expected is None else f"{expected:.2f}",
                "now": f"{figure.ratio:.2f}",
            }
        )
        print(f"{figure.name}: {figure.ratio:.2f}", file=sys.stderr, flush=True)
    print(print_table(lines))
    if options.write:
        write_results(figures)
        return 0
    if slower:
        print(f"half as much again or more: {', '.join(slower)}")
    return 1 if slower else 0


def measure_all() -> Iterator[Figure]:
    """Measure every figure, one after the other, each group between two rounds of the reference work."""
    began = time_reference_work()
    for measure in (measure_runs, measure_search, measure_verification, measure_start):
        found = measure()
        ended = time_reference_work()
        for figure in found:
            yield replace(figure, reference_ms=(began + ended) / 2)
        began = ended


def measure_runs() -> list[Figure]:
    """Measure `bench.agent`: many photos beside the ideal, one photo beside LangGraph doing nothing."""
    from bench import agent

    found = agent.measure(photos=100, latency=0.3, concurrency=16)
    calls = {"default": "4 calls", "img2loc": "1 call"}
    own, calibrated = found.own_ms / found.floor_ms, found.calibrated_ms / found.floor_ms
    return [
        *(
            Figure(f"bench.agent: 100 photos × {calls[preset]}, {part} of the ideal", ratio, Against.IDEAL)
            for preset, batch in found.many.items()
            for part, ratio in (("steady state", batch.steady_ratio), ("whole command", batch.whole_ratio))
        ),
        Figure("bench.agent: own time of one photo, of LangGraph doing nothing", own, Against.PEER),
        Figure("bench.agent: the same with the default verification", calibrated, Against.PEER),
    ]


def measure_search() -> list[Figure]:
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
        Figure(f"bench.retrieval: {side} search of 50,000 × 256, of faiss's exact search", ratio, Against.PEER)
        for side, ratio in ((side, 1 / ours[side]["times flat"]) for side in ("near", "far"))
    ]


def measure_verification() -> list[Figure]:
    """Measure `bench.verification`: a pool of 80 candidates."""
    from bench import verification

    share = statistics.median(verification.measure()) / verification.LIMIT_MS
    return [Figure(f"bench.verification: 80 candidates, of {verification.LIMIT_MS:g} ms", share, Against.LIMIT)]


def measure_start() -> list[Figure]:
    """Measure `bench.quick.start`: commands from their start."""
    from bench.quick import start

    return [
        Figure(f"bench.quick.start: {name}, of {limit:g} s", statistics.median(times) / limit, Against.LIMIT)
        for name, times in start.measure(3).items()
        for limit in [start.LIMITS_S[name]]
    ]


def read_results() -> list[Figure]:
    """Read the committed figures; none before the first --write.

    Raises:
        SystemExit: a row is not as --write writes it.
    """
    if not RESULTS.exists():
        return []
    lines = RESULTS.read_text(encoding="utf-8").splitlines()
    return [_read_row(line) for line in lines if line.startswith("| bench.")]


def _read_row(line: str) -> Figure:
    name, *values = line.strip("| \n").split(" | ")
    try:
        ratio, against, reference_ms = values[:3]
        return Figure(name, float(ratio), Against[against.upper()], float(reference_ms))
    except (ValueError, KeyError) as error:
        raise SystemExit(
            f"{RESULTS.name}: the row {name!r} cannot be read; restore the file, or delete it and run with --write"
        ) from error


def write_results(figures: list[Figure]) -> None:
    """Write the table: figure, ratio, what it is a ratio of, the machine's speed, machine, date."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = [
        {
            "figure": figure.name,
            "ratio": f"{figure.ratio:.2f}",
            "against": figure.against.name.lower(),
            "reference work, ms": f"{figure.reference_ms:.0f}",
            "machine": machine,
            "date": day,
        }
        for figure in figures
    ]
    RESULTS.write_text(HEAD + print_table(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
