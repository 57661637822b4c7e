"""The frozen backbone encoder: features of pictures, and of texts if it has a text tower."""

import math
from collections.abc import Sequence
from typing import Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from sextant.base.errors import WrongUse
from sextant.gallery.encoders.spec import Encoder
from sextant.gallery.encoders.unaligned import load_unaligned


class BackboneTower(Protocol):
    """What an encoder with a text side offers beyond ``Encoder`` (``sextant.gallery.encoders.sentence``)."""

    def raw_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        """Encode prepared pictures to (n, dimension) vectors of the tower's own length."""
        ...

    def raw_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts to (n, dimension) vectors of the length the tower gives them."""
        ...


class Backbone:
    """One frozen encoder.

    Attributes:
        features: ``raw`` where the encoder has towers that give unnormalised features (CLIP, SigLIP: what the
            published weights were trained on), else ``unit``: its unit vectors times √dimension, so that an
            adapter's inputs are about 1 in either case.
        text_dimension: None where it reads no text.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.spec, self.fingerprint = encoder.spec, encoder.fingerprint
        self.dimension = encoder.dimension
        self._tower = cast(BackboneTower, encoder) if hasattr(encoder, "raw_texts") else None
        self.features: Literal["raw", "unit"] = "raw" if self._tower else "unit"
        self.text_dimension = int(self.texts(["a place"]).shape[1]) if self._tower else None

    def images(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        """Encode prepared pictures (``encoder.prepare``) to (n, dimension) features."""
        if self._tower is not None:
            return self._tower.raw_prepared(prepared)
        return self.encoder.encode_prepared(prepared) * np.float32(math.sqrt(self.dimension))

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts to (n, text_dimension) features.

        Raises:
            WrongUse: the backbone reads no text.
        """
        if self._tower is None:
            raise WrongUse(
                f"backbone {self.spec!r} reads no text, so images cannot be aligned with place texts; "
                "use --spaces gps, or an st: backbone with image and text (CLIP, SigLIP)"
            )
        return self._tower.raw_texts(texts)


def load_backbone(spec: str) -> Backbone:
    """Load the backbone of an encoder spec.

    Raises:
        WrongUse: an unknown spec, a missing file, an interrupted download, or an aligned encoder.
    """
    if spec.startswith("aligned:"):
        raise WrongUse(f"backbone {spec!r} is itself an alignment; name its backbone encoder")
    return Backbone(load_unaligned(spec))
