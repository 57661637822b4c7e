"""Keep Python's garbage collector off what a program has loaded.

A pass over all loaded objects takes 0.1 to 0.2 s, in which no thread does anything. A run makes enough objects for a
pass every twenty runs, and none of them is garbage that only the collector could free.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_OBJECTS = 50_000  # until the collector looks at the youngest; Python's own 700 is of the days of small memories


@contextmanager
def freeze_loaded_objects() -> Iterator[None]:
    """Leave out everything that exists now from the collector's passes while the block runs."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def collect_rarely() -> None:
    """Have the collector pass seldom in a process that is ours: commands and servers, never a caller's program."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
