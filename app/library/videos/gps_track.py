"""The track of positions that a camera writes into a clip (GoPro's GPMF and others), read by exiftool."""

import os
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sextant.app.library.exif_writing import open_exiftool
from sextant.base.errors import SextantError, format_error
from sextant.base.packages import is_installed

MOST_GAP_S = 30.0  # between a frame and the point of the track that it is given
_NO_FIX = ("0", "1")  # GPSMeasureMode: 2 and 3 are a fix in two and three dimensions
_TAGS = ("GPSLatitude", "GPSLongitude", "GPSDateTime", "GPSMeasureMode", "SampleTime")


class TrackUnread(SextantError):
    """A clip whose track exiftool cannot read."""


@dataclass(frozen=True)
class TrackPoint:
    """Where the camera was, in degrees; ``seconds`` into the clip, and the time in UTC, None where it says none."""

    latitude: float
    longitude: float
    seconds: float | None = None
    time: datetime | None = None


def read_gps_track(path: str) -> list[TrackPoint]:
    """Read the points with a fix, in the clip's order; none where exiftool or the extra ``tag`` is not installed.

    Raises:
        TrackUnread: exiftool fails.
    """
    if not is_installed("exiftool") or shutil.which("exiftool") is None:
        return []
    if "\n" in path:
        raise TrackUnread(f"the track of {path!r} cannot be read (exiftool takes no line break in a name)")
    import exiftool

    try:
        with open_exiftool() as tool:
            # -ee reads the samples inside the file, -a keeps all, -G3 says which sample each value is of.
            (found,) = tool.execute_json("-ee", "-a", "-G3", *(f"-{tag}" for tag in _TAGS), os.fsencode(path))
    except exiftool.exceptions.ExifToolExecuteError:
        return []  # a format that exiftool does not know has no track that it could read
    except (exiftool.exceptions.ExifToolException, OSError, ValueError) as error:
        raise TrackUnread(f"the track of {path!r} cannot be read ({format_error(error)})") from error
    samples: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, value in found.items():
        sample, _, tag = name.partition(":")
        if sample.startswith("Doc"):
            samples[sample][tag] = value
    return [point for sample in samples.values() if (point := _make_point(sample)) is not None]


def find_point(track: Sequence[TrackPoint], seconds: float) -> TrackPoint | None:
    """Return the point nearest to a moment of the clip; None where none is within half a minute."""
    timed = [(abs(point.seconds - seconds), point) for point in track if point.seconds is not None]
    if not timed:
        return track[0] if track else None
    gap, nearest = min(timed, key=lambda one: one[0])
    return nearest if gap <= MOST_GAP_S else None


def _make_point(sample: dict[str, Any]) -> TrackPoint | None:
    latitude, longitude = sample.get("GPSLatitude"), sample.get("GPSLongitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    if str(sample.get("GPSMeasureMode", "3")) in _NO_FIX or (latitude, longitude) == (0, 0):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    seconds = sample.get("SampleTime")
    known = float(seconds) if isinstance(seconds, int | float) else None
    return TrackPoint(float(latitude), float(longitude), known, _read_time(sample.get("GPSDateTime")))


def _read_time(text: Any) -> datetime | None:
    """Read ``2024:05:01 12:00:00.000``; receivers count in UTC."""
    for form in ("%Y:%m:%d %H:%M:%S.%f", "%Y:%m:%d %H:%M:%S"):
        try:
            return datetime.strptime(str(text).removesuffix("Z"), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
