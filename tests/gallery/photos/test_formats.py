"""Photos are told by content; deep greys, cut-off files and raw previews are shown as they are, with a note."""

import io
import struct
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from sextant.gallery.photos.formats import is_photo, unread_format
from sextant.gallery.photos.open import PhotoError, open_photo
from tests.support.photos import jpeg

RAMP = np.tile(np.linspace(0, 1, 64), (48, 1))


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_deep_grey_ramp_is_a_ramp(bits, kind):
    values = np.round(RAMP * (2**bits - 1)).astype(np.uint16)
    opened = np.asarray(open_photo(saved(Image.fromarray(values), kind)).image)
    assert opened.mean() == pytest.approx(127, abs=3) and opened.max() == 255


@pytest.mark.parametrize("top", [1.0, 1.2, 1000.0])
def test_a_grey_ramp_of_fractions_is_a_ramp(top):
    opened = np.asarray(open_photo(saved(Image.fromarray((RAMP * top).astype(np.float32)), "TIFF")).image)
    assert opened.mean() == pytest.approx(127, abs=3)


@pytest.mark.parametrize("missing", [40, 400, 2000])
def test_a_jpeg_that_is_cut_off_opens_with_a_note(missing):
    whole = jpeg(1, size=(640, 480))
    opened = open_photo(whole[:-missing])
    assert (opened.width, opened.height) == (640, 480)
    assert "cut off" in opened.notes[0]
    assert open_photo(whole).notes == ()


def tiff_with_raw(preview: bytes | None, size: tuple[int, int], sensor: tuple[int, int]) -> bytes:
    """A DNG: a small RGB thumbnail first, the sensor's grid below it, and perhaps a JPEG preview."""
    pixels = np.full((size[1], size[0], 3), 128, np.uint8).tobytes()
    jpeg_bytes = preview or b""
    first, second, third = 8, 8 + 2 + 12 * 11 + 4, 8 + 2 + 12 * 11 + 4 + 2 + 12 * 4 + 4
    data = third + 2 + 12 * 3 + 4
    bits, subs, strip, stream = data, data + 8, data + 16, data + 16 + len(pixels)

    def entry(tag, kind, count, value):
        packed = struct.pack("<HH", value, 0) if kind == 3 and count == 1 else struct.pack("<I", value)
        return struct.pack("<HHI", tag, kind, count) + packed

    def directory(*entries):
        return struct.pack("<H", len(entries)) + b"".join(entries) + struct.pack("<I", 0)

    body = directory(
        entry(256, 3, 1, size[0]),
        entry(257, 3, 1, size[1]),
        entry(258, 3, 3, bits),
        entry(259, 3, 1, 1),
        entry(262, 3, 1, 2),
        entry(273, 4, 1, strip),
        entry(277, 3, 1, 3),
        entry(278, 3, 1, size[1]),
        entry(279, 4, 1, len(pixels)),
        entry(330, 4, 2, subs),
        entry(50706, 1, 4, 0x0401),
    )
    assert first + len(body) == second
    body += directory(
        entry(256, 3, 1, sensor[0]), entry(257, 3, 1, sensor[1]), entry(259, 3, 1, 1), entry(262, 3, 1, 32803)
    )
    body += directory(entry(259, 3, 1, 6), entry(513, 4, 1, stream), entry(514, 4, 1, len(jpeg_bytes)))
    body += struct.pack("<HHHxx", 8, 8, 8) + struct.pack("<II", second, third)
    return b"II*\0" + struct.pack("<I", first) + body + pixels + jpeg_bytes


def test_a_raw_file_is_looked_at_through_its_largest_preview():
    opened = open_photo(tiff_with_raw(jpeg(1, size=(1200, 800)), (64, 48), (1600, 1067)))
    assert (opened.width, opened.height) == (1200, 800)
    assert "1200 x 800 preview" in opened.notes[0]


def test_a_raw_file_with_a_thumbnail_only_says_so(monkeypatch):
    monkeypatch.setattr("sextant.gallery.photos.raw.find_spec", lambda name: None)
    opened = open_photo(tiff_with_raw(None, (64, 48), (4000, 3000)))
    assert "only its 64 x 48 preview was looked at" in opened.notes[0] and "sextant-geo[raw]" in opened.notes[0]


def test_a_raw_file_without_any_picture_names_the_extra(monkeypatch):
    monkeypatch.setattr("sextant.gallery.photos.raw.find_spec", lambda name: None)
    with pytest.raises(PhotoError, match=r"Fujifilm RAF file without a preview.*sextant-geo\[raw\]"):
        open_photo(b"FUJIFILMCCD-RAW 0201" + bytes(200))


def test_what_libtiff_prints_stays_off_the_terminal(capfd):
    broken = bytearray(saved(Image.fromarray(np.uint8(RAMP * 255)), "TIFF", compression="tiff_lzw"))
    broken[8:200] = bytes(192)
    with suppress(PhotoError):
        open_photo(bytes(broken))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF"])
def test_photos_are_told_by_their_first_bytes(kind):
    content = saved(Image.new("RGB", (16, 16)), kind)
    assert is_photo(content[:32]) and unread_format(content[:32]) is None
    assert open_photo(content).width == 16


def test_pictures_of_unread_formats_are_named():
    assert unread_format(b"\xff\x0a" + bytes(30)) == "JPEG XL"
    assert unread_format(b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20)) == "JPEG 2000"
    assert unread_format(b"Dear diary, today it rained.....") is None
    assert not is_photo(b"id,time,lat,lon\n1,2024-05-01T10:")
