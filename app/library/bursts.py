"""Find bursts: photos of one camera within seconds that look alike. The first of each is located, once for all."""

import warnings
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from os.path import dirname

from PIL import Image

from sextant.app.library.finding import LibraryPhoto
from sextant.gallery.photos.open import PhotoError, open_photo
from sextant.gallery.photos.phash import compute_perceptual_hash
from sextant.gallery.search.filters import measure_phash_distance

LONGEST_S = 10.0  # from the first photo of a burst
ALIKE_BITS = 12  # of 64 that the perceptual hashes differ in at most
# A picture moved by 4 % of its sides differs in 12 bits or less nine times in ten (120 photos of im2gps3k); of their
# 7,140 pairs one in 10,000 differs in 18 or less. No real bursts are at hand.
_EXIF, _MAKE, _MODEL, _TAKEN, _FRACTION, _SERIAL = 0x8769, 0x010F, 0x0110, 0x9003, 0x9291, 0xA431


@dataclass(frozen=True)
class Shot:
    """A photo with its camera and when it was taken, in seconds of the camera's clock."""

    photo: LibraryPhoto
    camera: str
    seconds: float


def find_bursts(photos: Iterable[LibraryPhoto]) -> dict[str, str]:
    """Return the photos of bursts but the first, by name: the name of the first.

    Only headers are read, and pictures only of photos that have another one within ten seconds.
    """
    cameras: dict[tuple[str, str], list[Shot]] = defaultdict(list)
    for photo in photos:
        shot = read_shot(photo)
        if shot is not None:
            cameras[shot.camera, dirname(photo.path)].append(shot)
    found: dict[str, str] = {}
    for shots in cameras.values():
        shots.sort(key=lambda shot: (shot.seconds, shot.photo.name))
        for first, others in _part(shots):
            alike = _hash(first.photo.path)
            for other in others:
                bits = measure_phash_distance(alike, _hash(other.photo.path))
                if bits is not None and bits <= ALIKE_BITS:
                    found[other.photo.name] = first.photo.name
    return found


def read_shot(photo: LibraryPhoto) -> Shot | None:
    """Read a photo's camera and time from its header; None where one of them is missing."""
    try:
        with warnings.catch_warnings(), Image.open(photo.path) as stored:
            warnings.simplefilter("ignore")
            exif = stored.getexif()
            own = exif.get_ifd(_EXIF)
            camera = " ".join(str(value) for value in (exif.get(_MAKE), exif.get(_MODEL), own.get(_SERIAL)) if value)
            taken = datetime.strptime(str(own[_TAKEN]).strip("\0 "), "%Y:%m:%d %H:%M:%S")
            fraction = str(own.get(_FRACTION, "")).strip("\0 ")
    except Exception:  # a header can be broken in any way; such a photo is located by itself
        return None
    more = float(f"0.{fraction}") if fraction.isdecimal() else 0.0
    return Shot(photo, camera, (taken - datetime.min).total_seconds() + more) if camera else None


def _part(shots: list[Shot]) -> Iterable[tuple[Shot, list[Shot]]]:
    """Part the shots of a camera, by time, into those within ten seconds of a first one, and leave lone ones out."""
    start = 0
    while start < len(shots):
        end = start + 1
        while end < len(shots) and shots[end].seconds - shots[start].seconds <= LONGEST_S:
            end += 1
        if end - start > 1:
            yield shots[start], shots[start + 1 : end]
        start = end


def _hash(path: str) -> str | None:
    try:
        return compute_perceptual_hash(open_photo(path).image)
    except PhotoError:
        return None
