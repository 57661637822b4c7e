"""Measure how fast the map index of an extract is made, and how well and fast it answers known questions.

    python -m bench.street.maps --extract liechtenstein.osm.pbf --folder /tmp/maps

Printed: build time, memory and size; of the questions in ``map_questions.csv``, whose answers were written down before
the map was looked at, how many are found first and among the first five; milliseconds of a search.
"""

import argparse
import csv
import resource
import time
from pathlib import Path

import numpy as np

from sextant.atlas.map_index.add import add_map
from sextant.atlas.map_index.search import MapIndex
from sextant.geo.sphere import compute_great_circle_km

_QUESTIONS = Path(__file__).with_name("map_questions.csv")
_REPEATS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extract", type=Path, required=True, help="an .osm.pbf")
    parser.add_argument("--folder", type=Path, required=True, help="where the index is made")
    options = parser.parse_args()
    began = time.perf_counter()
    made = add_map(options.folder, options.extract)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{made.elements:,} elements in {time.perf_counter() - began:.1f} s, most memory {memory:.2f} GB")
    index = MapIndex(options.folder)
    first = five = 0
    took: list[float] = []
    with _QUESTIONS.open(encoding="utf-8", newline="") as file:
        questions = list(csv.DictReader(file))
    for asked in questions:
        at, within = (float(asked["latitude"]), float(asked["longitude"])), float(asked["within_m"])
        for _ in range(_REPEATS):
            start = time.perf_counter()
            hits = index.search(asked["question"])
            took.append(1000 * (time.perf_counter() - start))
        away = [1000 * float(compute_great_circle_km((hit.latitude, hit.longitude), at)) for hit in hits]
        first += bool(away) and away[0] <= within
        five += any(metres <= within for metres in away)
        shown = f"{hits[0].name} ({hits[0].kind}), {away[0]:.0f} m" if hits else "nothing"
        mark = "first" if away and away[0] <= within else "later" if any(m <= within for m in away) else "MISSED"
        print(f"{mark:7} {asked['question']}: {shown}")
    print(f"first {first}, among five {five} of {len(questions)}")
    print(f"a search: median {np.median(took):.1f} ms, 95th percentile {np.percentile(took, 95):.1f} ms")


if __name__ == "__main__":
    main()
