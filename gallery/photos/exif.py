"""Read EXIF metadata of a photo: GPS position, time, photographer. Every value is untrusted."""

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sextant.base.printable import make_printable
from sextant.gallery.photos.angles import is_negative, join_degrees, parse_angle_text

# Tag numbers of EXIF 2.32 (CIPA DC-008).
_GPS_IFD, _EXIF_IFD = 0x8825, 0x8769
_MAKE, _MODEL, _SERIAL_NUMBER = 0x010F, 0x0110, 0xA431
_ARTIST, _DATE_TIME, _DATE_TIME_ORIGINAL, _OFFSET_TIME_ORIGINAL = 0x013B, 0x0132, 0x9003, 0x9011
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _STATUS, _MAP_DATUM = 1, 2, 3, 4, 9, 18
_MAX_PARTS = 8  # of an angle, with fillers
# EXIF asks for colons in the date; ISO 8601's hyphens are as common in files that programs have rewritten.
_TIME = re.compile(r"^(\d{4})([:/.-])(\d\d)\2(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_OFFSET = re.compile(r"^[+-]\d\d:\d\d$")
_WGS84 = {"", "WGS84", "WGS1984", "EPSG4326", "WORLDGEODETICSYSTEM1984", "UNKNOWN"}
# Datums that a camera or a program may name, by the geographic system of EPSG that holds them.
_DATUMS = {"TOKYO": 4301, "TOKYO97": 4301, "NAD27": 4267, "NAD83": 4269, "ED50": 4230, "OSGB36": 4277, "JGD2000": 4612}

Origin = Literal["exif", "xmp", "sidecar", "takeout"]


@dataclass(frozen=True)
class PhotoMetadata:
    """What the file, or a file beside it, states about the photo.

    Latitude and longitude are degrees (WGS84), or None both; ``problem`` then says why there is no position.
    ``captured_at`` is ISO 8601 local time, with the offset where the file states one. ``origin`` says where the
    position was read; ``notes`` what a person should know before trusting it.
    """

    latitude: float | None = None
    longitude: float | None = None
    captured_at: str | None = None
    author: str | None = None
    problem: str | None = None
    origin: Origin | None = None
    notes: tuple[str, ...] = ()
    camera: str | None = None
    """Maker, model and serial number, as far as the file states them."""


class NoPosition(Exception):
    """The metadata holds no usable position; the message says why."""


def read_exif_metadata(exif: Any) -> PhotoMetadata:
    """Read position, time and artist from Pillow's Exif object; hostile values give a reason, never an error."""
    captured_at = author = camera = None
    notes: list[str] = []
    try:
        camera = _read_camera(exif)
        captured_at = _read_captured_at(exif.get_ifd(_EXIF_IFD), exif)
        author = clean_line(exif.get(_ARTIST))
        latitude, longitude = read_gps_position(exif.get_ifd(_GPS_IFD), notes)
    except NoPosition as reason:
        return PhotoMetadata(captured_at=captured_at, author=author, problem=str(reason), camera=camera)
    except Exception as error:  # Pillow raises half a dozen types on hostile EXIF
        problem = f"EXIF is broken ({type(error).__name__})"
        return PhotoMetadata(captured_at=captured_at, author=author, problem=problem, camera=camera)
    return PhotoMetadata(latitude, longitude, captured_at, author, None, "exif", tuple(notes), camera)


def read_gps_position(gps: Mapping[int, Any], notes: list[str] | None = None) -> tuple[float, float]:
    """Read latitude and longitude (degrees, WGS84) from a GPS block {1: ref, 2: (d, m, s), 3: ref, 4: (d, m, s)}.

    Appends to ``notes`` what makes the position doubtful: no fix, another datum, missing minutes.

    Raises:
        NoPosition: the block holds no usable position.
    """
    notes = [] if notes is None else notes
    if _LATITUDE not in gps or _LONGITUDE not in gps:
        raise NoPosition("EXIF has no GPS position")
    latitude_parts, latitude_letter = _read_angle(gps[_LATITUDE], gps.get(_LATITUDE_REF), "latitude")
    longitude_parts, longitude_letter = _read_angle(gps[_LONGITUDE], gps.get(_LONGITUDE_REF), "longitude")
    # Without any reference, a minus in one of the two shows that both are written with signs.
    if not latitude_letter and not longitude_letter and (is_negative(latitude_parts) or is_negative(longitude_parts)):
        latitude_letter, longitude_letter = "NS"[is_negative(latitude_parts)], "EW"[is_negative(longitude_parts)]
    latitude = _read_signed_degrees(latitude_parts, latitude_letter, "N", "S", "latitude", notes)
    longitude = _read_signed_degrees(longitude_parts, longitude_letter, "E", "W", "longitude", notes)
    return check_stated_position(
        latitude, longitude, "EXIF", clean_line(gps.get(_STATUS)), clean_line(gps.get(_MAP_DATUM)), notes
    )


def check_stated_position(
    latitude: float, longitude: float, where: str, status: str | None, datum: str | None, notes: list[str]
) -> tuple[float, float]:
    """Check a stated position and convert it to WGS84; ``where`` names the metadata it was read from.

    Raises:
        NoPosition: it is out of range, or 0, 0.
    """
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise NoPosition(f"{where} position {latitude:g}, {longitude:g} is out of range")
    if latitude == 0 and longitude == 0:
        raise NoPosition(f"{where} position is 0, 0, which cameras write when they have no fix")
    if status and status.upper().startswith("V"):
        notes.append("the file marks its position as not measured (GPSStatus V)")
    return _to_wgs84(latitude, longitude, datum or "", notes)


def _to_wgs84(latitude: float, longitude: float, datum: str, notes: list[str]) -> tuple[float, float]:
    plain = re.sub(r"[^A-Z0-9]", "", datum.upper())
    if plain in _WGS84:
        return latitude, longitude
    system = _DATUMS.get(plain)
    if system is None:
        notes.append(f"the position is given in the datum {datum[:40]!r}, read as WGS84; it may be off by about 100 m")
        return latitude, longitude
    notes.append(f"the position was converted from the datum {datum[:40]} to WGS84")
    x, y = _load_transformer(system).transform(longitude, latitude)
    return float(y), float(x)


@cache
def _load_transformer(system: int) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(system, 4326, always_xy=True)


def _read_angle(parts: Any, reference: Any, name: str) -> tuple[list[float], str]:
    """Read the numbers of an angle, and the letter of its reference or of its text; "" where there is none."""
    values, stated = _read_numbers(parts, name)
    return values, (clean_line(reference) or stated).upper()[:1]


def _read_signed_degrees(
    values: Sequence[float], letter: str, positive: str, negative: str, name: str, notes: list[str]
) -> float:
    if letter not in (positive, negative):
        raise NoPosition(f"EXIF {name} has no {positive} or {negative}")
    if not math.isfinite(values[0]):
        raise NoPosition(f"EXIF {name} is not a number")
    # An undefined part (0/0) is a part that is not given.
    total = join_degrees(values)
    if total is None:
        shown = " ".join(f"{value:g}" for value in values)
        raise NoPosition(f"EXIF {name} {shown} has minutes or seconds above 60")
    if len(values) > 1 and not math.isfinite(values[1]) and values[0] == round(values[0]):
        notes.append(f"the minutes of the {name} are not given; the position is good to one degree")
    if is_negative(values) and letter == positive:
        notes.append(f"the {name} has both a minus and the reference {positive}; it was read as {negative}")
    # A minus beside an S or a W says the same thing twice.
    return (-total or 0.0) if letter == negative or is_negative(values) else total


def _read_numbers(parts: Any, name: str) -> tuple[list[float], str]:
    """Read the one to three numbers of an angle, and its letter where it is a text that has one.

    A single RATIONAL is degrees, 0/0 is NaN; a fourth number and those behind it are fillers where they are 0.
    """
    if isinstance(parts, str):
        angle = parse_angle_text(clean_line(parts) or "")
        if angle is None:
            raise NoPosition(f"EXIF {name} {parts[:40]!r} is not an angle")
        return angle
    try:
        whole = list(parts)
    except TypeError:
        whole = [parts]
    values = [_read_number(part, name) for part in whole[:_MAX_PARTS]]
    if not 1 <= len(whole) <= _MAX_PARTS or any(values[3:]):
        raise NoPosition(f"EXIF {name} is not a number")
    return values[:3], ""


def _read_number(part: Any, name: str) -> float:
    try:
        value = float(part)
    except ZeroDivisionError:
        return math.nan
    except (TypeError, ValueError, OverflowError):
        raise NoPosition(f"EXIF {name} is not a number") from None
    if math.isinf(value):
        raise NoPosition(f"EXIF {name} is not a number")
    return value


def _read_camera(exif: Any) -> str | None:
    stated = [clean_line(exif.get(_MAKE)), clean_line(exif.get(_MODEL))]
    stated.append(clean_line(exif.get_ifd(_EXIF_IFD).get(_SERIAL_NUMBER)))
    return " ".join(part for part in stated if part) or None


def _read_captured_at(details: Mapping[int, Any], exif: Mapping[int, Any]) -> str | None:
    stated = clean_line(details.get(_DATE_TIME_ORIGINAL)) or clean_line(exif.get(_DATE_TIME)) or ""
    offset = clean_line(details.get(_OFFSET_TIME_ORIGINAL)) or ""
    return read_time(stated, offset if _OFFSET.match(offset) else "")


def read_time(stated: str, offset: str = "") -> str | None:
    """Read a time as EXIF or ISO 8601 writes it; None if it is not a time. An offset in the text comes first."""
    match = _TIME.match(stated)
    if not match or match[1] == "0000":
        return None
    year, _, month, day, hour, minute, second, own = match.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}{own or offset}"


def clean_line(value: Any) -> str | None:
    """Return a printable line of at most 200 characters, or None.

    EXIF text is ASCII by its standard and UTF-8 in practice; Pillow hands it over as Latin-1.
    """
    if isinstance(value, str):
        with suppress(UnicodeEncodeError):
            value = value.encode("latin-1")
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            value = value.decode("latin-1")
    if not isinstance(value, str):
        return None
    return " ".join(make_printable(value).split())[:200] or None
