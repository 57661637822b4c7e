"""Named arrays in one file that is memory-mapped: a line of JSON says where each lies, as numpy keeps it in memory."""

import json
import math
import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALIGNED = 64  # bytes: where the header ends and each array begins, a cache line of most processors
_LONGEST_HEADER = 1 << 16  # bytes


class DamagedFile(ValueError):
    """The file is not one of arrays, or not whole."""


@dataclass(frozen=True)
class Pieces:
    """An array that is written piece by piece, so that it need not be in memory whole."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    pieces: Iterable[NDArray[Any]]

    @classmethod
    def whole(cls, array: NDArray[Any]) -> "Pieces":
        return cls(array.dtype, array.shape, [array])

    @property
    def bytes(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape)


def write_arrays(path: Path, arrays: Mapping[str, Pieces]) -> None:
    """Write the arrays in their order.

    Raises:
        ValueError: pieces are not, in all, as many numbers as the shape says.
        OSError: the disk does not take them.
    """
    with path.open("wb") as file:
        file.write(_make_header(arrays))
        for name, array in arrays.items():
            written = 0
            for piece in array.pieces:
                written += file.write(np.ascontiguousarray(piece, dtype=array.dtype).reshape(-1).view(np.uint8).data)
            if written != array.bytes:
                raise ValueError(f"array {name!r} has {written} bytes, its shape {array.shape} says {array.bytes}")
            file.write(bytes(-written % _ALIGNED))


def map_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Map a file's arrays; they are read from the disk as they are used, and cannot be written to.

    Raises:
        FileNotFoundError: no such file.
        DamagedFile: it is not one of arrays, or is cut short.
    """
    with path.open("rb") as file:
        line = file.readline(_LONGEST_HEADER)
        described = _read_header(line, path)
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays, offset = {}, len(line)
    for name, dtype, shape in described:
        count = math.prod(shape)
        length = dtype.itemsize * count
        if offset + length > len(mapped):
            raise DamagedFile(f"{path} is cut short")
        arrays[name] = np.frombuffer(mapped, dtype, count, offset).reshape(shape) if count else np.empty(shape, dtype)
        offset += length + -length % _ALIGNED
    return arrays


def _read_header(line: bytes, path: Path) -> list[tuple[str, np.dtype[Any], tuple[int, ...]]]:
    """Return name, type and shape of each array."""
    try:
        return [(str(name), np.dtype(dtype), tuple(shape)) for name, dtype, shape in json.loads(line)["arrays"]]
    except (ValueError, KeyError, TypeError):
        raise DamagedFile(f"{path} is not a file of arrays") from None


def _make_header(arrays: Mapping[str, Pieces]) -> bytes:
    described = [(name, array.dtype.str, array.shape) for name, array in arrays.items()]
    line = json.dumps({"arrays": described}).encode()
    return line + b" " * (-(len(line) + 1) % _ALIGNED) + b"\n"
