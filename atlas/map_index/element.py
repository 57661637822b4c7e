"""One thing of a map, its shape, and how the shape is stored."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sextant.base.arrays import Floats
from sextant.base.errors import SextantError

MICRODEGREES = 1_000_000


class MapError(SextantError):
    """A map index cannot be made, read or searched."""


class Form(StrEnum):
    """How a thing is drawn on the map."""

    POINT = "point"
    LINE = "line"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Element:
    """A thing of the map.

    Attributes:
        name: empty where it has none.
        names: other names of it.
        kinds: what it is, ``key=value`` as OpenStreetMap has it, the most telling first.
        tags: further tags that are shown.
        latitude: degrees, of a point that stands for it.
        longitude: degrees.
        form: of ``parts``.
        parts: each (n, 2) positions in degrees: one point, one line, or the outer rings of an area.
        address: street and house number, empty where it has none.
        prominence: 0 to 100, how well known it is.
    """

    name: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    tags: dict[str, str]
    latitude: float
    longitude: float
    form: Form
    parts: tuple[Floats, ...]
    address: str = ""
    prominence: int = 0


def pack_parts(parts: tuple[Floats, ...]) -> bytes:
    """Store lines or rings as 32-bit integers: how many, their lengths, their positions in millionths of a degree."""
    head = np.array([len(parts), *(len(part) for part in parts)], dtype=np.int32)
    body = [np.round(part * MICRODEGREES).astype(np.int32).ravel() for part in parts]
    return np.concatenate([head, *body]).tobytes()


def unpack_parts(stored: bytes) -> list[Floats]:
    """Return the lines or rings that `pack_parts` stored, each (n, 2) in degrees."""
    numbers = np.frombuffer(stored, dtype=np.int32)
    count = int(numbers[0])
    lengths = numbers[1 : count + 1]
    positions = numbers[count + 1 :].reshape(-1, 2) / MICRODEGREES
    return [np.asarray(part) for part in np.split(positions, np.cumsum(lengths)[:-1])]


def glue(key: str) -> str:
    """Return the key of a name without spaces: "Rheinpark Stadion" and "Rheinparkstadion" are one."""
    return key.replace(" ", "")
