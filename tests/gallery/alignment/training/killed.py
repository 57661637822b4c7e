"""A training that kills itself: ``killed.py CACHE OUT PLACE NUMBER CHANGES``, run by test_train.py."""

import json
import os
import signal
import sys
from pathlib import Path

import torch

from sextant.gallery.alignment.model import location
from sextant.gallery.alignment.training import checkpoint, train
from sextant.gallery.alignment.training.cache import open_cache
from tests.gallery.alignment.conftest import CONFIG, NARROW, SETTINGS


def die_at_call(module: object, name: str, number: int) -> None:
    """Replace a function by itself, the ``number``-th call of which is the last thing the process does."""
    original, calls = getattr(module, name), [0]

    def dying(*args: object, **kwargs: object) -> object:
        calls[0] += 1
        if calls[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(module, name, dying)


if __name__ == "__main__":
    cache, out, place, number, changes = sys.argv[1:]
    torch.set_num_threads(1)
    location.HIDDEN = NARROW
    if place == "step":
        die_at_call(train, "compute_batch_loss", int(number))
    else:
        die_at_call(checkpoint, "_to_disk", int(number))
    settings = SETTINGS.model_copy(update=json.loads(changes))
    train.Training(open_cache(Path(cache)), None, CONFIG, settings, Path(out)).run(lambda look: None)
