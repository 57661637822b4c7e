"""The arguments of a call, as settings by their names."""

from os import fspath
from typing import Any

from sextant.app.api.gallery import Gallery
from sextant.app.api.photo_path import PhotoPath
from sextant.base.errors import WrongUse


def collect_options(
    model: str | None,
    gallery: PhotoPath | Gallery | None,
    preset: str | None,
    max_usd: float | None,
    home: PhotoPath | None,
    settings: dict[str, Any],
) -> dict[str, Any]:
    """Collect the settings of a call as the command line's options are collected: plain values by name."""
    named: dict[str, Any] = {"model": model, "preset": preset, "max_usd": max_usd}
    named["gallery"] = gallery.path if isinstance(gallery, Gallery) else gallery and fspath(gallery)
    named["home"] = home and fspath(home)
    return {**settings, **named}


def check_processes(processes: int | None) -> int | None:
    """Return a number of processes as given.

    Raises:
        WrongUse: it is below 1.
    """
    if processes is not None and processes < 1:
        raise WrongUse(f"processes={processes} is below 1; 1 uses this process alone")
    return processes
