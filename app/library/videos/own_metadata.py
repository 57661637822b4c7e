"""What a clip states of itself: position, time and camera, from its container or, where exiftool is, from its track."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from PIL import Image

from sextant.app.library.videos.gps_track import TrackPoint, TrackUnread, find_point, read_gps_track

_ISO_6709 = re.compile(r"([+-]\d{2}(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)")
_PLACES = ("com.apple.quicktime.location.ISO6709", "location", "location-eng")
_TIMES = ("com.apple.quicktime.creationdate", "creation_time")


@dataclass(frozen=True)
class ClipMetadata:
    """Position in degrees, the time at which the clip begins, and the camera; None where unknown.

    ``track`` is read where the container states no position; its times, which are of the receiver, count before the
    container's, which GoPro writes as local time marked as UTC.
    """

    position: tuple[float, float] | None = None
    begins: datetime | None = None
    make: str | None = None
    model: str | None = None
    track: tuple[TrackPoint, ...] = ()
    problem: str | None = None
    """Why a track was not read."""

    def find_position(self, seconds: float) -> tuple[float, float] | None:
        """Return where the camera was at a time of the clip."""
        if self.position is not None:
            return self.position
        point = find_point(self.track, seconds)
        return (point.latitude, point.longitude) if point else None

    def find_time(self, seconds: float) -> datetime | None:
        """Return when a moment of the clip was."""
        known = next((point for point in self.track if point.time is not None and point.seconds is not None), None)
        if known is not None and known.time is not None and known.seconds is not None:
            return known.time + timedelta(seconds=seconds - known.seconds)
        return self.begins + timedelta(seconds=seconds) if self.begins is not None else None

    def make_exif(self, seconds: float) -> Image.Exif:
        """Make the EXIF of the frame at a time, so that it is read as any photo's is."""
        exif = Image.Exif()
        for tag, text in ((0x010F, self.make), (0x0110, self.model)):
            if text:
                exif[tag] = text
        taken = self.find_time(seconds)
        if taken is not None:
            own: dict[int, Any] = {0x9003: taken.strftime("%Y:%m:%d %H:%M:%S")}
            if taken.utcoffset() is not None:
                own[0x9011] = f"{taken:%z}"[:3] + ":" + f"{taken:%z}"[3:5]
            exif.get_ifd(0x8769).update(own)
        position = self.find_position(seconds)
        if position is not None:
            latitude, longitude = position
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
    if found.position:
        return found
    try:
        return replace(found, track=tuple(read_gps_track(path)))
    except TrackUnread as error:
        return replace(found, problem=str(error))


def read_iso_6709(text: str | None) -> tuple[float, float] | None:
    """Read ``+38.7139-009.1394+012.3/``; None for what is not a position, and for 0, 0."""
    found = _ISO_6709.match(text or "")
    if not found:
        return None
    place = float(found[1]), float(found[2])
    return place if abs(place[0]) <= 90 and abs(place[1]) <= 180 and place != (0.0, 0.0) else None


def _read_time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _make_parts(degrees: float) -> tuple[float, float, float]:
    """Return degrees, minutes and seconds, as EXIF holds them."""
    minutes = abs(degrees) % 1 * 60
    return float(int(abs(degrees))), float(int(minutes)), round(minutes % 1 * 60, 4)
