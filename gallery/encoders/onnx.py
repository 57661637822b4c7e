"""The ``onnx:PATH`` encoder: an image tower in an ONNX file, run by onnxruntime.

Its preprocessing stands in ``PATH`` with the suffix ``.json`` beside the file, for example::

    {"size": 224, "resize": "crop", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "output": "embedding"}

or after a question mark in the spec, which counts more: ``onnx:PATH?size=336&mean=0.5,0.5,0.5&std=0.5,0.5,0.5``.

Without either the values above hold (ImageNet's mean and deviation; the short side scaled to size × 256 / 224,
then the middle cut out), the picture size is the model's own where the file states it, and the output is the one
named ``embedding``, else the last.

A build runs a light model where its photos are decoded, a picture at a time by one thread: no core waits for another,
and a vector is handed over in place of a picture. Each decode process holds the model then, so heavy ones, and any on
a GPU, are run by the build itself, in batches on all cores.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sextant.base.errors import WrongUse, format_error
from sextant.gallery.encoders.spec import EncoderError, Prepare, normalise

Triple = tuple[float, float, float]
_LIGHT_BYTES = 128 * 1024**2  # of weights that each decode process may hold: a ResNet-50 has 98 MB
_WEIGHTS_ELSEWHERE = b"\x0a\x08location"  # key of a tensor's external_data in the protobuf of ONNX


class Preprocessing(BaseModel):
    """How a picture becomes the model's input: square ``size`` in pixels, then (value / 255 - mean) / std."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int | None = Field(default=None, ge=8, le=2048)
    resize: Literal["crop", "squash"] = "crop"
    mean: Triple = (0.485, 0.456, 0.406)
    std: Triple = (0.229, 0.224, 0.225)
    output: str | None = None


@dataclass(frozen=True)
class SquarePicture:
    """An RGB picture as (3, size, size) uint8: small to hand between processes, scaled by the encoder later."""

    size: int
    resize: Literal["crop", "squash"]

    def __call__(self, image: Image.Image) -> NDArray[np.uint8]:
        if self.resize == "squash":
            square = image.resize((self.size, self.size), Image.Resampling.BICUBIC)
        else:
            side = min(image.size) * 224 / 256  # the customary central crop of ImageNet models
            left, top = (image.width - side) / 2, (image.height - side) / 2
            box = (left, top, left + side, top + side)
            square = image.resize((self.size, self.size), Image.Resampling.BILINEAR, box=box)
        planes = b"".join(square.tobytes("raw", band) for band in "RGB")
        return np.frombuffer(planes, np.uint8).reshape(3, self.size, self.size)


