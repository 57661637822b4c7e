"""What a file states of its position, byte for byte: read without Sextant and without exiftool."""

import re
import struct
from dataclasses import dataclass
from fractions import Fraction

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8, 11: 4, 12: 8}
_FORMATS = {1: "B", 3: "H", 4: "I", 5: "II", 7: "B", 9: "i", 10: "ii", 11: "f", 12: "d"}
_GPS_IFD = 0x8825
_XMP = rb'GPS%s(?:="|>)([^<"]*)'
Value = bytes | list[tuple[float, ...]]


@dataclass(frozen=True)
class Stated:
    """The GPS tags of the EXIF block, and latitude and longitude as XMP words them."""

    gps: dict[int, Value]
    xmp: tuple[str, str] | None

    def parts(self) -> list[list[tuple[float, ...]]]:
        """Return the numbers of latitude and longitude that are not texts; a fraction is a pair."""
        return [value for tag in (2, 4) if isinstance(value := self.gps.get(tag), list)]

    def values(self) -> list[list[Fraction | None]]:
        """Return the same as numbers, None where one divides by zero."""
        return [[_quotient(part) for part in parts] for parts in self.parts()]

    def text(self, tag: int) -> str:
        """Return a tag's text with its blanks, without what follows its NUL."""
        value = self.gps.get(tag, b"")
        return value.partition(b"\0")[0].decode("latin-1") if isinstance(value, bytes) else ""


def stated_in(content: bytes) -> Stated:
    """Find the GPS directory and the XMP position of a file, whatever its format."""
    words = [re.search(_XMP % name, content) for name in (b"Latitude", b"Longitude")]
    xmp = tuple(found[1].decode().replace("&quot;", '"') for found in words if found)
    for found in re.finditer(rb"II\*\0|MM\0\*", content):
        block, order = content[found.start() :], "<" if found[0][:1] == b"I" else ">"
        pointer = _directory(block, order, struct.unpack_from(order + "I", block, 4)[0]).get(_GPS_IFD)
        if isinstance(pointer, list):
            return Stated(_directory(block, order, int(pointer[0][0])), (xmp[0], xmp[1]) if len(xmp) == 2 else None)
    return Stated({}, (xmp[0], xmp[1]) if len(xmp) == 2 else None)


def _directory(block: bytes, order: str, at: int) -> dict[int, Value]:
    """Read one TIFF directory; values that lie outside the block are left out."""
    found: dict[int, Value] = {}
    if at + 2 > len(block):
        return found
    for entry in range(at + 2, at + 2 + 12 * struct.unpack_from(order + "H", block, at)[0], 12):
        if entry + 12 > len(block):
            break
        tag, kind, count = struct.unpack_from(order + "HHI", block, entry)
        size = _SIZES.get(kind, 1) * count
        start = entry + 8 if size <= 4 else struct.unpack_from(order + "I", block, entry + 8)[0]
        value = block[start : start + size]
        if len(value) < size:
            continue
        found[tag] = value if kind == 2 else list(struct.iter_unpack(order + _FORMATS[kind], value))
    return found


def _quotient(part: tuple[float, ...]) -> Fraction | None:
    if len(part) == 1:
        return Fraction(part[0])
    return Fraction(int(part[0]), int(part[1])) if part[1] else None
