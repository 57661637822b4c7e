"""Measure the time of reading an answer: median, 99th percentile, slowest, and growth with length.

    python -m bench.answers [FILE…]

FILE is JSON lines of raw answers (`raw`), plain or .gz; without one, a few typical answers are used. Each answer is
read five times and its fastest reading counts, so that other programs on the machine do not. The first look-up of a
place name loads the gazetteer; that is done beforehand and printed apart.
"""

import sys
import time
from pathlib import Path

from sextant.agent.answers import parse_answer
from sextant.eval.answers import read_rows

TYPICAL = [
    '```json\n{"lat": 48.8566, "long": 2.3522, "city": "Paris", "country": "France"}\n```\n'
    + "Because of the roofs. " * 30,
    "Step by step. " * 40 + "Latitude ≈ 35.027 ° N\nLongitude ≈ −114.375 ° W",
    "The signs are Japanese. " * 25 + "My best guess is Nakano, Tokyo, Japan.",
    "I cannot determine the location. " * 20,
]
REPEATS = 5


def time_fastest_ms(text: str) -> float:
    """Return the fastest of a few readings, milliseconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        parse_answer(text)
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def main(files: list[str]) -> None:
    """Print the figures."""
    start = time.perf_counter()
    parse_answer('{"place": "Paris"}')
    print(f"first look-up of a place: {time.perf_counter() - start:.2f} s, once")
    texts = [row.raw for name in files for row in read_rows(Path(name))] or TYPICAL
    times = sorted((time_fastest_ms(text), len(text)) for text in texts)
    short = [ms for ms, length in times if length <= 5000]
    median, late = times[len(times) // 2][0], times[len(times) * 99 // 100][0]
    print(f"{len(times)} answers: median {median:.2f} ms, 99 % under {late:.2f} ms")
    print(f"slowest of up to 5,000 characters: {max(short):.2f} ms")
    print(f"slowest of all: {times[-1][0]:.2f} ms ({times[-1][1]} characters)")
    base = time_fastest_ms(TYPICAL[0])
    for megabytes in (0.01, 1, 30):
        text = TYPICAL[1] * int(megabytes * 1e6 / len(TYPICAL[1]))
        print(f"{megabytes:5} MB: {time_fastest_ms(text) / base:.0f} times a typical answer")


if __name__ == "__main__":
    main(sys.argv[1:])
