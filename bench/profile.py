"""Measure `sextant gallery profile` against the build of the same gallery: seconds and their ratio.

    python -m bench.profile                            # galleries of 1,000 and of 1,000,000 synthetic rows
    python -m bench.profile --rows 100000 --json
    python -m bench.profile --keep FOLDER              # keeps the galleries for another run

The rows are those of bench.retrieval (`bench/synthetic.py`). The build writes and indexes vectors that are drawn
already, and measures a profile, too; encoding photos comes on top of it, so that the ratio for a real build is lower.
"""

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path

from bench.memory import read_peak_megabytes, run_in_process
from bench.synthetic import Drawn, build
from bench.table import print_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, action="append", help="rows of a gallery (repeatable)")
    parser.add_argument("--dimension", type=int, default=768)
    parser.add_argument("--keep", type=Path, help="keep the galleries here, and take them from here next time")
    parser.add_argument("--temp", help="where the galleries are kept meanwhile")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="sextant-bench-", dir=options.temp))
    try:
        lines = [
            measured(folder / str(rows), Drawn(rows, options.dimension)) for rows in options.rows or (1000, 1_000_000)
        ]
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(lines, indent=2) if options.json else print_table(lines))


def measured(folder: Path, drawn: Drawn) -> dict[str, float]:
    """Return one gallery: seconds of its build and of its profile, measured again in a process of its own."""
    took = build(folder, drawn)
    found = run_in_process(profiled, folder / "gallery")
    return {
        "rows": drawn.rows,
        "build s": took["build s"],
        **found,
        "share of the build": round(found["profile s"] / took["build s"], 3),
    }


def profiled(gallery: Path) -> dict[str, float]:
    """Return seconds and peak memory of `sextant gallery profile`, and how many photos it located."""
    from sextant.gallery.build.measure_profile import store_profile

    begun = time.perf_counter()
    profile = store_profile(str(gallery))
    seconds = time.perf_counter() - begun
    return {"profile s": round(seconds, 2), "photos located": profile.photos, "peak MB": read_peak_megabytes()}


if __name__ == "__main__":
    main()
