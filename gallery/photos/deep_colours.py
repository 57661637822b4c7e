"""Colours of 10, 12 and 14 bits that are stored in 16: Pillow keeps the upper byte alone, which is nearly black."""

import sys
from typing import Any

import numpy as np
from PIL import Image

_DEPTHS = (10, 12, 14)  # bits a sample
_NATIVE = "L" if sys.byteorder == "little" else "B"
_RAWMODES = {f"{mode};16{order}" for mode in ("RGB", "RGBA", "RGBX") for order in "BLN"}


def has_deep_colours(stored: Image.Image) -> bool:
    """Tell whether a picture that is not yet decoded has colours of 16 bits."""
    tiles = getattr(stored, "tile", ())
    return bool(tiles) and all(_read_rawmode(tile) in _RAWMODES for tile in tiles)


def is_dark(upper: Image.Image) -> bool:
    """Tell whether no colour has its two highest bits set, as with samples of 14 bits and fewer."""
    return max(int(upper.getchannel(band).getextrema()[1]) for band in range(3)) <= 63  # type: ignore[arg-type]


def scale_colours(upper: Image.Image, again: Image.Image) -> Image.Image:
    """Join the upper bytes with the lower ones of the same picture and scale them by the depth they use.

    ``again`` is the picture opened once more and not yet decoded: told the other byte order, Pillow keeps the lower
    byte of each sample.
    """
    again.tile = [_swap_order(tile) for tile in again.tile]  # type: ignore[attr-defined]
    again.load()
    colours = np.asarray(upper, np.uint16)[..., :3] << 8 | np.asarray(again, np.uint16)[..., :3]
    depth = next((bits for bits in _DEPTHS if int(colours.max()) < 2**bits), 16)
    return Image.fromarray((colours >> (depth - 8)).astype(np.uint8))


def _read_rawmode(tile: Any) -> str:
    arguments = tile[3]
    mode = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return mode if isinstance(mode, str) else ""


def _swap_order(tile: Any) -> Any:
    codec, extents, offset, arguments = tile
    mode = _read_rawmode(tile)
    order = _NATIVE if mode[-1] == "N" else mode[-1]
    other = mode[:-1] + ("B" if order == "L" else "L")
    return type(tile)(codec, extents, offset, (other, *arguments[1:]) if isinstance(arguments, tuple) else other)
