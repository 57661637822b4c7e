"""What a clip states of itself: position, time and camera, from its container or, where exiftool is, from its track."""

import re
import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from PIL import Image

from sextant.app.library.exif_writing import open_exiftool
from sextant.base.errors import MissingPackage
from sextant.base.packages import is_installed

_ISO_6709 = re.compile(r"([+-]\d{2}(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)")
_PLACES = ("com.apple.quicktime.location.ISO6709", "location", "location-eng")
_TIMES = ("com.apple.quicktime.creationdate", "creation_time")


@dataclass(frozen=True)
class ClipMetadata:
    """Position in degrees, the time at which the clip begins, and the camera; None where unknown."""

    position: tuple[float, float] | None = None
    begins: datetime | None = None
    make: str | None = None
    model: str | None = None

    def make_exif(self, seconds: float) -> Image.Exif:
        """Make the EXIF of the frame at a time, so that it is read as any photo's is."""
        exif = Image.Exif()
        for tag, text in ((0x010F, self.make), (0x0110, self.model)):
            if text:
                exif[tag] = text
        if self.begins is not None:
            taken = self.begins + timedelta(seconds=seconds)
            own: dict[int, Any] = {0x9003: taken.strftime("%Y:%m:%d %H:%M:%S")}
            if taken.utcoffset() is not None:
                own[0x9011] = f"{taken:%z}"[:3] + ":" + f"{taken:%z}"[3:5]
            exif.get_ifd(0x8769).update(own)
        if self.position is not None:
            latitude, longitude = self.position
            exif.get_ifd(0x8825).update(
                {1: "N" if latitude >= 0 else "S", 2: _make_parts(latitude)}
                | {3: "E" if longitude >= 0 else "W", 4: _make_parts(longitude)}
            )
        return exif


def read_clip_metadata(path: str) -> ClipMetadata:
    """Read what a clip states of itself.

    GoPro's GPMF and other tracks inside the file are read by exiftool, where it and the extra ``tag`` are installed.

    Raises:
        av.FFmpegError: the file cannot be opened.
    """
    import av

    with av.open(path) as clip:
        stated = {**(clip.streams.video[0].metadata if clip.streams.video else {}), **clip.metadata}
    begins = next((time for name in _TIMES if (time := _read_time(stated.get(name)))), None)
    found = ClipMetadata(
        next((place for name in _PLACES if (place := read_iso_6709(stated.get(name)))), None),
        begins,
        stated.get("com.apple.quicktime.make"),
        stated.get("com.apple.quicktime.model"),
    )
    return found if found.position else replace(found, position=_read_track_begin(path))


def read_iso_6709(text: str | None) -> tuple[float, float] | None:
    """Read ``+38.7139-009.1394+012.3/``; None for what is not a position, and for 0, 0."""
    found = _ISO_6709.match(text or "")
    if not found:
        return None
    place = float(found[1]), float(found[2])
    return place if abs(place[0]) <= 90 and abs(place[1]) <= 180 and place != (0.0, 0.0) else None


def _read_track_begin(path: str) -> tuple[float, float] | None:
    """Return the first position of a track inside the file."""
    if not is_installed("exiftool") or shutil.which("exiftool") is None:
        return None
    try:
        with open_exiftool() as tool:
            (found,) = tool.execute_json("-ee", "-GPSLatitude", "-GPSLongitude", path)
    except MissingPackage:
        raise
    except Exception:  # PyExifTool raises several types of its own; the frames are located without a position then
        return None
    place = (
        found.get("Composite:GPSLatitude", found.get("QuickTime:GPSLatitude")),
        found.get("Composite:GPSLongitude", found.get("QuickTime:GPSLongitude")),
    )
    if not all(isinstance(value, int | float) for value in place) or place == (0, 0):
        return None
    return float(place[0]), float(place[1])


def _read_time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _make_parts(degrees: float) -> tuple[float, float, float]:
    """Return degrees, minutes and seconds, as EXIF holds them."""
    minutes = abs(degrees) % 1 * 60
    return float(int(abs(degrees))), float(int(minutes)), round(minutes % 1 * 60, 4)
