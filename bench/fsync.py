"""Measure the cost of having each paid call on disk before it counts: ``python -m bench.fsync``.

One and sixteen threads append calls to a recording, with and without waiting for the disk; milliseconds for a call.
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sextant.base.json_lines import JsonLines

CALLS = 320
LINE = {"call": "x" * 32, "request": {"messages": ["y" * 32] * 6}, "reply": {"text": "z" * 1500}}


def time_calls(folder: Path, threads: int, fsync: bool) -> float:
    """Return the milliseconds of a call as its thread sees them."""
    lines = JsonLines(folder / f"{threads}-{fsync}.jsonl")

    def append(_: int) -> float:
        began = time.perf_counter()
        lines.append(LINE, fsync=fsync)
        return time.perf_counter() - began

    with ThreadPoolExecutor(threads) as pool:
        took = sum(pool.map(append, range(CALLS)))
    lines.close()
    return 1000 * took / CALLS


def main() -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for threads in (1, 16):
            for fsync in (False, True):
                print(
                    f"{threads:2d} threads, fsync {fsync!s:5}: {time_calls(Path(folder), threads, fsync):.2f} ms a call"
                )


if __name__ == "__main__":
    main()
