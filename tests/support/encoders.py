"""An encoder for tests: colours of a 4 × 4 thumbnail, as fast as an encoder can be."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.gallery.encoders.spec import normalise


def thumbnail(image: Image.Image) -> NDArray[np.float32]:
    small = np.asarray(image.resize((4, 4), Image.Resampling.BOX), dtype=np.float32).reshape(-1)
    return small - 127.5


class ThumbnailEncoder:
    """Counts what it encodes."""

    spec = "thumbnail"
    fingerprint = "thumbnail-1"
    dimension = 48
    prepare = staticmethod(thumbnail)

    def __init__(self) -> None:
        self.encoded = 0

    def encode_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        self.encoded += len(prepared)
        return normalise(np.stack(prepared)) if len(prepared) else np.zeros((0, 48), dtype=np.float32)

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        return self.encode_prepared([self.prepare(image) for image in images])
