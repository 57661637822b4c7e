"""One record to one row, apart from its vector: reading, opening, position, country, hashes, preparation."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.base.errors import system_reason
from sextant.gallery.encoders.spec import EncoderError, Prepare
from sextant.gallery.photos.open import PhotoError, open_photo
from sextant.gallery.photos.phash import perceptual_hash
from sextant.gallery.photos.sidecars import with_sidecar
from sextant.gallery.sources.records import FileOnDisk, PlaceNames, Record, Unreadable


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
    items: Iterable[Record | Unreadable], prepare: Prepare, min_file_bytes: int = 0
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


def _open(record: Record, prepare: Prepare, min_file_bytes: int) -> DecodedPhoto | Unreadable:
    try:
        content = record.photo.read()
        if len(content) < min_file_bytes:
            return Unreadable(record.id, f"is {len(content):,} bytes, under the {min_file_bytes:,} asked for")
        photo = open_photo(content)
        metadata, notes = photo.metadata, photo.notes
        latitude, longitude = record.latitude, record.longitude
        if latitude is None or longitude is None:
            if isinstance(record.photo, FileOnDisk):
                metadata = with_sidecar(metadata, Path(record.photo.path))
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
            "phash": perceptual_hash(photo.image),
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
        return Unreadable(record.id, f"cannot be read ({system_reason(error)})")


def _name_countries(photos: list[DecodedPhoto]) -> None:
    """By polygon; just off the drawn coast (piers, bridges, boats in harbour) the nearest country's."""
    if not photos:
        return
    from sextant.geo.borders import OFF_THE_COAST_KM, countries_at

    positions = np.array([(photo.columns["latitude"], photo.columns["longitude"]) for photo in photos])
    for photo, country in zip(photos, countries_at(positions, reach_km=OFF_THE_COAST_KM), strict=True):
        photo.columns["country_code"] = country.code if country else None
