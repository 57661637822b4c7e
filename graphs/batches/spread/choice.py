"""Choose how many processes a batch uses: more than one only where Python's lock limits it and they pay."""

import os
import pickle
from pathlib import Path

from sextant.agent.settings import Settings
from sextant.gallery.store import Gallery
from sextant.graphs.batches.order import BatchOrder

MOST_PROCESSES = 4  # unless the user asks for more: each holds gallery, encoder and model
LEAST_PHOTOS = 100  # a process takes a second or two to start
LEAST_CALLS = 12  # in flight at once; one process keeps fewer going
_ENCODER_BYTES = 100_000_000  # of an encoder's file that every process may load unasked


def choose_processes(order: BatchOrder, photos: int) -> int:
    """Return how many processes to use for a number of photos; 1 means the threads of this one."""
    most = bound_processes(order.settings, order.processes, photos)
    if order.processes is None and most > 1 and not (_can_be_sent(order) and _is_light(order.settings)):
        return 1
    return most


def bound_processes(settings: Settings, processes: int | None, photos: int) -> int:
    """Return how many processes a batch uses at most, as far as that is known before its gallery is opened.

    Args:
        processes: as the user asks; None means as many as pay.
        photos: of the batch.
    """
    if processes is not None:
        return max(1, min(processes, photos, settings.concurrency))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    lock_limits = settings.model == "offline" or settings.concurrency >= LEAST_CALLS
    if cores < 2 or photos < LEAST_PHOTOS or not lock_limits:
        return 1
    return min(cores, MOST_PROCESSES, settings.concurrency)


def _can_be_sent(order: BatchOrder) -> bool:
    """Return whether another process can be given what answers the calls."""
    try:
        pickle.dumps(order.behind)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
    return True


def _is_light(settings: Settings) -> bool:
    """Return whether the gallery's encoder is small enough to be loaded several times."""
    if not settings.gallery:
        return True
    kind, _, name = Gallery.open(settings.gallery, settings.encoder).manifest.encoder.partition(":")
    if kind == "onnx":
        return Path(name).exists() and Path(name).stat().st_size <= _ENCODER_BYTES
    return kind == "builtin"
