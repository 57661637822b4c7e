"""Positions of JPEGs in every GPS spelling, against exiftool; where the two differ, the difference is named."""

import json
import math
import shutil
import struct
import subprocess
from dataclasses import dataclass

import pytest

from sextant.gallery.photos.open import read_metadata
from tests.support.exif_spellings import (
    FORMS,
    PLACES,
    REFERENCES,
    XMP_FORMS,
    exif_segment,
    jpeg_with,
    spelled_gps,
    xmp_segment,
    xmp_words,
)

DMS = "degrees, minutes, seconds"
NO_EXIFTOOL = shutil.which("exiftool") is None
# What exiftool 12 makes of these spellings, and why Sextant reads them otherwise.
EXPLAINED = {
    "seconds 0/0": "exiftool gives no position where one part is undefined",
    "rest 0/0": "exiftool gives no position where one part is undefined",
    "signed degrees": "exiftool adds the minutes to negative degrees, towards zero",
    "text of fractions": "exiftool takes numerators and denominators for degrees, minutes and seconds",
    "blank before": "exiftool leaves out the sign of a reference that begins with a blank",
    "letter before": "exiftool leaves out the sign of a letter that stands before the number",
    "XMP signed": "exiftool adds the minutes to negative degrees, towards zero",
}
# What exiftool shows without a sign, or as it stands, and Sextant refuses, with its reason.
REFUSED = {
    "no reference": "no N or S",
    "references exchanged": "no N or S",
    "empty reference": "no N or S",
    "seconds in hundredths": "above 60",
    "beyond the pole": "out of range",
    "zero": "0, 0",
}


@dataclass(frozen=True)
class Spelled:
    name: str
    content: bytes
    place: tuple[float, float]


def in_exif(order: str, form: str, reference: str | None, place: tuple[float, float], said=None) -> bytes:
    return exif_segment(order, spelled_gps(form, reference, order, place, said))


def spellings() -> list[Spelled]:
    """Every form at two places, every reference, both byte orders, XMP, and blocks beside each other."""
    made: list[Spelled] = []
    for index, form in enumerate(FORMS):
        for order, place in (("<", PLACES[index % 4]), (">", PLACES[(index + 1) % 4])):
            made.append(Spelled(form, jpeg_with(in_exif(order, form, "with NUL", place)), place))
    for index, reference in enumerate(REFERENCES):
        place = PLACES[(index + 1) % 4]
        made.append(Spelled(reference, jpeg_with(in_exif("<", DMS, reference, place)), place))
    for index, form in enumerate(XMP_FORMS):
        place = PLACES[(index + 1) % 4]
        made.append(Spelled(f"XMP {form}", jpeg_with(xmp_segment(*xmp_words(form, place))), place))
    exif, other = (in_exif("<", DMS, "bare", place) for place in PLACES[1:3])
    xmp = xmp_segment(*xmp_words("standard", PLACES[2]))
    made.append(Spelled("EXIF before XMP", jpeg_with(exif, xmp), PLACES[1]))
    made.append(Spelled("XMP before EXIF", jpeg_with(xmp, exif), PLACES[1]))
    made.append(Spelled("an EXIF block without a position first", jpeg_with(exif_segment("<", []), other), PLACES[2]))
    return made


def refused() -> list[Spelled]:
    """Spellings whose position nobody can tell."""
    south, pole, zero = PLACES[1], (91.5, 20.0), (0.0, 0.0)
    hundredths = struct.pack("<6I", 33, 1, 51, 1, 2442, 1)  # 24.42 seconds
    seconds = exif_segment("<", [(1, 2, b"S"), (2, 5, hundredths), (3, 2, b"E"), (4, 5, hundredths)])
    segments = {
        "no reference": in_exif("<", DMS, None, south),
        "references exchanged": in_exif("<", DMS, "bare", south, ("E", "S")),
        "empty reference": in_exif("<", DMS, "with NUL", south, ("", "")),
        "seconds in hundredths": seconds,
        "beyond the pole": in_exif("<", "decimal degrees", "bare", pole),
        "zero": in_exif("<", DMS, "bare", zero),
    }
    return [Spelled(name, jpeg_with(segment), south) for name, segment in segments.items()]


@pytest.mark.parametrize("spelled", spellings(), ids=lambda one: one.name)
def test_every_spelling_is_read_as_the_place_it_was_made_of(spelled):
    read = read_metadata(spelled.content)
    assert (read.latitude, read.longitude) == pytest.approx(spelled.place, abs=2e-6)


@pytest.mark.parametrize("spelled", refused(), ids=lambda one: one.name)
def test_a_position_that_nobody_can_tell_is_refused_with_its_reason(spelled):
    read = read_metadata(spelled.content)
    assert read.latitude is None and REFUSED[spelled.name] in (read.problem or "")


def stated(row: dict[str, object]) -> tuple[float, ...]:
    """Return a row's position; exiftool quotes numbers of more than 15 digits, and shows undefined ones as words."""
    values = [str(row.get(name)) for name in ("GPSLatitude", "GPSLongitude")]
    return tuple(float(value) if value[-1:].isdigit() else math.nan for value in values)


@pytest.mark.skipif(NO_EXIFTOOL, reason="exiftool is not installed (Debian: libimage-exiftool-perl)")
def test_exiftool_reads_the_same_but_for_what_is_explained(tmp_path):
    made = spellings()
    for number, spelled in enumerate(made):
        (tmp_path / f"{number:03}.jpg").write_bytes(spelled.content)
    ran = subprocess.run(
        ["exiftool", "-j", "-n", "-q", "-GPSLatitude", "-GPSLongitude", str(tmp_path)], capture_output=True, check=True
    )
    rows = sorted(json.loads(ran.stdout), key=lambda row: row["SourceFile"])
    differing = {
        spelled.name
        for spelled, row in zip(made, rows, strict=True)
        if stated(row) != pytest.approx(spelled.place, abs=2e-6)
    }
    assert {name for name in differing if not any(known in name for known in EXPLAINED)} == set()
