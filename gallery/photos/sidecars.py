"""Read sidecar files beside a photo: XMP or Google Takeout's JSON. Every value is untrusted."""

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sextant.gallery.photos.exif import NoPosition, PhotoMetadata, check_stated_position
from sextant.gallery.photos.xmp import MAX_XMP_BYTES, read_xmp

_SUPPLEMENT = ".supplemental-metadata"
_TAKEOUT_NAME_LENGTH = 46  # characters to which Takeout cuts a sidecar's name, without its ".json"
_NUMBERED = re.compile(r"^(.*)(\(\d+\))$")


def complete(own: PhotoMetadata, other: PhotoMetadata) -> PhotoMetadata:
    """Fill in what ``own`` lacks from ``other``; where neither has a position, the reason that says more stays."""
    silent = own.problem in (None, "EXIF has no GPS position")
    stated = other.problem is not None and "holds no" not in other.problem
    return PhotoMetadata(
        latitude=other.latitude,
        longitude=other.longitude,
        captured_at=own.captured_at or other.captured_at,
        author=own.author or other.author,
        problem=None if other.latitude is not None else (other.problem if silent and stated else own.problem),
        origin=other.origin if other.latitude is not None else None,
        notes=own.notes + other.notes,
        camera=own.camera or other.camera,
    )


def add_sidecar(own: PhotoMetadata, photo: Path) -> PhotoMetadata:
    """Complete what a photo states of itself from the sidecars beside it, where it states no position."""
    if own.latitude is not None:
        return own
    beside = read_sidecar_metadata(photo)
    return complete(own, beside) if beside else own


def read_sidecar_metadata(photo: Path) -> PhotoMetadata | None:
    """Read the first sidecar of a photo that states a position; else the first that can be read; None without one."""
    found = list(_list_sidecars(photo))
    return next((one for one in found if one.latitude is not None), found[0] if found else None)


def _list_sidecars(photo: Path) -> Iterator[PhotoMetadata]:
    for name in (f"{photo.name}.xmp", f"{photo.name}.XMP", f"{photo.stem}.xmp", f"{photo.stem}.XMP"):
        if (content := _read_content(photo.with_name(name))) is not None:
            yield read_xmp(content, "sidecar")
    for name in list_takeout_names(photo.name):
        content = _read_content(photo.with_name(name))
        if content is not None and (metadata := read_takeout(content)) is not None:
            yield metadata


def _read_content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MAX_XMP_BYTES + 1)
    except (OSError, ValueError):
        return None


def list_takeout_names(photo: str) -> list[str]:
    """List the names that Google Takeout may give the sidecar of a photo.

    ``IMG.jpg.json`` or ``IMG.jpg.supplemental-metadata.json``, cut to 46 characters before ``.json``; a number such as
    ``(1)`` stands before the photo's suffix and after it in the sidecar; an edited photo shares its original's.
    """
    stem, dot, suffix = photo.rpartition(".")
    names = [photo]
    numbered = _NUMBERED.match(stem)
    if stem.endswith("-edited"):
        names.append(f"{stem.removesuffix('-edited')}{dot}{suffix}")
    listed: list[str] = []
    for name in names:
        listed += [name[:_TAKEOUT_NAME_LENGTH], f"{name}{_SUPPLEMENT}"[:_TAKEOUT_NAME_LENGTH]]
    if numbered:
        plain = f"{numbered[1]}{dot}{suffix}"
        listed += [f"{plain}{numbered[2]}", f"{f'{plain}{_SUPPLEMENT}'[:_TAKEOUT_NAME_LENGTH]}{numbered[2]}"]
    if stem:
        listed.append(stem)
    return [f"{name}.json" for name in dict.fromkeys(listed)]


def read_takeout(content: bytes) -> PhotoMetadata | None:
    """Read position and time from a Takeout sidecar; None where the JSON is something else."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not {"geoData", "geoDataExif", "photoTakenTime"} & document.keys():
        return None
    captured_at = _read_taken_at(document.get("photoTakenTime"))
    reason = "Google Takeout's sidecar has no position"
    for key in ("geoData", "geoDataExif"):
        try:
            latitude, longitude = _read_place(document.get(key))
            return PhotoMetadata(latitude, longitude, captured_at, None, None, "takeout")
        except NoPosition as error:
            reason = str(error)
    return PhotoMetadata(captured_at=captured_at, problem=reason)


def _read_place(value: Any) -> tuple[float, float]:
    place = value if isinstance(value, dict) else {}
    latitude, longitude = (_is_finite(place.get(name)) for name in ("latitude", "longitude"))
    if latitude is None or longitude is None:
        raise NoPosition("Google Takeout's sidecar has no position")
    if latitude == 0 and longitude == 0:  # what Takeout writes where it knows none
        raise NoPosition("Google Takeout's sidecar has no position")
    return check_stated_position(latitude, longitude, "Takeout", None, None, [])


def _is_finite(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _read_taken_at(value: Any) -> str | None:
    try:
        return datetime.fromtimestamp(int(value["timestamp"]), UTC).isoformat(timespec="seconds")
    except (TypeError, KeyError, ValueError, OverflowError, OSError):
        return None
