"""Measure how fast replies are parsed, and how fast a large gazetteer is built and searched.

    python -m bench.names --rows 10000000 --folder /tmp/names

Synthetic places with names of two or three made-up words round the world. Printed: build time, file size, and
milliseconds (median and 95th percentile) of a look-up: exact, in a container, misspelt, and of the nearest sight.
"""

import argparse
import csv
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sextant.agent.answers import parse_answer
from sextant.atlas.gazetteer.add import add_source
from sextant.atlas.gazetteer.lookup import Lookup, SearchCircle

_SYLLABLES = (
    "ba", "ko", "ri", "san", "mel", "to", "ur", "gen", "hal", "vi", "dor", "ne", "pas", "qui", "lo", "ster", "wald",
    "bro", "ke", "ami", "zen", "tra",
)  # fmt: skip
_QUESTIONS = 300
_REPLY = (
    "The sign and the tiled facades suggest Portugal. It is not Lisbon, though the style is similar.\n"
    "**Final answer:** the Ribeira quarter in Porto, Portugal, near the Dom Luís I Bridge. "
) * 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="places in the gazetteer")
    parser.add_argument("--folder", type=Path, required=True, help="where the gazetteer is built")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    reading = time_calls([lambda: parse_answer(_REPLY)] * _QUESTIONS)
    print(f"a reply of {len(_REPLY)} characters     {reading}")
    table, store = options.folder / "synthetic.csv", options.folder / "places.sqlite"
    names = write(table, options.rows)
    store.unlink(missing_ok=True)
    began = time.perf_counter()
    report = add_source(store, table)
    seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{report.places:,} places built in {seconds:.0f} s ({report.places / seconds:,.0f} a second)")
    print(f"file {store.stat().st_size / 1e9:.2f} GB, most memory {memory:.2f} GB")
    lookup = Lookup(store)
    print("exact look-up             ", time_calls([lambda name=name: lookup.find(name) for name, _, _ in names]))
    inside = [lambda n=n, y=y, x=x: lookup.find(n, [SearchCircle(y, x, 20.0)]) for n, y, x in names]
    print("in a container            ", time_calls(inside))
    print(
        "misspelt                  ",
        time_calls([lambda name=name: lookup.find(name[:3] + name[4:]) for name, _, _ in names]),
    )
    print("nearest prominent sight   ", time_calls([lambda y=y, x=x: lookup.prominent_near(y, x) for _, y, x in names]))


def write(path: Path, rows: int) -> list[tuple[str, float, float]]:
    """Write a CSV of synthetic places; return some of them to ask for, with their positions in degrees."""
    chance, rng = random.Random(0), np.random.default_rng(0)
    asked = []
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["name", "latitude", "longitude", "country_code"])
        for number in range(rows):
            latitude = round(float(np.degrees(np.arcsin(rng.uniform(-0.8, 0.9)))), 5)
            longitude = round(float(rng.uniform(-180, 180)), 5)
            words = [
                "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).title() for _ in range(chance.randint(2, 3))
            ]
            out.writerow([" ".join(words), latitude, longitude, "XX"])
            if number % max(1, rows // _QUESTIONS) == 0 and len(asked) < _QUESTIONS:
                asked.append((" ".join(words), latitude, longitude))
    return asked


def time_calls(calls: list[Callable[[], object]]) -> str:
    """Return the median and 95th percentile of the calls, ms of processor time, so that other programs do not count."""
    calls[0]()
    spent = []
    for call in calls:
        began = time.process_time()
        call()
        spent.append(1000 * (time.process_time() - began))
    return f"p50 {np.percentile(spent, 50):.2f} ms   p95 {np.percentile(spent, 95):.2f} ms"


if __name__ == "__main__":
    main()
