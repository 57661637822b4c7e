"""Choose how many processes a batch uses: more than one only where Python's lock limits it and they pay."""

import pickle
from pathlib import Path

from sextant.agent.settings import Settings
from sextant.gallery.store import Gallery
from sextant.graphs.batches.order import BatchOrder
from sextant.graphs.batches.spread.idle import bound_processes

_ENCODER_BYTES = 100_000_000  # of an encoder's file that every process may load unasked


def choose_processes(order: BatchOrder, photos: int) -> int:
    """Return how many processes to use for a number of photos; 1 means the threads of this one."""
    most = bound_processes(order.settings.model, order.settings.concurrency, order.processes, photos)
    if order.processes is None and most > 1 and not (_can_be_sent(order) and _is_light(order.settings)):
        return 1
    return most


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
