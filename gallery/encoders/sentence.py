"""The ``st:NAME_OR_PATH`` encoder: SigLIP, SigLIP2 and CLIP checkpoints through sentence-transformers.

On a GPU the weights are bfloat16 (float16 where the GPU lacks it), else float32. A gallery's encoder spec and
fingerprint hold the precision, so every machine that searches the gallery encodes in the precision it was built in;
``st:NAME@fp32``, ``@bf16`` and ``@fp16`` choose one.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.base.errors import WrongUse, format_error
from sextant.base.packages import require_package
from sextant.gallery.encoders.spec import BATCH, EncoderError, normalise

PRECISIONS = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_GPU_BATCH = 256  # halved as often as the GPU's memory asks for it
_HASHED = 4096
_LONGEST_SHORT_SIDE = 768  # larger pictures are halved before they travel between processes; models take 224 to 512


class ReducedPicture:
    """An RGB picture as (height, width, 3) uint8 with a short side of at most 768 pixels."""

    def __call__(self, image: Image.Image) -> NDArray[np.uint8]:
        factor = _LONGEST_SHORT_SIDE / min(image.size)
        if factor < 1:
            size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
            image = image.resize(size, Image.Resampling.LANCZOS)
        return np.asarray(image)


class SentenceEncoder:
    """A sentence-transformers model with an image side, on the GPU when there is one."""

    def __init__(self, name: str) -> None:
        name, precision = split_precision(name)
        self._model = _load(name, precision)
        where = Path(name).resolve() if Path(name).exists() else name
        self.spec = f"st:{where}" if precision == "fp32" else f"st:{where}@{precision}"
        self.batch = BATCH if self._model.device.type == "cpu" else _GPU_BATCH
        self.prepare = ReducedPicture()
        self.fingerprint = _compute_fingerprint(self._model)
        self._text_length = _read_text_length(self._model)
        self.dimension = int(self._encode([Image.new("RGB", (64, 64), "grey")]).shape[1])

    def encode_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        if not prepared:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return normalise(self.raw_prepared(prepared))

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        return self.encode_prepared([self.prepare(image) for image in images])

    def raw_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        """Encode prepared pictures to (n, dimension) vectors of the tower's own length."""
        return self._encode([Image.fromarray(np.asarray(picture, dtype=np.uint8)) for picture in prepared])

    def raw_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts to (n, dimension) vectors, not normalised; the tokenizer cuts longer texts.

        Always padded to the tower's full length: SigLIP reads its last position, whatever stands there, and was
        trained that way; padded to the longest of a batch, a text's vector would depend on its neighbours.
        """
        vectors = self._model.encode(
            list(texts),
            batch_size=self.batch,
            show_progress_bar=False,
            convert_to_numpy=True,
            processing_kwargs={"text": {"padding": "max_length", "truncation": True, "max_length": self._text_length}},
        )
        return np.asarray(vectors, dtype=np.float32)

    def _encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Encode pictures in batches that fit the memory.

        Raises:
            EncoderError: not even one picture fits.
        """
        from torch import OutOfMemoryError
        from torch.cuda import empty_cache

        while True:
            try:
                vectors = self._model.encode(
                    list(images), batch_size=self.batch, show_progress_bar=False, convert_to_numpy=True
                )
                return np.asarray(vectors, dtype=np.float32)
            except OutOfMemoryError as error:
                if self.batch == 1:
                    raise EncoderError(
                        f"encoder {self.spec!r} needs more memory than the GPU has free; end other programs on it, "
                        "or hide it: CUDA_VISIBLE_DEVICES= sextant …"
                    ) from error
            self.batch //= 2
            empty_cache()


def split_precision(name: str) -> tuple[str, str]:
    """Split ``NAME@bf16`` into the name and the precision; without one, the precision is that of this machine."""
    head, mark, precision = name.rpartition("@")
    if mark and precision in PRECISIONS:
        return head, precision
    require_package("torch", "encoder 'st:'", "st")
    from torch import cuda

    if not cuda.is_available():
        return name, "fp32"
    return name, "bf16" if cuda.is_bf16_supported(including_emulation=False) else "fp16"


def _load(name: str, precision: str) -> Any:
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    require_package("sentence_transformers", "encoder 'st:'", "st")
    import torch
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(name, model_kwargs={"dtype": getattr(torch, PRECISIONS[precision])})
    except Exception as error:
        reason = format_error(error)
        raise WrongUse(
            f"encoder 'st:{name}' cannot be loaded: {reason}; give a model folder or its hub name"
        ) from error
    if "image" not in getattr(model, "modalities", ["text"]):
        raise WrongUse(f"encoder 'st:{name}' does not encode pictures; use a SigLIP, SigLIP2 or CLIP checkpoint")
    return model


def _read_text_length(model: Any) -> int:
    """Return how many tokens the text tower takes: 77 for CLIP, 64 for SigLIP."""
    config = model[0].auto_model.config
    return int(getattr(config, "text_config", config).max_position_embeddings)


def _compute_fingerprint(model: Any) -> str:
    """Hash of the weights and of the image processor's settings.

    Of each tensor 4,096 values spread evenly are hashed: any training changes some, and a model of a billion weights
    is told apart in a moment rather than in half a minute at every start.
    """
    digest = hashlib.sha256()
    for key, value in sorted(model.state_dict().items()):
        digest.update(f"{key}{tuple(value.shape)}{value.dtype}".encode())
        flat = value.detach().reshape(-1)
        digest.update(flat[:: max(1, len(flat) // _HASHED)].cpu().float().numpy().tobytes())
    processor = getattr(model[0], "processor", None)
    images = getattr(processor, "image_processor", processor)
    if images is not None and hasattr(images, "to_dict"):
        digest.update(json.dumps(images.to_dict(), sort_keys=True, default=str).encode())
    return digest.hexdigest()[:16]
