"""Measure how long commands take to start, as a share of what is acceptable.

    python -m bench.quick.start --rounds 5

Each command runs in a process of its own, in a home with the demo gallery: ``where`` and ``replay`` to their ends,
``locate`` to its first line of progress, ``serve`` to its first answer.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from bench.table import print_table

LIMITS_S = {"where": 0.7, "locate": 1.5, "replay": 1.2, "serve": 2.0}
COMMAND = [sys.executable, "-m", "sextant.app"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    lines = []
    for name, times in measure(options.rounds).items():
        median = statistics.median(times)
        lines.append(
            {
                "command": name,
                "median s": f"{median:.2f}",
                "slowest s": f"{max(times):.2f}",
                "limit s": LIMITS_S[name],
                "of limit": f"{median / LIMITS_S[name]:.2f}",
            }
        )
    print(print_table(lines))


def measure(rounds: int) -> dict[str, list[float]]:
    """Measure each command; seconds of wall-clock time, one for each round."""
    with tempfile.TemporaryDirectory() as home:
        # Compiled as an installed package is: `pip install` leaves bytecode beside the source.
        env = {**os.environ, "SEXTANT_HOME": home, "PYTHONPYCACHEPREFIX": f"{home}/bytecode"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([*COMMAND, "demo"], env=env, check=True, capture_output=True)
        run = next((Path(home) / "runs").iterdir()).name
        photo = next((Path(home) / "demo-world").rglob("*.jpg"))
        gallery = next((Path(home) / "galleries").iterdir())
        measured: dict[str, Callable[[], float]] = {
            "where": lambda: time_to_end(["where", "48.86", "2.35"], env),
            "replay": lambda: time_to_end(["replay", run], env),
            "locate": lambda: time_to_progress(["locate", str(photo), "--gallery", str(gallery)], env),
            "serve": lambda: time_to_answer(["serve", "--port", "0", "--gallery", str(gallery)], env),
        }
        for measure_once in measured.values():
            measure_once()
        return {name: [measure_once() for _ in range(rounds)] for name, measure_once in measured.items()}


def time_to_end(args: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([*COMMAND, *args], env=env, check=True, capture_output=True)
    return time.perf_counter() - began


def time_to_progress(args: list[str], env: dict[str, str]) -> float:
    """Return the seconds to the first line on stderr; the command is stopped then."""
    began = time.perf_counter()
    with subprocess.Popen([*COMMAND, *args], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        seconds = time.perf_counter() - began
        process.kill()
    return seconds


def time_to_answer(args: list[str], env: dict[str, str]) -> float:
    """Return the seconds to the first answer of the server."""
    began = time.perf_counter()
    with subprocess.Popen(
        [*COMMAND, *args], env={**env, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        with urllib.request.urlopen(f"{address.rstrip('/')}/api/about") as reply:
            reply.read()
        seconds = time.perf_counter() - began
        process.send_signal(signal.SIGTERM)
    return seconds


if __name__ == "__main__":
    main()
