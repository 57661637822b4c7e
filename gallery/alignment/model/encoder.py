"""The encoder ``aligned:DIR``: a trained alignment over its backbone, for galleries and queries alike.

``aligned:DIR`` is G3's concatenation of all parts; ``aligned:DIR#gps`` (or ``#image``, ``#text``) is one of them.
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model.aligned_model import Alignment
from sextant.gallery.alignment.model.backbone import Backbone, load_backbone
from sextant.gallery.alignment.model.config import AlignmentError, Part
from sextant.gallery.alignment.model.weights import StoredAlignment, load_alignment
from sextant.gallery.encoders.spec import Prepare


class AlignedEncoder:
    """Implements ``sextant.gallery.encoders.spec.Encoder``; ``parts`` says what stands side by side in its vectors."""

    def __init__(
        self, folder: Path, alignment: Alignment, stored: StoredAlignment, backbone: Backbone, parts: tuple[Part, ...]
    ) -> None:
        self.folder, self.alignment, self.stored, self.backbone, self.parts = folder, alignment, stored, backbone, parts
        suffix = f"#{parts[0]}" if parts != stored.config.parts else ""
        self.spec = f"aligned:{folder.resolve()}{suffix}"
        identity = f"{stored.sha256} {backbone.fingerprint} {' '.join(parts)}"
        self.fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self.dimension = stored.config.dimension(parts)
        self.prepare: Prepare = backbone.encoder.prepare
        self.grids: dict[float, torch.Tensor] = {}  # encoded world grids by step (``heatmap``)

    @cached_property
    def whole(self) -> "AlignedEncoder":
        """The encoder of all parts of this alignment."""
        return AlignedEncoder(self.folder, self.alignment, self.stored, self.backbone, self.stored.config.parts)

    def encode_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        """Encode prepared pictures to (n, dimension) unit vectors."""
        if not len(prepared):
            return np.zeros((0, self.dimension), dtype=np.float32)
        with torch.no_grad():
            features = torch.from_numpy(np.ascontiguousarray(self.backbone.images(prepared)))
            return self.alignment.embed(features.to(self.alignment.gps_scale.device), self.parts).cpu().numpy()

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Encode RGB pictures to (n, dimension) unit vectors."""
        return self.encode_prepared([self.prepare(image) for image in images])

    def gps_part(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the image↔GPS part of this encoder's vectors, at length one.

        Args:
            embeddings: (..., dimension).

        Returns:
            (..., space).

        Raises:
            WrongUse: this encoder's vectors have no such part.
        """
        if "gps" not in self.parts:
            raise WrongUse(f"encoder {self.spec!r} has no GPS part; use aligned:{self.folder} or its #gps")
        if embeddings.shape[-1] != self.dimension:
            raise WrongUse(
                f"a vector of {embeddings.shape[-1]} numbers is not from {self.spec!r}, which makes {self.dimension}; "
                "encode the photo with that encoder"
            )
        start = self.stored.config.dimension(self.parts[: self.parts.index("gps")])
        part = embeddings[..., start : start + self.stored.config.space]
        return np.asarray(part / np.maximum(np.linalg.norm(part, axis=-1, keepdims=True), 1e-12), dtype=np.float32)


def load_aligned(path: str) -> AlignedEncoder:
    """Load ``DIR`` or ``DIR#part`` with the backbone it names.

    Raises:
        AlignmentError: no alignment there, or damaged.
        WrongUse: a part it has not, or a backbone that is not the one it was trained on.
    """
    folder, part = _split(path)
    alignment, stored = load_alignment(folder)
    parts = stored.config.parts
    if part is not None and part not in parts:
        raise WrongUse(f"alignment {str(folder)!r} has no part {part!r}; it has {', '.join(parts)}")
    backbone = load_backbone(stored.config.backbone)
    _refuse_other_backbone(folder, stored, backbone)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return AlignedEncoder(folder, alignment.to(device), stored, backbone, (part,) if part else parts)


def _split(path: str) -> tuple[Path, Part | None]:
    folder, mark, part = path.rpartition("#")
    if mark and not Path(path).exists():
        for known in ("image", "text", "gps"):
            if part == known:
                return Path(folder), known
        raise WrongUse(f"part {part!r} of {folder!r} is not known; use #image, #text, #gps or none for all")
    return Path(path), None


def _refuse_other_backbone(folder: Path, stored: StoredAlignment, backbone: Backbone) -> None:
    config = stored.config
    if config.backbone_fingerprint not in (None, backbone.fingerprint):
        raise WrongUse(
            f"alignment {str(folder)!r} was trained on {config.backbone!r} with fingerprint "
            f"{config.backbone_fingerprint}; its fingerprint is now {backbone.fingerprint}. Restore those weights, "
            "or train again"
        )
    if (config.image_dimension, config.features) != (backbone.dimension, backbone.features):
        raise AlignmentError(
            f"alignment {str(folder)!r} was trained on {config.image_dimension} {config.features} features, "
            f"{config.backbone!r} gives {backbone.dimension} {backbone.features}; import it again with its own backbone"
        )
