"""Photos are told by content; deep greys, cut-off files and raw previews are shown as they are, with a note."""

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from sextant.gallery.photos.formats import is_photo, name_unread_format
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


def sixteen_bit_png(samples: np.ndarray, colour_type: int) -> bytes:
    """A PNG of 16 bits a sample; Pillow writes none in colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_deep_colours_are_as_bright_as_they_are(bits):
    values = np.round(RAMP * (2**bits - 1)).astype(np.uint16)
    colours = np.stack([values, values[:, ::-1], np.zeros_like(values)], axis=2)
    opened = np.asarray(open_photo(sixteen_bit_png(colours, 2)).image)
    assert opened[..., 0].mean() == pytest.approx(127, abs=3) and opened[..., 2].max() == 0
    assert opened[0, 0].tolist() == [0, 255, 0] and opened[0, -1].tolist() == [255, 0, 0]


@pytest.mark.parametrize("bits", [8, 10, 16])
def test_portable_greymaps_are_photos(bits):
    values = np.round(RAMP * (2**bits - 1)).astype(">u2" if bits > 8 else "u1")
    content = f"P5\n64 48 {2**bits - 1}\n".encode() + values.tobytes()
    assert is_photo(content[:32])
    assert np.asarray(open_photo(content).image).mean() == pytest.approx(127, abs=3)


@pytest.mark.parametrize("top", [1.0, 1.2, 1000.0])
def test_a_grey_ramp_of_fractions_is_a_ramp(top):
    opened = np.asarray(open_photo(saved(Image.fromarray((RAMP * top).astype(np.float32)), "TIFF")).image)
    assert opened.mean() == pytest.approx(127, abs=3)


@pytest.mark.parametrize("missing", [40, 400, 2000])
def test_a_jpeg_that_is_cut_off_opens_with_a_note(missing):
    whole = jpeg(1, size=(640, 480))
    opened = open_photo(whole[:-missing])
    assert (opened.width, opened.height) == (640, 480)
    assert "truncated" in opened.notes[0]
    assert open_photo(whole).notes == ()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_a_picture_stored_by_rows_shows_the_rows_that_are_there(kind):
    whole = saved(
        Image.fromarray(np.full((200, 300, 3), 200, np.uint8)), kind, **({"compress_level": 0} if kind == "PNG" else {})
    )
    opened = open_photo(whole[: len(whole) // 2])
    pixels = np.asarray(opened.image)
    assert pixels.shape == (200, 300, 3) and "cut off" in opened.notes[0]
    assert 0.3 < (pixels == 200).mean() < 0.7


@pytest.mark.parametrize("kind", ["WEBP", "HEIF", "AVIF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_other_pictures_that_are_cut_off_are_one_clear_error(kind, part):
    import pillow_heif

    pillow_heif.register_heif_opener()
    noise = np.random.default_rng(1).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    whole = saved(Image.fromarray(noise), kind)
    with pytest.raises(PhotoError, match="broken"):
        open_photo(whole[: int(len(whole) * part)])


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
    assert "only its 64 x 48 preview was used" in opened.notes[0] and "sextant-geo[raw]" in opened.notes[0]


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


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF", "HEIF", "PNG", "TIFF"])
def test_the_first_picture_of_several_is_looked_at(kind):
    import pillow_heif

    pillow_heif.register_heif_opener()
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    opened = open_photo(content)
    red, green, blue = np.asarray(opened.image)[24, 32].tolist()
    assert (opened.width, opened.height) == (64, 48) and red > 200 and green < 60 and blue < 60
    assert is_photo(content[:32]) and "several pictures" in opened.notes[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "BMP", "PPM"])
def test_photos_are_told_by_their_first_bytes(kind):
    content = saved(Image.new("RGB", (16, 16)), kind)
    assert is_photo(content[:32]) and name_unread_format(content[:32]) is None
    assert open_photo(content).width == 16


def test_pictures_of_unread_formats_are_named():
    assert name_unread_format(b"\xff\x0a" + bytes(30)) == "JPEG XL"
    assert name_unread_format(b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20)) == "JPEG 2000"
    assert name_unread_format(b"Dear diary, today it rained.....") is None
    assert name_unread_format(b"v/1\x01" + bytes(30)) == "OpenEXR"
    assert not is_photo(b"P5 is a chapter of this diary...") and not is_photo(b"BMW 320i, sold in 1998 for 900 EUR")
    assert not is_photo(b"id,time,lat,lon\n1,2024-05-01T10:")


def bayer_dng(width: int, height: int) -> bytes:
    """A DNG of one Bayer mosaic (RGGB, 16 bits) without any preview: red on the left, blue on the right."""
    mosaic = np.full((height, width), 2000, "<u2")
    half = width // 2
    mosaic[0::2, 0:half:2] = 40000  # red sites
    mosaic[1::2, half + 1 :: 2] = 40000  # blue sites
    neutral = struct.pack("<6I", 1, 1, 1, 1, 1, 1)
    matrix = b"".join(struct.pack("<ii", v, 1) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    entries = [
        (254, 4, struct.pack("<I", 0)),
        (256, 4, struct.pack("<I", width)),
        (257, 4, struct.pack("<I", height)),
        (258, 3, struct.pack("<H", 16)),
        (259, 3, struct.pack("<H", 1)),
        (262, 3, struct.pack("<H", 32803)),
        (271, 2, b"Made\0"),
        (272, 2, b"Made\0"),
        (273, 4, None),
        (274, 3, struct.pack("<H", 1)),
        (277, 3, struct.pack("<H", 1)),
        (278, 4, struct.pack("<I", height)),
        (279, 4, struct.pack("<I", mosaic.nbytes)),
        (33421, 3, struct.pack("<HH", 2, 2)),
        (33422, 1, bytes([0, 1, 1, 2])),
        (50706, 1, bytes([1, 4, 0, 0])),
        (50708, 2, b"Made one\0"),
        (50717, 4, struct.pack("<I", 65535)),
        (50721, 10, matrix),
        (50728, 5, neutral),
    ]
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 10: 8}
    behind = 8 + 2 + 12 * len(entries) + 4
    data = mosaic.tobytes()
    start = behind
    listed = b""
    for tag, kind, value in entries:
        value = struct.pack("<I", start) if value is None else value
        if len(value) > 4:
            data += b"\0" * (len(data) % 2)
            place = struct.pack("<I", behind + len(data))
            data += value
        else:
            place = value.ljust(4, b"\0")
        listed += struct.pack("<HHI", tag, kind, len(value) // sizes[kind]) + place
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + listed + bytes(4) + data


def test_a_raw_file_without_a_preview_is_developed():
    pytest.importorskip("rawpy", reason="the extra raw is not installed")
    opened = open_photo(bayer_dng(128, 96))
    assert (opened.width, opened.height) == (128, 96) and opened.notes == ("raw photo: developed by LibRaw",)
    pixels = np.asarray(opened.image)
    assert pixels[48, 20].argmax() == 0 and pixels[48, 100].argmax() == 2


def test_a_broken_raw_file_is_one_clear_error():
    pytest.importorskip("rawpy", reason="the extra raw is not installed")
    with pytest.raises(PhotoError, match="raw file without a preview"):
        open_photo(bayer_dng(128, 96)[:300])
