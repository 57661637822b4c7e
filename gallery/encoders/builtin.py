"""The `builtin` encoder: describe a photo as a vector without learned weights.

Four parts, each of unit length, side by side, after the descriptors of IM2GPS (Hays & Efros, CVPR 2008):
colours, texture, oriented energy (the gist of the scene; Oliva & Torralba, IJCV 2001) and a colour layout.
The same picture gives the same bytes on the same machine. docs/builtin-encoder.md says how good it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from PIL import Image

from sextant.base.arrays import Ints, SmallComplexes, SmallFloats
from sextant.gallery.encoders.spec import Prepare, normalise

VERSION = 2


# Share of each part in the squared length; chosen with bench/encoder/accuracy.py (see docs/builtin-encoder.md).
WEIGHTS = {"colours": 0.35, "texture": 0.53, "energy": 0.10, "layout": 0.02}

COLOUR_SIDE = 128  # pixels of the square on which colours and energy are measured
TEXTURE_SIZE = (256, 192)  # width, height of the picture on which texture is measured
GRID = 4  # cells per side of the pooled layouts

# Bins narrow around grey, where most of the world's colours lie: CIE L*, then a* and b* alike.
LIGHTNESS_EDGES = np.array([25, 50, 75], dtype=np.float32)
CHROMA_EDGES = np.array([-30, -15, -8, -3, 3, 8, 15, 30], dtype=np.float32)
COLOUR_BANDS = 2  # upper and lower half: skies are not ground
COLOUR_POWER = 1 / 3
COLOUR_BINS = (len(LIGHTNESS_EDGES) + 1) * (len(CHROMA_EDGES) + 1) ** 2

TEXTURE_BANDS = 4
TEXTURE_BINS = 59  # 58 uniform patterns and one for the rest (Ojala et al., PAMI 2002)
TEXTURE_POWER = 1 / 2  # cosine becomes the Bhattacharyya coefficient of the two histograms
TEXTURE_CONTRAST = 2  # grey levels a neighbour must stand out by; below is sensor noise

ORIENTATIONS = (8, 8, 8, 6)  # per scale, fine to coarse
FINEST_CYCLES = 0.3  # cycles per pixel at the centre of the finest filters
SCALE_STEP = 1.85
ENERGY_MARGIN = 16  # mirrored pixels around the picture, so that opposite edges do not meet in the Fourier domain
STOPPED = 1e-10  # gain of a filter that changes no digit of a response
ENERGY_FLOOR = 0.003  # energy, of a grey range of 1, that counts as none

DIMENSION = (
    COLOUR_BANDS * COLOUR_BINS + TEXTURE_BANDS * TEXTURE_BINS + sum(ORIENTATIONS) * GRID * GRID + 3 * GRID * GRID
)


class BuiltinEncoder:
    """The descriptor that needs no weights: all its work happens in ``prepare``, one picture at a time."""

    spec = "builtin"

    def __init__(self) -> None:
        self.fingerprint = f"builtin-{VERSION}"
        self.dimension = DIMENSION
        self.prepare: Prepare = describe_image

    def encode_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        if not prepared:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return normalise(np.stack(prepared))

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        return self.encode_prepared([self.prepare(image) for image in images])


def describe_image(image: Image.Image) -> SmallFloats:
    """Compute the descriptor of a photo, for comparison by cosine.

    Args:
        image: any size from 1 × 1 and any mode that converts to RGB; orientation already applied.

    Returns:
        (DIMENSION,) float32 of length 1.
    """
    parts = describe_parts(image)
    vector = np.concatenate([np.sqrt(WEIGHTS[name]) * part for name, part in parts.items()])
    return _normalise(vector)


def describe_parts(image: Image.Image) -> dict[str, SmallFloats]:
    """Compute the parts under the names of WEIGHTS, each (n,) float32 of length 1, or 0 where a picture lacks it."""
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    square = rgb.resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BOX)
    lab = convert_to_lab(square)
    grey = np.asarray(square.convert("L"), dtype=np.float32) / np.float32(255)
    fine_grey = rgb.resize(TEXTURE_SIZE, Image.Resampling.BICUBIC, reducing_gap=2.0).convert("L")
    parts = {
        "colours": _count_colours(lab),
        "texture": _count_patterns(np.asarray(fine_grey, dtype=np.int16)),
        "energy": _measure_energy(grey),
        "layout": _average_cells(lab),
    }
    return {name: _normalise(part) for name, part in parts.items()}


def convert_to_lab(rgb: Image.Image) -> SmallFloats:
    """Convert an sRGB picture to CIE L*a*b* (D65), (height, width, 3); IEC 61966-2-1 and CIE 15."""
    linear = _load_linear_light()[np.asarray(rgb)]
    relative = np.stack([linear @ row for row in _RGB_TO_XYZ])
    x, y, z = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


# Rows give X, Y and Z relative to the D65 white, so that white is (1, 1, 1).
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    dtype=np.float32,
) / np.array([[0.95047], [1.0], [1.08883]], dtype=np.float32)


def _count_colours(lab: SmallFloats) -> SmallFloats:
    """Return how often each colour occurs, in the upper and the lower half.

    The root lets a small patch of a rare colour (a yellow line, red earth) speak beside a large sky.
    """
    side = len(CHROMA_EDGES) + 1
    planes = np.ascontiguousarray(np.moveaxis(lab, -1, 0))
    lightness, red, yellow = map(_find_bins, planes, (LIGHTNESS_EDGES, CHROMA_EDGES, CHROMA_EDGES))
    return _count_in_bands((lightness * side + red) * side + yellow, COLOUR_BANDS, COLOUR_BINS) ** COLOUR_POWER


def _find_bins(values: SmallFloats, edges: SmallFloats) -> NDArray[np.int64]:
    """Return what ``np.digitize`` does, which takes five times as long for so few edges."""
    passed = np.zeros(values.shape, dtype=np.uint8)
    for edge in edges:
        passed += values >= edge
    return passed.astype(np.int64)


def _count_patterns(grey: NDArray[np.int16]) -> SmallFloats:
    """Return how often each uniform local binary pattern occurs, in bands from top to bottom."""
    height, width = grey.shape
    threshold = grey[1:-1, 1:-1] + TEXTURE_CONTRAST
    pattern = np.zeros(threshold.shape, dtype=np.uint8)
    ring = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
    for bit, (down, right) in enumerate(ring):
        neighbour = grey[1 + down : height - 1 + down, 1 + right : width - 1 + right]
        pattern |= (neighbour > threshold).view(np.uint8) << np.uint8(bit)
    shares = _count_in_bands(_load_uniform_patterns()[pattern], TEXTURE_BANDS, TEXTURE_BINS)
    return shares**TEXTURE_POWER


def _measure_energy(grey: SmallFloats) -> SmallFloats:
    """Log energy of each filter in each cell, centred within a scale: contrast and blur of the lens fall out."""
    # The widest filters let a little of frequency zero through; subtracting the mean removes it.
    padded = np.pad(grey - grey.mean(), ENERGY_MARGIN, mode="symmetric")
    columns = np.ascontiguousarray(scipy.fft.fft2(padded).T)
    energies = [np.log(_pool(_filter(columns, scale)) + ENERGY_FLOOR) for scale in _make_scales()]
    return np.concatenate([(energy - energy.mean()).transpose(0, 2, 1).ravel() for energy in energies])


def _filter(columns: SmallComplexes, scale: "_Scale") -> SmallFloats:
    """Return the magnitude of the filters' responses without the margin, columns first: (filters, width, height).

    Half the work of ``ifft2`` of the whole: columns that a filter stops are zero, and rows of the margin are not
    transformed. The descriptors of 800 photos differ by at most 1e-7 from those of whole transforms.

    Args:
        columns: (side, side), the spectrum with its second axis first.
        scale: the filters of one scale.
    """
    side, inner = len(columns), slice(ENERGY_MARGIN, -ENERGY_MARGIN)
    passed = scipy.fft.ifft(columns[scale.column] * scale.gain, norm="forward", overwrite_x=True)[:, inner]
    rows = np.zeros((scale.filters, side, COLOUR_SIDE), dtype=np.complex64)
    rows[scale.filter, scale.column] = passed
    responses: SmallComplexes = scipy.fft.ifft(rows, axis=1, norm="forward", overwrite_x=True)[:, inner]
    return np.abs(responses)


def _average_cells(lab: SmallFloats) -> SmallFloats:
    """Return the mean colour of each cell, seen from a middle grey: a tiny image."""
    cell = COLOUR_SIDE // GRID
    cells = lab.reshape(GRID, cell, GRID, cell, 3).mean(axis=(1, 3), dtype=np.float32)
    layout: SmallFloats = (cells - np.array([50, 0, 0], dtype=np.float32)).ravel()
    return layout


def _pool(planes: SmallFloats) -> SmallFloats:
    """Return (n, COLOUR_SIDE, COLOUR_SIDE) averaged to (n, GRID, GRID)."""
    share = _make_cell_shares()
    cells: SmallFloats = share.T @ (planes @ share)
    return cells


@cache
def _make_cell_shares() -> SmallFloats:
    """Return what each pixel of a row adds to the mean of each cell, (COLOUR_SIDE, GRID)."""
    cell = COLOUR_SIDE // GRID
    return np.kron(np.eye(GRID), np.full((cell, 1), 1 / cell)).astype(np.float32)


def _count_in_bands(bins: NDArray[np.int64], bands: int, size: int) -> SmallFloats:
    """Share of each bin in each of the bands from top to bottom, (bands * size,)."""
    counts = [np.bincount(band.ravel(), minlength=size) / band.size for band in np.array_split(bins, bands)]
    shares: SmallFloats = np.concatenate(counts).astype(np.float32)
    return shares


def _normalise(vector: SmallFloats) -> SmallFloats:
    """Scale the vector to length 1; zero stays zero."""
    length = np.sqrt(np.sum(np.square(vector, dtype=np.float64)))
    # A flat picture leaves rounding dust where its energy is constant; dust must not be blown up to a part.
    return (vector / length).astype(np.float32) if length > 1e-4 else np.zeros_like(vector, dtype=np.float32)


@cache
def _load_linear_light() -> SmallFloats:
    """Return linear light by sRGB byte, (256,)."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def _load_uniform_patterns() -> NDArray[np.int64]:
    """Return the bin of each 8-bit pattern, (256,): its own if at most two bits change on the ring, else the last."""
    bins = np.full(256, TEXTURE_BINS - 1)
    ring = (np.arange(256)[:, None] >> np.arange(8)) & 1
    uniform = (ring != np.roll(ring, 1, axis=1)).sum(axis=1) <= 2
    bins[uniform] = np.arange(uniform.sum())
    return bins


