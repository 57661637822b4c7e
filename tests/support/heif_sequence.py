"""Image sequences (.heics, .avifs): pictures coded as the samples of a track (ISO/IEC 23008-12, clause 7)."""

import io
import struct
from collections.abc import Sequence

import pillow_heif
from PIL import Image

_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_QUARTER_TURN = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
_CODES = {"HEIF": (b"hvc1", b"hvcC", b"hevc"), "AVIF": (b"av01", b"av1C", b"avis")}


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def coded(picture: Image.Image, kind: str) -> tuple[bytes, bytes]:
    """Code a picture whose sides are multiples of 64; return the decoder's configuration box and the coded bytes."""
    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    still = buffer.getvalue()
    at = still.index(_CODES[kind][1]) - 4
    configuration = still[at : at + struct.unpack_from(">I", still, at)[0]]
    data = still.index(b"mdat") + 4
    return configuration, still[data:]


def sequence(
    pictures: Sequence[Image.Image],
    kind: str = "HEIF",
    brand: bytes | None = None,
    moov_first: bool = False,
    handler: bytes = b"pict",
    meta: bytes = b"",
    turned: bool = False,
) -> bytes:
    """Return an image sequence of these pictures: a track and no still picture, unless ``meta`` holds one.

    ``turned`` asks for a quarter turn with the clock when it is shown.
    """
    entry, _, own = _CODES[kind]
    samples = [coded(picture, kind) for picture in pictures]
    head = box(b"ftyp", brand or own, bytes(4), b"msf1", own, b"iso8") + meta
    data = box(b"mdat", *(content for _, content in samples))
    sizes = [len(content) for _, content in samples]
    if not moov_first:
        return head + data + _moov(pictures[0].size, entry, samples[0][0], sizes, len(head) + 8, handler, turned)
    length = len(_moov(pictures[0].size, entry, samples[0][0], sizes, 0, handler, turned))
    return head + _moov(pictures[0].size, entry, samples[0][0], sizes, len(head) + length + 8, handler, turned) + data


def _moov(
    size: tuple[int, int],
    entry: bytes,
    configuration: bytes,
    sizes: list[int],
    offset: int,
    handler: bytes,
    turned: bool,
) -> bytes:
    width, height = size
    count = len(sizes)
    times = struct.pack(">IIII", 0, 0, 1000, 100 * count)
    visual = struct.pack(">6xH16xHHIIIH32sHh", 1, width, height, 0x480000, 0x480000, 0, 1, b"", 24, -1)
    table = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), box(entry, visual, configuration, full(b"ccst", struct.pack(">I", 0)))),
        full(b"stts", struct.pack(">III", 1, count, 100)),
        full(b"stsc", struct.pack(">IIII", 1, 1, count, 1)),
        full(b"stsz", struct.pack(">II", 0, count), struct.pack(f">{count}I", *sizes)),
        full(b"stco", struct.pack(">II", 1, offset)),
    )
    return box(
        b"moov",
        full(b"mvhd", times, struct.pack(">IH10x", 0x10000, 0x100), _UNITY, bytes(24), struct.pack(">I", 2)),
        box(
            b"trak",
            full(
                b"tkhd",
                struct.pack(">IIIII8xhhhH", 0, 0, 1, 0, 100 * count, 0, 0, 0, 0),
                _QUARTER_TURN if turned else _UNITY,
                struct.pack(">II", width << 16, height << 16),
                flags=3,
            ),
            box(
                b"mdia",
                full(b"mdhd", times, struct.pack(">HH", 0x55C4, 0)),
                full(b"hdlr", bytes(4), handler, bytes(12), b"\0"),
                box(
                    b"minf",
                    full(b"vmhd", bytes(8), flags=1),
                    box(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1))),
                    table,
                ),
            ),
        ),
    )
