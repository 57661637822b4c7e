"""Check that a library killed again and again comes out as an undisturbed one, in every output.

    python -m bench.library.kills PHOTOS --gallery GALLERY [--kills 10] [--keep DIR]

`sextant locate PHOTOS --out DIR` with the offline model is killed with SIGKILL at random moments, between its start and
the last output, and resumed each time with the same command; the last process is left to finish. Printed: the lines on
the disk at each kill; for each output, whether it equals the undisturbed run's, and its size; the most memory. Left out
of the comparison are the order of the lines, the seconds that a photo took, and the times of a KMZ's entries.
"""

import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sextant.app.library.folder import LibraryFolder
from sextant.app.library.outputs.write import FILES, KMZ, TABLE
from sextant.base.json_types import Json


def begin(given: argparse.Namespace, out: Path, home: Path) -> subprocess.Popen[bytes]:
    """Start the command."""
    words = ["locate", given.photos, "--gallery", given.gallery, "--model", "offline", "--quiet", "--out", str(out)]
    return subprocess.Popen(
        [sys.executable, "-m", "sextant.app", *words],
        env={**os.environ, "SEXTANT_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )


def count_lines(out: Path) -> int:
    """Return the whole lines on the disk."""
    file = out / "answers.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def kill_once(given: argparse.Namespace, out: Path, home: Path, aim: int, chance: random.Random) -> None:
    """Run the command and kill it up to two seconds after it has written ``aim`` lines."""
    process = begin(given, out, home)
    while process.poll() is None and count_lines(out) < aim:
        time.sleep(0.01)
    time.sleep(chance.random() * 2)
    ended = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    print("had ended before the kill" if ended else f"killed at {count_lines(out)} lines", flush=True)


def finish(given: argparse.Namespace, out: Path, home: Path) -> int:
    """Run the command to its end and return the most memory that it took, in megabytes."""
    process = begin(given, out, home)
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit("the command failed")
    return used.ru_maxrss // 1024


def read_answers(path: Path) -> list[Json]:
    """Read the last line of each photo, by name, without the seconds that it took."""
    folder = LibraryFolder(path.parent)
    kept = []
    for _, line in folder.read_all(folder.read_index()):
        if line["answer"]:
            line["answer"]["spent"]["seconds"] = None
        kept.append({**line, "timings": None})
    return kept


def read_table(path: Path) -> list[dict[str, str]]:
    """Read the rows of a table, without the seconds that a photo took."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


def read_kmz(path: Path) -> dict[str, bytes]:
    """Read the entries of a KMZ by name."""
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


READERS: dict[str, Callable[[Path], Any]] = {"answers.jsonl": read_answers, TABLE: read_table, KMZ: read_kmz}
"""How an output is read for the comparison; all others are compared byte for byte."""


def compare(killed: Path, alone: Path) -> bool:
    """Print of each output whether both runs have the same, and its size; return whether all are the same."""
    same = True
    for name in ("answers.jsonl", *FILES):
        read = READERS.get(name, Path.read_bytes)
        equal = read(killed / name) == read(alone / name)
        print(f"{name:<16} {'equal' if equal else 'DIFFERS':<8} {(killed / name).stat().st_size / 1e6:6.1f} MB")
        same &= equal
    left = sorted(path.name for path in killed.iterdir() if path.name.startswith("."))
    print("left behind:", ", ".join(left) or "nothing")
    return same


def main() -> int:
    """Kill, finish, compare; exit code 1 where an output differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos")
    parser.add_argument("--gallery", required=True)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="Leave both runs in this folder.")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        root = given.keep or Path(folder)
        killed, alone, home = root / "killed", root / "alone", root / "home"
        memory = finish(given, alone, home)
        total = count_lines(alone)
        print(f"undisturbed: {total} lines, at most {memory} MB", flush=True)
        for aim in sorted(chance.randint(0, total) for _ in range(given.kills)):
            kill_once(given, killed, home, aim, chance)
        memory = finish(given, killed, home)
        print(f"killed and resumed: {count_lines(killed)} lines, at most {memory} MB in the last process")
        return 0 if compare(killed, alone) else 1


if __name__ == "__main__":
    sys.exit(main())
