"""Read raw photos (DNG, CR2, NEF, ARW and others): find the largest embedded preview, or develop them.

TIFF tags: TIFF 6.0 and the DNG specification 1.7. Raw files that are not TIFF, and those without a usable preview,
are developed by LibRaw where the extra ``raw`` is installed.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from PIL import Image

_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _OFFSETS, _COUNTS = 256, 257, 259, 262, 273, 279
_SUB_IFDS, _JPEG_OFFSET, _JPEG_LENGTH, _DNG_VERSION = 330, 513, 514, 50706
_JPEG = {6, 7}
_CFA, _LINEAR_RAW = 32803, 34892
_MAX_IFDS = 64  # a hostile file may chain directories for ever
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 13: 4}  # bytes of BYTE, ASCII, SHORT, LONG, IFD
# A preview at least half as wide as the sensor shows what there is to see.
_GOOD_SHARE = 0.5
_OTHER_RAW = {
    b"FUJIFILMCCD-RAW": "Fujifilm RAF",
    b"IIU\0": "Panasonic RW2",
    b"IIRO": "Olympus ORF",
    b"MMOR": "Olympus ORF",
}


@dataclass(frozen=True)
class RawPhoto:
    """A raw file: the pictures it carries as (offset, length) of JPEG streams, and the sensor's size in pixels."""

    kind: str
    width: int = 0
    height: int = 0
    previews: tuple[tuple[int, int], ...] = ()


@dataclass
class _Found:
    raw: bool = False
    width: int = 0
    height: int = 0
    previews: list[tuple[int, int]] = field(default_factory=list)


def recognise_raw(content: bytes) -> RawPhoto | None:
    """Recognise a raw file by its content; None for every other file."""
    for beginning, kind in _OTHER_RAW.items():
        if content.startswith(beginning):
            return RawPhoto(kind)
    if content[4:12] == b"ftypcrx ":
        return RawPhoto("Canon CR3")
    if content[:4] not in (b"II*\0", b"MM\0*"):
        return None
    found = _Found(raw=content[8:10] == b"CR")
    try:
        for entries in _read_directories(content):
            _look(entries, found)
    except (struct.error, IndexError, OverflowError):
        pass  # cut off: what was found before counts
    return RawPhoto("raw", found.width, found.height, tuple(found.previews)) if found.raw else None


def _look(entries: dict[int, list[int]], found: _Found) -> None:
    first = {tag: values[0] for tag, values in entries.items() if values}
    sensor = first.get(_PHOTOMETRIC) in (_CFA, _LINEAR_RAW)
    found.raw |= sensor or _DNG_VERSION in entries
    if first.get(_WIDTH, 0) * first.get(_HEIGHT, 0) > found.width * found.height:
        found.width, found.height = first[_WIDTH], first[_HEIGHT]
    if _JPEG_OFFSET in first and _JPEG_LENGTH in first:
        found.previews.append((first[_JPEG_OFFSET], first[_JPEG_LENGTH]))
    elif not sensor and first.get(_COMPRESSION) in _JPEG and len(entries.get(_OFFSETS, ())) == 1:
        found.previews.append((first[_OFFSETS], first.get(_COUNTS, 0)))


def _read_directories(content: bytes) -> Iterator[dict[int, list[int]]]:
    """Yield the integer entries of every image directory, the chained ones and those below them."""
    order = "<" if content[:2] == b"II" else ">"
    waiting = [struct.unpack_from(f"{order}I", content, 4)[0]]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_IFDS:
        offset = waiting.pop(0)
        if offset in seen or offset == 0:
            continue
        seen.add(offset)
        (count,) = struct.unpack_from(f"{order}H", content, offset)
        entries = {}
        for index in range(count):
            tag, values = _read_entry(content, order, offset + 2 + 12 * index)
            entries[tag] = values
        waiting += entries.get(_SUB_IFDS, [])
        waiting.append(struct.unpack_from(f"{order}I", content, offset + 2 + 12 * count)[0])
        yield entries


def _read_entry(content: bytes, order: str, at: int) -> tuple[int, list[int]]:
    tag, kind, count = struct.unpack_from(f"{order}HHI", content, at)
    size = _SIZES.get(kind)
    if size is None or count > 4096:
        return tag, []
    place = at + 8 if size * count <= 4 else struct.unpack_from(f"{order}I", content, at + 8)[0]
    if place + size * count > len(content):
        return tag, []  # the file is cut off before this value
    letter = {1: "B", 2: "H", 4: "I"}[size]
    return tag, list(struct.unpack_from(f"{order}{count}{letter}", content, place))


def look_at_raw(content: bytes, raw: RawPhoto, thumbnail: Image.Image | None) -> tuple[Image.Image | None, str]:
    """Return the best picture of a raw file and a note on it; None where there is none without LibRaw.

    ``thumbnail`` is what the file shows as an ordinary TIFF, or None.
    """
    best = thumbnail
    for offset, length in raw.previews:
        preview = _find_preview(content[offset : offset + length])
        if preview is not None and (best is None or preview.width * preview.height > best.width * best.height):
            best = preview
    if best is not None and max(best.size) >= _GOOD_SHARE * max(raw.width, raw.height):
        return best, f"raw photo: its embedded {best.width} x {best.height} preview was used"
    if find_spec("rawpy") is not None:
        developed = _develop(content)
        if developed is not None:
            return developed, "raw photo: developed by LibRaw"
    if best is None:
        return None, ""
    return best, (
        f"raw photo: only its {best.width} x {best.height} preview was used; "
        "pip install 'sextant-geo[raw]' develops the whole picture"
    )


def suggest_way_out() -> str:
    """Say what to do with a raw file of which no picture could be had."""
    if find_spec("rawpy") is not None:
        return "LibRaw cannot develop it; export it as JPEG"
    return "install 'sextant-geo[raw]' to read it, or export it as JPEG"


def _find_preview(stream: bytes) -> Image.Image | None:
    try:
        picture = Image.open(io.BytesIO(stream), formats=("JPEG",))
        picture.load()
    except Exception:  # lossless JPEG of the sensor's values, or a broken preview
        return None
    return picture


def _develop(content: bytes) -> Image.Image | None:
    rawpy: Any = __import__("rawpy")
    try:
        with rawpy.imread(io.BytesIO(content)) as opened:
            return Image.fromarray(opened.postprocess(use_camera_wb=True, user_flip=0))
    except rawpy.LibRawError:
        return None
