"""Measure how long verification of a pool of 80 candidates takes, against its limit of 5 ms.

Run: python -m bench.verification
"""

import sys
import time

import numpy as np

from sextant.agent.verification import Candidate, Pool, verify

LIMIT_MS = 5.0
ROUNDS = 200


def make_pool_of_80() -> Pool:
    """Make a seeded pool: 40 retrieved photos in four camps, 40 answers of four models round them, 20 far photos."""
    chance = np.random.default_rng(0)
    camps = np.array([(48.9, 2.3), (41.9, 12.5), (40.7, -74.0), (35.7, 139.7)])
    places = camps[chance.integers(0, 4, 80)] + chance.normal(0, 2, (80, 2))
    nearest = [Candidate(*map(float, place), origin="nearest", rank=rank) for rank, place in enumerate(places[:40])]
    answers = [
        Candidate(*map(float, place), origin="answer", model=f"model-{at % 4}", variant=f"v{at}", place="Paris, France")
        for at, place in enumerate(places[40:])
    ]
    far = chance.uniform((-50, -180), (70, 180), (20, 2))
    return Pool((*nearest, *answers), tuple((float(a), float(b)) for a, b in far))


def measure() -> list[float]:
    """Measure the processor time of one verification; ms of each round."""
    pool = make_pool_of_80()
    verify(pool, "calibrated")  # the model and the gazetteer are read once a process
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        verify(pool, "calibrated")
        times.append(1000 * (time.process_time() - start))
    return times


def main() -> int:
    """Print median and worst time and the ratio to the limit; 1 when the median is over it."""
    times = measure()
    median = float(np.median(times))
    print(f"one pool of 80 candidates: median {median:.2f} ms CPU, worst {max(times):.2f} ms of {ROUNDS}")
    print(f"limit {LIMIT_MS:g} ms: {LIMIT_MS / median:.1f} times faster than asked")
    return 0 if median < LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
