"""TIFFs of scanners and science that Pillow cannot open: half, double and float colours, 16-bit grey with alpha.

They are read by tifffile, which the extra ``raw`` installs. TIFF tags: TIFF 6.0.
"""

import io
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from PIL import Image

INSTALL = "pip install 'sextant-geo[raw]' reads more kinds of TIFF"
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_DEPTHS = (8, 10, 12, 14, 16)  # bits a sample
_ORDERS = {"YX": "YX", "YXS": "YXS", "SYX": "YXS"}  # samples of a pixel stand together, or each in a plane of its own


def can_open() -> bool:
    """Return whether tifffile is installed."""
    return find_spec("tifffile") is not None


def read_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height of the first picture in pixels; None where the file is not such a TIFF."""
    import tifffile

    try:
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            page = file.pages.first
            readable = page.axes in _ORDERS and int(page.photometric) in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB)
            return (page.imagewidth, page.imagelength) if readable else None
    except Exception:  # hostile files raise anything
        return None


def read_samples(content: bytes) -> NDArray[np.float64]:
    """Read the first picture as (height, width) greys or (height, width, 3) colours, any range; alpha over white.

    Raises:
        Exception: the file is cut off, broken, or compressed in a way that tifffile cannot read by itself.
    """
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page = file.pages.first
        values = np.asarray(page.asarray())
        axes, photometric = page.axes, int(page.photometric)
    white = _find_white(values)
    samples = np.moveaxis(values, 0, -1) if axes == "SYX" else values
    samples = np.nan_to_num(samples.astype(np.float64), posinf=0.0, neginf=0.0)
    if samples.ndim == 2:
        return white - samples if photometric == _WHITE_IS_ZERO else samples
    colours = 3 if photometric == _RGB else 1
    picture, alpha = samples[..., :colours], samples[..., colours : colours + 1]
    if alpha.size:
        share = np.clip(alpha / white, 0.0, 1.0)
        picture = picture * share + white * (1 - share)
    return picture[..., 0] if colours == 1 else picture


def _find_white(values: NDArray[np.generic]) -> float:
    """Return the sample that is white: 1 for floats; integers of 10, 12 and 14 bits are stored in 16."""
    if values.dtype.kind == "f":
        return 1.0
    stored = 8 * values.dtype.itemsize - (values.dtype.kind == "i")
    highest = int(values.max())
    return float(2 ** next((bits for bits in _DEPTHS if highest < 2**bits), stored) - 1)


def make_picture(eight_bit: NDArray[np.uint8], content: bytes) -> Image.Image:
    """Return the picture with its file's own metadata: a TIFF's directory is its EXIF."""
    picture = Image.fromarray(eight_bit)
    picture.format = "TIFF"
    picture.info["exif"] = content
    return picture
