"""Decode one record into a row without its vector: open the photo, read position, country and hashes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.base.errors import format_system_reason
from sextant.gallery.encoders.spec import EncoderError, Prepare
from sextant.gallery.photos.open import PhotoError, open_photo
from sextant.gallery.photos.phash import compute_perceptual_hash
from sextant.gallery.photos.sidecars import add_sidecar
from sextant.gallery.sources.records import FileOnDisk, PhotoRecord, PlaceNames, Unreadable


@dataclass(frozen=True)
class DecodedPhoto:
    """A photo ready to be encoded, with the columns of its row."""

    columns: dict[str, str | float | None]
    prepared: NDArray[np.generic]
    notes: tuple[str, ...] = ()
    """What a person should know of the photo, though it was taken."""
    place: PlaceNames | None = None
    """What the source calls the photo's place."""

    @property
    def id(self) -> str:
        return str(self.columns["id"])

    @property
    def sha256(self) -> str:
        return str(self.columns["sha256"])


def decode(
    items: Iterable[PhotoRecord | Unreadable], prepare: Prepare, min_file_bytes: int = 0
) -> list[DecodedPhoto | Unreadable]:
    """Open photos. Whatever is wrong with one comes back as the reason in its place.

    Countries that no table names are looked up together: for a few photos at once that takes as long as for one.
    ``min_file_bytes``: smaller files are left out (G3 takes files of more than 5,120 bytes).

    Raises:
        EncoderError: photos are encoded as they are opened, and the encoder fails.
    """
    opened = [item if isinstance(item, Unreadable) else _open(item, prepare, min_file_bytes) for item in items]
    _name_countries(
        [item for item in opened if isinstance(item, DecodedPhoto) and item.columns["country_code"] is None]
    )
    return opened


def _open(record: PhotoRecord, prepare: Prepare, min_file_bytes: int) -> DecodedPhoto | Unreadable:
    try:
        content = record.photo.read()
        if len(content) < min_file_bytes:
            return Unreadable(record.id, f"is {len(content):,} bytes, less than the requested {min_file_bytes:,}")
        photo = open_photo(content)
        metadata, notes = photo.metadata, photo.notes
        latitude, longitude = record.latitude, record.longitude
        if latitude is None or longitude is None:
            if isinstance(record.photo, FileOnDisk):
                metadata = add_sidecar(metadata, Path(record.photo.path))
            latitude, longitude, notes = metadata.latitude, metadata.longitude, notes + metadata.notes
        if latitude is None or longitude is None:
            return Unreadable(record.id, f"has no position: {metadata.problem}")
        columns: dict[str, str | float | None] = {
            "id": record.id,
            "latitude": latitude,
            "longitude": longitude,
            "author": record.author or metadata.author,
            "source": record.source,
            "country_code": record.country_code or None,
            "captured_at": record.captured_at or metadata.captured_at,
            "sha256": photo.sha256,
            "phash": compute_perceptual_hash(photo.image),
            "uri": record.uri,
        }
        return DecodedPhoto(columns, np.asarray(prepare(photo.image)), notes, record.place)
    except EncoderError:
        raise
    except PhotoError as error:
        return Unreadable(record.id, error.reason)
    except FileNotFoundError:
        return Unreadable(record.id, "does not exist")
    except Exception as error:  # one bad file must not end a build of millions
        return Unreadable(record.id, f"cannot be read ({format_system_reason(error)})")


def _name_countries(photos: list[DecodedPhoto]) -> None:
    """Name each photo's country by polygon; just off the drawn coast (piers, boats) the nearest one."""
    if not photos:
        return
    from sextant.geo.borders import OFF_THE_COAST_KM, find_countries

    positions = np.array([(photo.columns["latitude"], photo.columns["longitude"]) for photo in photos])
    for photo, country in zip(photos, find_countries(positions, reach_km=OFF_THE_COAST_KM), strict=True):
        photo.columns["country_code"] = country.code if country else None
