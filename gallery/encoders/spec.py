"""Encoders: pictures in, L2-normalised vectors out. Named by a spec; told apart by a fingerprint."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.base.errors import SextantError, WrongUse

SPECS = "builtin, onnx:PATH, st:NAME_OR_PATH or aligned:PATH"


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
        """Prepared pictures to (n, dimension) L2-normalised vectors."""
        ...

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """RGB pictures to (n, dimension) L2-normalised vectors."""
        ...


class BuiltinEncoder:
    """The descriptor that needs no weights: all its work happens in ``prepare``, one picture at a time."""

    spec = "builtin"

    def __init__(self) -> None:
        from sextant.gallery.encoders.builtin import DIMENSION, VERSION, describe_image

        self.fingerprint = f"builtin-{VERSION}"
        self.dimension = DIMENSION
        self.prepare: Prepare = describe_image

    def encode_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        if not prepared:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return normalised(np.stack(prepared))

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        return self.encode_prepared([self.prepare(image) for image in images])


def load_encoder(spec: str) -> Encoder:
    """The encoder that a spec names; its packages are imported here, not before.

    Raises:
        WrongUse: an unknown spec, a file that is not there or not an encoder, or a missing extra.
    """
    kind, _, name = spec.partition(":")
    if spec == "builtin":
        return BuiltinEncoder()
    if not name or kind not in ("onnx", "st", "aligned"):
        raise WrongUse(f"encoder {spec!r} is not known; use {SPECS}")
    if kind == "onnx":
        from sextant.gallery.encoders.onnx import OnnxEncoder

        return OnnxEncoder(name)
    if kind == "st":
        from sextant.gallery.encoders.sentence import SentenceEncoder

        return SentenceEncoder(name)
    from sextant.gallery.alignment.model.encoder import load_aligned

    aligned: Encoder = load_aligned(name)
    return aligned


def normalised(vectors: NDArray[np.generic]) -> NDArray[np.float32]:
    """Rows at length one; a zero or non-finite row stays zero."""
    rows = np.nan_to_num(np.asarray(vectors, dtype=np.float32), posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit: NDArray[np.float32] = rows / np.maximum(lengths, np.float32(1e-12))
    return unit