@dataclass(frozen=True)
class OnnxTower:
    """A model file with what is to be known to run it; small to pickle."""

    path: Path
    size: int
    input: str
    output: str
    mean: Triple
    std: Triple

    def run(self, session: Any, squares: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        """Encode (3, size, size) pictures of 0 to 255 to (n, dimension) vectors, not normalised.

        Raises:
            EncoderError: the model cannot be run.
        """
        mean = np.array(self.mean, dtype=np.float32).reshape(3, 1, 1) * 255
        scale = 1 / (np.array(self.std, dtype=np.float32).reshape(3, 1, 1) * 255)
        pictures = np.empty((len(squares), 3, self.size, self.size), dtype=np.float32)
        for picture, square in zip(pictures, squares, strict=True):  # one at a time stays in the cache
            np.subtract(square, mean, out=picture, dtype=np.float32, casting="unsafe")
            picture *= scale
        try:
            output: NDArray[np.float32] = session.run([self.output], {self.input: pictures})[0]
        except Exception as error:  # onnxruntime has a type for every cause
            raise EncoderError(
                f"encoder {str(self.path)!r} fails: {format_error(error)}; see docs/gallery.md"
            ) from error
        return output.reshape(len(pictures), -1)


@dataclass(frozen=True)
class EncodedPicture:
    """A picture's vector of a light model, before it is normalised: (dimension,)."""

    square: SquarePicture
    tower: OnnxTower

    def __call__(self, image: Image.Image) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.tower.run(_open_single_threaded(self.tower.path), [self.square(image)])[0]
        return vector


class OnnxEncoder:
    """An ONNX image tower with pictures as (n, 3, size, size) float input, named as after ``onnx:`` in a spec."""

    def __init__(self, name: str) -> None:
        file, _, options = name.partition("?")
        path = Path(file)
        if not path.is_file():
            raise WrongUse(f"encoder file {str(path)!r} does not exist; check the path after 'onnx:'")
        self.spec = f"onnx:{path.resolve()}" + (f"?{options}" if options else "")
        settings = _read_preprocessing(path, options)
        self._session = _open_session(path, int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))
        wanted = self._session.get_inputs()[0]
        stated = wanted.shape[2] if len(wanted.shape) == 4 and isinstance(wanted.shape[2], int) else None
        size = settings.size or stated or 224
        output = _choose_output(self._session, settings.output, path)
        self._square = SquarePicture(size, settings.resize)
        self._tower = OnnxTower(path.resolve(), size, wanted.name, output, settings.mean, settings.std)
        self.dimension = self._probe()
        content = path.read_bytes()
        self.fingerprint = _compute_fingerprint(content, settings.model_copy(update={"size": size, "output": output}))
        on_gpu = self._session.get_providers()[0] != "CPUExecutionProvider"
        self._light = not on_gpu and len(content) <= _LIGHT_BYTES and _WEIGHTS_ELSEWHERE not in content
        self.prepare: Prepare = EncodedPicture(self._square, self._tower) if self._light else self._square

    def encode_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        if not prepared:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return normalise(np.stack(prepared) if self._light else self._tower.run(self._session, prepared))

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        if not images:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return normalise(self._tower.run(self._session, [self._square(image) for image in images]))

    def _probe(self) -> int:
        """Find the vector's length by encoding one grey picture: an unusable file fails here."""
        grey = np.full((3, self._tower.size, self._tower.size), 128, dtype=np.uint8)
        try:
            return int(self._tower.run(self._session, [grey]).shape[1])
        except EncoderError as error:
            reason = format_error(error.__cause__ or error)
            raise WrongUse(
                f"encoder {str(self._tower.path)!r} does not accept a picture: {reason}; see docs/gallery.md"
            ) from error


def _compute_fingerprint(content: bytes, settings: Preprocessing) -> str:
    digest = hashlib.sha256(content)
    digest.update(settings.model_dump_json().encode())
    return digest.hexdigest()[:16]


def _read_preprocessing(path: Path, options: str) -> Preprocessing:
    """Merge the preprocessing of the file beside the model with what the spec states itself."""
    beside = path.with_suffix(".json")
    try:
        stated: dict[str, object] = json.loads(beside.read_bytes()) if beside.is_file() else {}
        for name, value in parse_qsl(options):
            stated[name] = value.split(",") if name in ("mean", "std") else value
        return Preprocessing.model_validate(stated)
    except json.JSONDecodeError as error:
        raise WrongUse(f"preprocessing {str(beside)!r} is not JSON: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WrongUse(f"preprocessing of {str(path)!r} is wrong at {where}: {first['msg']}") from error


@cache
def _open_single_threaded(path: Path) -> Any:
    try:
        return _open_session(path, 1)
    except WrongUse as error:  # the build's own process could open it: it has gone since
        raise EncoderError(str(error)) from error


def _open_session(path: Path, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise WrongUse("encoder 'onnx:' needs onnxruntime; install it with: pip install 'sextant-geo[onnx]'") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # decode processes need the cores
    options.intra_op_num_threads = threads
    available = onnxruntime.get_available_providers()
    providers = [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in available]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:
        raise WrongUse(f"encoder {str(path)!r} is not an ONNX model: {format_error(error)}") from error


def _choose_output(session: Any, wanted: str | None, path: Path) -> str:
    names: list[str] = [output.name for output in session.get_outputs()]
    if wanted is None:
        return "embedding" if "embedding" in names else names[-1]
    if wanted not in names:
        raise WrongUse(f"encoder {str(path)!r} has no output {wanted!r}; it has {', '.join(names)}")
    return wanted
