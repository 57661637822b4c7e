"""What a photo's EXIF states: position, time, photographer. Every value is untrusted."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sextant.base.printable import printable

# Tag numbers of EXIF 2.32 (CIPA DC-008).
_GPS_IFD, _EXIF_IFD = 0x8825, 0x8769
_ARTIST, _DATE_TIME, _DATE_TIME_ORIGINAL, _OFFSET_TIME_ORIGINAL = 0x013B, 0x0132, 0x9003, 0x9011
_TIME = re.compile(r"^(\d{4}):(\d\d):(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"^[+-]\d\d:\d\d$")


@dataclass(frozen=True)
class PhotoMetadata:
    """What the file says of itself.

    Latitude and longitude are degrees, or None both; ``problem`` then says why there is no position.
    ``captured_at`` is ISO 8601 local time, with the offset where the file states one.
    """

    latitude: float | None = None
    longitude: float | None = None
    captured_at: str | None = None
    author: str | None = None
    problem: str | None = None


def metadata_from_exif(exif: Any) -> PhotoMetadata:
    """Read position, time and artist from Pillow's Exif object; hostile values give a reason, never an error."""
    captured_at = author = None
    try:
        captured_at = _captured_at(exif.get_ifd(_EXIF_IFD), exif)
        author = _text(exif.get(_ARTIST))
        latitude, longitude = position_from_gps(exif.get_ifd(_GPS_IFD))
    except _NoPosition as reason:
        return PhotoMetadata(captured_at=captured_at, author=author, problem=str(reason))
    except Exception as error:  # Pillow raises half a dozen types on hostile EXIF
        return PhotoMetadata(captured_at=captured_at, author=author, problem=f"EXIF is broken ({type(error).__name__})")
    return PhotoMetadata(latitude, longitude, captured_at, author)


class _NoPosition(Exception):
    """The GPS block holds no usable position; the message says why."""


def position_from_gps(gps: Mapping[int, Any]) -> tuple[float, float]:
    """Latitude and longitude in degrees from a GPS block {1: ref, 2: (d, m, s), 3: ref, 4: (d, m, s)}."""
    if 2 not in gps or 4 not in gps:
        raise _NoPosition("EXIF holds no GPS position")
    latitude = _signed_degrees(gps[2], gps.get(1), "N", "S", "latitude")
    longitude = _signed_degrees(gps[4], gps.get(3), "E", "W", "longitude")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise _NoPosition(f"EXIF position {latitude:g}, {longitude:g} is out of range")
    if latitude == 0 and longitude == 0:
        raise _NoPosition("EXIF position is 0, 0, which cameras write when they have no fix")
    return latitude, longitude


def _signed_degrees(parts: Any, reference: Any, positive: str, negative: str, name: str) -> float:
    letter = (_text(reference) or "").upper()[:1]
    if letter not in (positive, negative):
        raise _NoPosition(f"EXIF {name} has no {positive} or {negative}")
    try:
        values = [float(part) for part in parts]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise _NoPosition(f"EXIF {name} is not a number") from None
    if not 1 <= len(values) <= 3 or not all(math.isfinite(value) for value in values):
        raise _NoPosition(f"EXIF {name} is not a number")
    degrees, minutes, seconds = (*values, 0.0, 0.0)[:3]
    if degrees < 0 or not 0 <= minutes <= 60 or not 0 <= seconds <= 60:
        raise _NoPosition(f"EXIF {name} {degrees:g}° {minutes:g}' {seconds:g}\" is nonsense")
    total = degrees + minutes / 60 + seconds / 3600
    return total if letter == positive else -total


def _captured_at(details: Mapping[int, Any], exif: Mapping[int, Any]) -> str | None:
    stated = _text(details.get(_DATE_TIME_ORIGINAL)) or _text(exif.get(_DATE_TIME)) or ""
    match = _TIME.match(stated)
    if not match or match[1] == "0000":
        return None
    offset = _text(details.get(_OFFSET_TIME_ORIGINAL)) or ""
    year, month, day, hour, minute, second = match.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}{offset if _OFFSET.match(offset) else ''}"


def _text(value: Any) -> str | None:
    """A printable line of at most 200 characters, or None."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    return " ".join(printable(value).split())[:200] or None
