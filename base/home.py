"""The one folder that holds everything a person keeps: runs, blobs, checkpoints, galleries."""

import os
from pathlib import Path

import platformdirs


def home_folder(given: str | None = None) -> Path:
    """``given``, else ``SEXTANT_HOME``, else the platform's data folder for applications."""
    chosen = given or os.environ.get("SEXTANT_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("sextant", appauthor=False))
