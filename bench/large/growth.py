"""Measure how build, disk, memory and search grow with a gallery's rows, and fit the exponents.

    python -m bench.large.growth                                # 30,000, 250,000 and 1,000,000 rows of 768 dimensions
    python -m bench.large.growth --rows 30000 250000 --temp /big/disk
    python -m bench.large.growth --rows 4000000 --keep reports  # by hand; reports of earlier sizes are taken from there

Each size is built in a process of its own and searched in another, beside faiss's exact search over the same vectors.
The last line gives the exponent b of a · rows^b by least squares on logarithms: 1 is linear, 0.5 the square root.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.memory import reset_peak, run_in_process
from bench.retrieval import Data, measure
from bench.synthetic import SEED, Drawn, build_gallery, draw
from bench.table import print_table

QUERIES = 200
# Column: the unit is in the name.
_OF_THE_GALLERY = ("build s", "build peak MB", "disk MB", "search peak MB", "search own MB", "search file MB", "probes")
GROWING = ("build s", "build peak MB", "disk MB", "search peak MB", "near p50 ms", "far p50 ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[30_000, 250_000, 1_000_000])
    parser.add_argument("--dimension", type=int, default=768)
    parser.add_argument("--temp", help="where the vectors and galleries are kept meanwhile")
    parser.add_argument("--keep", type=Path, help="keep each size's report here, and take it from here next time")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lines = [measure_size(rows, options.dimension, options.temp, options.keep) for rows in sorted(options.rows)]
    if options.keep:
        lines = sorted(
            (json.loads(file.read_text()) for file in options.keep.glob("*.json")), key=lambda line: line["rows"]
        )
    exponents = fit_exponents(lines) if len(lines) > 1 else {}
    if options.json:
        print(json.dumps({"sizes": lines, "exponents": exponents}, indent=2))
        return
    print(print_table(lines))
    if exponents:
        print(
            "grows like rows to the power of: " + ", ".join(f"{name} {power:.2f}" for name, power in exponents.items())
        )


def measure_size(rows: int, dimension: int, temp: str | None, keep: Path | None) -> dict[str, Any]:
    """Build and search a gallery of one size; its line of the table."""
    report = keep / f"{rows}-{dimension}.json" if keep else None
    if report and report.exists():
        line: dict[str, Any] = json.loads(report.read_text())
        return line
    print(f"{rows:,} rows …", file=sys.stderr, flush=True)
    folder = Path(tempfile.mkdtemp(prefix="sextant-growth-", dir=temp))
    try:
        drawn = Drawn(rows, dimension, SEED)
        built = run_in_process(_build, folder, drawn)
        line = make_line(run_in_process(_measure, folder, drawn, built))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if report:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(json.dumps(line))
    return line


def _build(folder: Path, drawn: Drawn) -> dict[str, float]:
    # A process of a pool may have no children, so the peak of the build is that since the vectors were drawn.
    draw(folder / "vectors.npy", drawn)
    reset_peak()
    return build_gallery(folder / "vectors.npy", folder / "gallery", drawn.as_large)


def _measure(folder: Path, drawn: Drawn, built: dict[str, float]) -> dict[str, Any]:
    queries = drawn.shape().queries(QUERIES)
    data = Data(folder / "vectors.npy", queries, np.full(QUERIES, -1))
    return measure(data, folder / "gallery", built, lists=False)


def make_line(report: dict[str, Any]) -> dict[str, Any]:
    """Make the table's line of a size from the report of `bench.retrieval`."""
    ours = {line["side"]: line for line in report["searches"] if line["search"] == "Sextant"}
    line = {"rows": report["rows"]}
    line |= {name: report["sextant"][name] for name in _OF_THE_GALLERY}
    for side in ("near", "far"):
        line |= {f"{side} p50 ms": ours[side]["p50 ms"], f"{side} recall@16": ours[side]["recall@16"]}
        line[f"{side} times flat"] = ours[side]["times flat"]
    return line


def fit_exponents(lines: list[dict[str, Any]]) -> dict[str, float]:
    """Fit b of a · rows^b to each growing column."""
    rows = np.log([line["rows"] for line in lines])
    return {
        name: round(float(np.polyfit(rows, np.log([max(line[name], 1e-9) for line in lines]), 1)[0]), 3)
        for name in GROWING
    }


if __name__ == "__main__":
    main()
