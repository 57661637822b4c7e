"""Thumbnails of a library's photos, made from the picture that was shown to the model."""

import io
from pathlib import Path

from PIL import Image

from sextant.base.files import write_atomic

SIDE = 128  # pixels of the longer side: about 3 kB, so that a page of 2,000 photos is under 20 MB
_QUALITY = 60


def make_thumbnail(shown: bytes) -> bytes:
    """Make a small JPEG of a JPEG."""
    picture = Image.open(io.BytesIO(shown))
    picture.draft("RGB", (SIDE, SIDE))
    picture.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def write_thumbnail(path: Path, shown: bytes) -> None:
    """Write the thumbnail of a picture.

    Raises:
        OSError: the disk does not take it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, make_thumbnail(shown), fsync=False)
