"""Sextant: find where a photo was taken."""

from importlib.metadata import version
from typing import Any

__all__ = ["__version__"]


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that ``import sextant`` stays fast (PEP 562).

    Raises:
        AttributeError: the package has no such public name.
    """
    if name == "__version__":
        return version("sextant-geo")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
