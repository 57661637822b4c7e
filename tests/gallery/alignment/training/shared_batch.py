"""One of several processes that share each batch: ``shared_batch.py CACHE OUT CHANGES``, run by test_train.py."""

import json
import sys
from pathlib import Path

import torch

from sextant.gallery.alignment.model import location
from sextant.gallery.alignment.training import train
from sextant.gallery.alignment.training.cache import open_cache
from tests.gallery.alignment.conftest import CONFIG, NARROW, SETTINGS

if __name__ == "__main__":
    torch.set_num_threads(1)
    location.HIDDEN = NARROW
    cache, out, changes = sys.argv[1:]
    settings = SETTINGS.model_copy(update=json.loads(changes))
    train.Training(open_cache(Path(cache)), None, CONFIG, settings, Path(out)).run(lambda look: None)
