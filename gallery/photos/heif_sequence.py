"""Image sequences (.heics): a file whose pictures are the samples of a track, without a still picture beside them.

libheif's Python binding opens still pictures only. So the first sample is wrapped as one: the coded bytes stay as they
are. Boxes: ISO/IEC 14496-12 (ISO base media file format) and 23008-12 (HEIF).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_PICTURES = (b"pict", b"vide")
_CODECS = {b"hvc1": b"heic", b"hev1": b"heic", b"av01": b"avif"}  # sample entry → brand of a still
_KEPT = (b"hvcC", b"av1C", b"colr", b"pasp")  # what a sample entry and a still have in common
_ENTRY_HEAD = 78  # bytes of a visual sample entry before its boxes
_MAX_BOXES = 10_000
# The first two rows of a track's matrix → quarter turns against the clock that a still states in its irot box.
_TURNS = {(1, 0, 0, 1): 0, (0, 1, -1, 0): 3, (-1, 0, 0, -1): 2, (0, -1, 1, 0): 1}


@dataclass(frozen=True)
class _Sample:
    codec: bytes
    width: int
    height: int
    turns: int
    boxes: bytes
    """The decoder's configuration, and colours."""
    coded: bytes


def take_first_picture(content: bytes) -> bytes | None:
    """Return the first picture of an image sequence as a HEIF or AVIF still.

    None where the file is something else, has a still picture of its own (which says what to look at), or is broken.
    """
    if content[4:8] != b"ftyp":
        return None
    try:
        top = dict(_list_boxes(content))
        if _has_primary(top.get(b"meta", b"")) or b"moov" not in top:
            return None
        sample = next(_find_samples(top[b"moov"], content), None)
    except (struct.error, ValueError, IndexError):
        return None
    return None if sample is None else _write_still(sample)


def _list_boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each box; a last one that is cut off has what is there."""
    at = 0
    for _ in range(_MAX_BOXES):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        size = size or len(data) - at
        if size < head:
            raise ValueError("a box is smaller than its head")
        yield kind, data[at + head : at + size]
        at += size


def _has_primary(meta: bytes) -> bool:
    return any(kind == b"pitm" for kind, _ in _list_boxes(meta[4:]))


def _find_samples(moov: bytes, content: bytes) -> Iterator[_Sample]:
    for kind, track in _list_boxes(moov):
        found = dict(_list_inner(track)) if kind == b"trak" else {}
        if found.get(b"hdlr", b"")[8:12] in _PICTURES and (sample := _read_first_sample(found, content)):
            yield sample


def _list_inner(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes of a track, those of its containers too."""
    for kind, inner in _list_boxes(data):
        yield kind, inner
        if kind in _CONTAINERS:
            yield from _list_inner(inner)


def _read_first_sample(track: dict[bytes, bytes], content: bytes) -> _Sample | None:
    codec, entry = next(_list_boxes(track[b"stsd"][8:]), (b"", b""))
    if codec not in _CODECS or not {b"stsz", b"tkhd"} <= track.keys():
        return None
    each, count = struct.unpack_from(">II", track[b"stsz"], 4)
    size = each or struct.unpack_from(">I", track[b"stsz"], 12)[0]
    if b"co64" in track:
        offset = struct.unpack_from(">Q", track[b"co64"], 8)[0]
    else:
        offset = struct.unpack_from(">I", track.get(b"stco", b""), 8)[0]
    coded = content[offset : offset + size]
    if not count or len(coded) < size:
        return None
    width, height = struct.unpack_from(">HH", entry, 24)
    boxes = b"".join(_write_box(kind, inner) for kind, inner in _list_boxes(entry[_ENTRY_HEAD:]) if kind in _KEPT)
    return _Sample(codec, width, height, _read_turns(track[b"tkhd"]), boxes, coded)


def _read_turns(track_header: bytes) -> int:
    """Read the quarter turns of a track's matrix (16.16 numbers, 44 bytes before the end)."""
    matrix = struct.unpack(">9i", track_header[-44:-8])
    return _TURNS.get((matrix[0] >> 16, matrix[1] >> 16, matrix[3] >> 16, matrix[4] >> 16), 0)


def _write_still(sample: _Sample) -> bytes:
    """Write one coded picture as the primary item of a file."""
    brand = _CODECS[sample.codec]
    item = b"hvc1" if brand == b"heic" else b"av01"
    kept = [_write_box(kind, inner) for kind, inner in _list_boxes(sample.boxes)]
    properties = [*kept, _write_full(b"ispe", struct.pack(">II", sample.width, sample.height))]
    if sample.turns:
        properties.append(_write_box(b"irot", bytes([sample.turns])))
    essential = (b"hvcC", b"av1C", b"irot")
    linked = bytes(number | (0x80 if one[4:8] in essential else 0) for number, one in enumerate(properties, start=1))
    head = _write_box(b"ftyp", brand + bytes(4) + b"mif1" + brand)

    def meta(offset: int) -> bytes:
        return _write_full(
            b"meta",
            _write_full(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + _write_full(b"pitm", struct.pack(">H", 1))
            + _write_full(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, offset, len(sample.coded)))
            + _write_full(
                b"iinf", struct.pack(">H", 1) + _write_full(b"infe", struct.pack(">HH", 1, 0) + item + b"\0", version=2)
            )
            + _write_box(
                b"iprp",
                _write_box(b"ipco", b"".join(properties))
                + _write_full(b"ipma", struct.pack(">IHB", 1, 1, len(linked)) + linked),
            ),
        )

    return head + meta(len(head) + len(meta(0)) + 8) + _write_box(b"mdat", sample.coded)


def _write_box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _write_full(kind: bytes, content: bytes, version: int = 0) -> bytes:
    return _write_box(kind, bytes([version, 0, 0, 0]) + content)
