"""A GoPro metadata track (GPMF) in a clip, made by hand after GoPro's published format: no camera's file is at hand.

KLV: a key of four letters, a type letter, the size of one element, how many there are, and the values, padded to four
bytes (github.com/gopro/gpmf-parser, README). In an MP4 it is a track of handler ``meta`` and sample format ``gpmd``.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCALE = (10_000_000, 10_000_000, 1_000, 1_000, 100)  # of latitude, longitude, altitude, speed on the ground, in 3D
_TIMESCALE = 1_000


@dataclass(frozen=True)
class Second:
    """What the receiver says in one second: time as ``yymmddhhmmss.sss``, places in degrees, 0 no fix, 3 a fix."""

    time: str
    places: Sequence[tuple[float, float]]
    fix: int = 3


def append_gpmf(clip: Path, seconds: Sequence[Second]) -> None:
    """Append a track with a sample for each second to an MP4 whose ``moov`` is its last box."""
    content = clip.read_bytes()
    at = content.rindex(b"moov") - 4
    moov = content[at:]
    assert struct.unpack(">I", moov[:4])[0] == len(moov), "moov is not the last box"
    samples = [make_sample(second) for second in seconds]
    grown = _box(b"moov", moov[8:] + _make_track([len(one) for one in samples], 0))
    begin = at + len(grown) + 8
    grown = _box(b"moov", moov[8:] + _make_track([len(one) for one in samples], begin))
    clip.write_bytes(content[:at] + grown + _box(b"mdat", b"".join(samples)))


def make_sample(second: Second) -> bytes:
    """Make the GPMF of one second: a device with one stream of GPS5."""
    rows = [
        struct.pack(">5i", *(round(value * by) for value, by in zip((*place, 10, 1, 1), SCALE, strict=True)))
        for place in second.places
    ]
    stream = (
        _klv(b"STNM", b"c", 1, b"GPS (Lat., Long., Alt., 2D speed, 3D speed)")
        + _klv(b"GPSF", b"L", 4, struct.pack(">I", second.fix))
        + _klv(b"GPSU", b"U", 16, second.time.encode())
        + _klv(b"GPSP", b"S", 2, struct.pack(">H", 150))
        + _klv(b"SCAL", b"l", 4, struct.pack(">5i", *SCALE))
        + _klv(b"GPS5", b"l", 20, b"".join(rows))
    )
    device = _klv(b"DVID", b"L", 4, struct.pack(">I", 1)) + _klv(b"DVNM", b"c", 1, b"Camera")
    return _nest(b"DEVC", device + _nest(b"STRM", stream))


def _klv(key: bytes, kind: bytes, size: int, values: bytes) -> bytes:
    return key + kind + struct.pack(">BH", size, len(values) // size) + values + b"\0" * (-len(values) % 4)


def _nest(key: bytes, inside: bytes) -> bytes:
    return key + b"\0" + struct.pack(">BH", 1, len(inside)) + inside


def _box(kind: bytes, inside: bytes) -> bytes:
    return struct.pack(">I", 8 + len(inside)) + kind + inside


def _full(kind: bytes, inside: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags) + inside)


def _make_track(sizes: Sequence[int], begin: int) -> bytes:
    """Make the track's box; its samples lie one after the other from ``begin``, a second each."""
    count = len(sizes)
    length, matrix = count * _TIMESCALE, struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    header = _full(b"tkhd", struct.pack(">5I", 0, 0, 9, 0, length) + b"\0" * 16 + matrix + b"\0" * 8, 3)
    media = _full(b"mdhd", struct.pack(">4IHH", 0, 0, _TIMESCALE, length, 0x55C4, 0))
    handler = _full(b"hdlr", b"mhlrmeta" + b"\0" * 12 + b"\x0bGoPro MET  ")
    data = _box(b"dinf", _full(b"dref", struct.pack(">I", 1) + _full(b"url ", b"", 1)))
    table = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1) + _box(b"gpmd", b"\0" * 6 + struct.pack(">HI", 1, 0)))
        + _full(b"stts", struct.pack(">3I", 1, count, _TIMESCALE))
        + _full(b"stsc", struct.pack(">4I", 1, 1, count, 1))
        + _full(b"stsz", struct.pack(f">2I{count}I", 0, count, *sizes))
        + _full(b"stco", struct.pack(">2I", 1, begin)),
    )
    info = _box(b"minf", _box(b"gmhd", _full(b"gmin", b"\0" * 12)) + data + table)
    return _box(b"trak", header + _box(b"mdia", media + handler + info))
