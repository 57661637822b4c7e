"""Perceptual hash, by which near-duplicates are recognised."""

import numpy as np
from PIL import Image


def compute_perceptual_hash(image: Image.Image) -> str:
    """Return 64-bit pHash (DCT of a 32 × 32 thumbnail) as 16 hexadecimal digits; alike pictures differ in few bits.

    Bit for bit what imagehash (github.com/JohannesBuchner/imagehash) gives for the 128 × 128 thumbnail.
    """
    from scipy.fft import dct

    # A Lanczos filter over the whole of a large picture costs ten times more than a box to start with.
    small = image.convert("L").resize((128, 128), Image.Resampling.BOX).resize((32, 32), Image.Resampling.LANCZOS)
    lowest = dct(dct(np.asarray(small), axis=0)[:8], axis=1)[:, :8]
    in_order = np.sort(lowest, axis=None)
    median = (in_order[31] + in_order[32]) / 2
    return np.packbits(lowest > median).tobytes().hex()
