"""Image sequences: the first picture of the track is looked at, with a note; broken ones are one clear error."""

import io
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from sextant.gallery.photos.formats import is_photo
from sextant.gallery.photos.heif_sequence import take_first_picture
from sextant.gallery.photos.open import PhotoError, open_photo, read_metadata
from tests.support.heif_sequence import full, sequence

COLOURS = ("red", "lime", "blue")


def pictures(size: tuple[int, int] = (128, 64)) -> list[Image.Image]:
    return [Image.new("RGB", size, colour) for colour in COLOURS]


def is_red(image: Image.Image) -> bool:
    red, green, blue = np.asarray(image)[8, 8].tolist()
    return red > 200 and green < 60 and blue < 60


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize("moov_first", [False, True])
@pytest.mark.parametrize("handler", [b"pict", b"vide"])
def test_the_first_picture_of_a_track_is_looked_at_with_a_note(kind, moov_first, handler):
    content = sequence(pictures(), kind, moov_first=moov_first, handler=handler)
    assert is_photo(content[:32])
    opened = open_photo(content)
    assert (opened.width, opened.height) == (128, 64) and is_red(opened.image)
    assert "several pictures" in opened.notes[0]
    assert read_metadata(content).latitude is None


@pytest.mark.parametrize("brand", [b"msf1", b"hevc", b"hevx", b"mif1"])
def test_every_brand_of_a_sequence_is_a_photo(brand):
    content = sequence(pictures(), brand=brand)
    assert is_photo(content[:32]) and is_red(open_photo(content).image)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_a_turned_track_is_shown_upright(kind):
    halves = Image.new("RGB", (128, 64), "blue")
    halves.paste("red", (0, 0, 64, 64))
    opened = open_photo(sequence([halves], kind, turned=True))
    assert (opened.width, opened.height) == (64, 128) and is_red(opened.image)  # what was left is on top


def test_a_still_picture_beside_the_track_is_preferred():
    meta = full(b"meta", full(b"pitm", b"\0\1"))
    assert take_first_picture(sequence(pictures(), meta=meta)) is None


def test_an_ordinary_still_has_no_first_picture():
    import pillow_heif

    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    pictures()[0].save(buffer, "HEIF")
    assert take_first_picture(buffer.getvalue()) is None and open_photo(buffer.getvalue()).notes == ()


def test_a_sequence_that_is_cut_off_or_damaged_is_one_clear_error():
    whole = sequence(pictures(), moov_first=True)
    for length in range(12, len(whole), 9):
        damaged = bytearray(whole)
        damaged[length] ^= 0xFF
        for content in (whole[:length], bytes(damaged)):
            with suppress(PhotoError):  # any other error fails
                assert open_photo(content).width > 0
