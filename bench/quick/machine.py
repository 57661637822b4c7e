"""Measure how fast this machine is now, so that figures against the clock can be compared with those of another day.

Of one machine that is rented, the same commit took half as long again within the hour.
"""

import json
import statistics
import time

import numpy as np

_ROUNDS = 7
_DOCUMENTS = 30
_ROWS = 20_000


def time_reference_work() -> float:
    """Return the median milliseconds of a fixed piece of work, as mixed as a run: objects, JSON, small arrays."""
    return statistics.median(_time_once() for _ in range(_ROUNDS))


def _time_once() -> float:
    began = time.perf_counter()
    for number in range(_DOCUMENTS):
        document = {f"photo {row}": {"latitude": row / 7, "tags": ["a", "b", str(row)]} for row in range(500)}
        sorted(json.loads(json.dumps(document)), reverse=True)
        angles = np.linspace(0, number + 1, _ROWS)
        np.sort(np.arcsin(np.sqrt(np.sin(angles) ** 2)))
    return 1000 * (time.perf_counter() - began)
