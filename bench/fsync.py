"""Measure the cost of having things on disk before they count as recorded: ``python -m bench.fsync``.

One and sixteen threads append calls to a recording, store answers, and store accepted messages, with and without
waiting for the disk; milliseconds for each, as its thread sees them.
"""

import json
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from sextant.base.json_lines import JsonLines
from sextant.base.sqlite import open_database
from sextant.graphs.runs.folder import write_json

NUMBER = 320
LINE = {"call": "x" * 32, "request": {"messages": ["y" * 32] * 6}, "reply": {"text": "z" * 1500}}


def time_each(work: Callable[[int], object], threads: int, number: int = NUMBER) -> float:
    """Return the milliseconds of one piece of work as its thread sees them."""

    def measure(turn: int) -> float:
        began = time.perf_counter()
        work(turn)
        return time.perf_counter() - began

    with ThreadPoolExecutor(threads) as pool:
        return 1000 * sum(pool.map(measure, range(number))) / number


def time_calls(folder: Path, threads: int, fsync: bool) -> float:
    """Time the recording of paid calls, and of lines of an evaluation, which are written the same way."""
    lines = JsonLines(folder / f"{threads}-{fsync}.jsonl")
    try:
        return time_each(lambda _: lines.append(LINE, fsync=fsync), threads)
    finally:
        lines.close()


def time_answers(folder: Path, threads: int, fsync: bool) -> float:
    """Time the storing of a finished run: answer.json and run.json, each in a folder of its own."""
    answer = {"candidates": [LINE] * 30}

    def finish(turn: int) -> None:
        own = folder / f"run-{threads}-{fsync}-{turn}"
        own.mkdir()
        write_json(own / "answer.json", answer, fsync=fsync)
        write_json(own / "run.json", LINE, fsync=fsync)

    return time_each(finish, threads)


def time_messages(folder: Path, threads: int, fsync: bool) -> float:
    """Time the storing of accepted messages in SQLite, whose connection the threads share."""
    rows = open_database(folder / f"{threads}-{fsync}.sqlite", synchronous="FULL" if fsync else "NORMAL")
    rows.execute("CREATE TABLE waiting (session TEXT PRIMARY KEY, message TEXT NOT NULL)")
    lock, message = Lock(), json.dumps(LINE)

    def accept(turn: int) -> None:
        with lock:
            rows.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?)", (str(turn), message))

    try:
        return time_each(accept, threads)
    finally:
        rows.close()


def main() -> None:
    """Print a table."""
    print(f"{'':26}{'not waiting':>12}{'waiting':>12}   ms each")
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for name, measure in (("calls", time_calls), ("answers", time_answers), ("messages", time_messages)):
            for threads in (1, 16):
                without, waiting = (measure(Path(folder), threads, fsync) for fsync in (False, True))
                print(f"{name}, {threads:2d} threads".ljust(26) + f"{without:12.2f}{waiting:12.2f}")


if __name__ == "__main__":
    main()
