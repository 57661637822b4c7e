"""Photo decoding: in this process, or in a sandboxed process when untrusted users upload photos."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sextant.gallery.photos.open import OpenedPhoto, open_photo

Opener = Callable[[str | Path | bytes], OpenedPhoto]

_openers: list[Opener] = [open_photo]


def open_run_photo(photo: str | Path | bytes) -> OpenedPhoto:
    """Open a photo with the opener that this process uses.

    Raises:
        PhotoError: as ``sextant.gallery.photos.open.open_photo``.
    """
    return _openers[-1](photo)


@contextmanager
def use_opener(opener: Opener) -> Iterator[None]:
    """Open every photo of every run in this process by ``opener``, until the end of the block."""
    _openers.append(opener)
    try:
        yield
    finally:
        _openers.remove(opener)
