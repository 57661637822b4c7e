"""One of several processes that share each batch: ``shared_batch.py CACHE OUT``, run by test_train.py."""

import sys
from pathlib import Path

import torch

from gallery.alignment import location, train
from gallery.alignment.cache import open_cache
from tests.gallery.alignment.conftest import CONFIG, NARROW, SETTINGS

if __name__ == "__main__":
    torch.set_num_threads(1)
    location.HIDDEN = NARROW
    cache, out = map(Path, sys.argv[1:])
    train.Training(open_cache(cache), None, CONFIG, SETTINGS, out).run(lambda look: None)
