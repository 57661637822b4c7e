"""The interface of encoders: pictures to L2-normalised vectors, named by a spec, identified by a fingerprint."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.base.errors import SextantError

BATCH = 32  # photos encoded together, where an encoder has no ``batch`` of its own


class EncoderError(SextantError):
    """The encoder itself fails, whatever the photo: a build ends with it rather than list every photo as broken."""


class Prepare(Protocol):
    """One picture made ready for the encoder, or encoded already. Pickled, so that decode processes can run it."""

    def __call__(self, image: Image.Image) -> NDArray[np.generic]: ...


class Encoder(Protocol):
    """``encode(images)`` equals ``encode_prepared([prepare(image) for image in images])``."""

    spec: str
    fingerprint: str  # of weights and preprocessing: equal fingerprints give comparable vectors
    dimension: int

    @property
    def prepare(self) -> Prepare: ...

    def encode_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        """Encode prepared pictures to (n, dimension) L2-normalised vectors."""
        ...

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Encode RGB pictures to (n, dimension) L2-normalised vectors."""
        ...


def choose_batch(encoder: Encoder) -> int:
    """Choose how many photos to hand an encoder at once: its ``batch`` if it has one."""
    return int(getattr(encoder, "batch", BATCH))


def normalise(vectors: NDArray[np.generic]) -> NDArray[np.float32]:
    """Scale rows to length one; a zero or non-finite row stays zero."""
    rows = np.asarray(vectors, dtype=np.float32)
    if not np.isfinite(rows).all():
        rows = np.nan_to_num(rows, posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit: NDArray[np.float32] = rows / np.maximum(lengths, np.float32(1e-12))
    return unit
