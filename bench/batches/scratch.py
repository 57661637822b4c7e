"""Folders of measurements, deleted when the program ends.

Where ext4 keeps no journal, as on many virtual machines, making a file passes over every inode that was freed within
the last minutes. A bench that deletes what it measured makes its next measurement slower: 43 to 61 ms a photo, over
nine loops of 150 photos.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path


def make_folder() -> Path:
    """Make an empty folder that stays until the program ends."""
    return Path(tempfile.mkdtemp(dir=_make_root()))


@cache
def _make_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="sextant-bench-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root