@dataclass(frozen=True)
class _Scale:
    """The filters of one scale, without the columns of the spectrum that they stop.

    `filter` and `column` (n,) say which filter passes which column; `gain` (n, side) says how much of it, divided by
    the number of frequencies.
    """

    filters: int
    filter: Ints
    column: Ints
    gain: SmallFloats


@cache
def _make_scales() -> tuple[_Scale, ...]:
    """Sort the filters by scale."""
    bank = _make_filters(COLOUR_SIDE + 2 * ENERGY_MARGIN).transpose(0, 2, 1)
    scales = np.split(bank, np.cumsum(ORIENTATIONS)[:-1])
    passed = [np.nonzero((filters > STOPPED).any(axis=2)) for filters in scales]
    return tuple(
        _Scale(len(filters), number, column, filters[number, column] / np.float32(bank[0].size))
        for filters, (number, column) in zip(scales, passed, strict=True)
    )


def _make_filters(side: int) -> SmallFloats:
    """Make Gabor-like transfer functions (Oliva & Torralba), (filters, side, side); one-sided: magnitude is energy."""
    frequency = np.fft.fftfreq(side)
    down, right = np.meshgrid(frequency, frequency, indexing="ij")
    radius, angle = np.hypot(right, down), np.arctan2(down, right)
    bank = []
    for scale, orientations in enumerate(ORIENTATIONS):
        centre = FINEST_CYCLES / SCALE_STEP**scale
        for step in range(orientations):
            turn = np.angle(np.exp(1j * (angle - np.pi * step / orientations)))
            bank.append(np.exp(-3.5 * (radius / centre - 1) ** 2 - np.pi * (orientations * turn / 4) ** 2))
    return np.array(bank, dtype=np.float32)
