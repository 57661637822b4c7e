"""Recognise photo files by their first bytes, not by their names."""

import errno
import re
import stat
from pathlib import Path

HEAD_BYTES = 32
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_AUDIO_BRANDS = {b"M4A ", b"M4B ", b"F4A "}
_UNREAD = {
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG 2000",
    b"8BPS": "Photoshop",
    b"%PDF": "PDF",
    b"v/1\x01": "OpenEXR",
    b"FOVb": "Sigma X3F",
    b"\0MRM": "Minolta MRW",
    b"AT&TFORM": "DjVu",
}
_PNM = re.compile(rb"P[2356]\s+(#|\d+\s)")
_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}  # bytes of the header behind the file's own
_RAW = (b"FUJIFILMCCD-RAW", b"IIU\0", b"IIRO", b"MMOR")


def is_photo(head: bytes) -> bool:
    """Tell whether a file that begins with ``head`` (``HEAD_BYTES`` bytes) is a photo that Sextant opens."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"GIF87a", b"GIF89a")):
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    if head.startswith(_RAW) or _PNM.match(head):
        return True
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return True
    return head[4:8] == b"ftyp" and (head[8:12] in _HEIF_BRANDS | _AVIF_BRANDS or head[8:11] == b"crx")


def is_video(head: bytes) -> bool:
    """Tell whether a file that begins with ``head`` is a video: MP4 and QuickTime, Matroska and WebM, AVI, MPEG."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return not is_photo(head) and head[8:12] not in _AUDIO_BRANDS
    if head.startswith((b"\x1aE\xdf\xa3", b"\0\0\x01\xba")):
        return True
    return head[:4] == b"RIFF" and head[8:12] == b"AVI "


def name_unread_format(head: bytes) -> str | None:
    """Name the picture format of a file that Sextant does not open; None where the file is not a picture."""
    return next((name for beginning, name in _UNREAD.items() if head.startswith(beginning)), None)


def read_head(path: Path) -> bytes:
    """Return a file's first bytes.

    Raises:
        OSError: the file cannot be read, or is a pipe or a device, which would make the reader wait.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a file", str(path))
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)
