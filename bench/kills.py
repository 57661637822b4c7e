"""Check that an evaluation killed again and again gives the same lines as an uninterrupted one.

    python -m bench.kills --data IM2GPS3K --gallery GALLERY [--photos 300] [--kills 20]

Each process is killed with SIGKILL at a random moment after it has written at least one line; then one is left to
finish. Printed: the lines that were there at each kill, and whether both runs are equal line for line but for clocks.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.evaluations import without_timings


def begin(given: argparse.Namespace, out: Path, home: Path) -> subprocess.Popen[bytes]:
    """Start a process that works on the evaluation."""
    words = ["eval", "run", "im2gps3k", "--data", given.data, "--gallery", given.gallery, "--exclude-author"]
    words += ["--limit", str(given.photos), "--concurrency", "4", "--quiet", "--out", str(out)]
    if given.verify:
        words += ["--verify", given.verify]
    environment = {**os.environ, "SEXTANT_HOME": str(home)}
    return subprocess.Popen([sys.executable, "-m", "sextant.app", *words], env=environment, stdout=subprocess.DEVNULL)


def count_lines(out: Path) -> int:
    """Return the whole lines on the disk."""
    file = out / "lines.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def kill_once(given: argparse.Namespace, out: Path, home: Path, chance: random.Random) -> None:
    """Run one process and kill it at a random moment; what is left is shared out among the kills to come."""
    before = count_lines(out)
    process = begin(given, out, home)
    aim = before + chance.randint(1, max(1, given.photos // given.kills))
    while process.poll() is None and count_lines(out) < min(aim, given.photos - 1):
        time.sleep(0.005)
    time.sleep(chance.random() * 0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    print(f"killed at {count_lines(out)} lines", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--gallery", required=True)
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--verify")
    given = parser.parse_args()
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        out, alone, home = Path(folder, "killed"), Path(folder, "alone"), Path(folder, "home")
        for _ in range(given.kills):
            kill_once(given, out, home, chance)
        for left in (out, alone):
            if begin(given, left, home).wait():
                raise SystemExit("the evaluation failed")
        same = without_timings(out) == without_timings(alone)
        print(
            f"{count_lines(out)} lines for {given.photos} photos; equal to the undisturbed run: "
            f"{'yes' if same else 'NO'}"
        )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
