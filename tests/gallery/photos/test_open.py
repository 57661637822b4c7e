import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sextant.gallery.photos.open import PhotoError, open_photo, read_metadata, read_photo
from tests.support.photos import gps_exif, jpeg, picture


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_every_format_opens_as_rgb_with_its_position(kind):
    import pillow_heif

    pillow_heif.register_heif_opener()
    content = saved(picture(1), kind, exif=gps_exif(48.5, -2.25).tobytes())
    opened = open_photo(content)
    assert (opened.image.mode, opened.width, opened.height) == ("RGB", 64, 48)
    assert (opened.metadata.latitude, opened.metadata.longitude) == pytest.approx((48.5, -2.25))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"Dear diary, today\n" * 40, "is not a photo"),
        (saved(picture(1), "PNG")[:200], "broken or truncated"),
        (png_header(50_000, 50_000), "pixels"),
        (png_header(12_500, 12_500), "12,500 × 12,500 pixels"),
    ],
    ids=["empty", "text", "truncated", "bomb", "too large"],
)
def test_what_is_no_photo_is_refused_with_its_reason(tmp_path: Path, content: bytes, words: str):
    file = tmp_path / "photo.jpg"
    file.write_bytes(content)
    with pytest.raises(PhotoError, match=words) as caught:
        open_photo(file)
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_missing_files_and_folders_are_refused(tmp_path: Path):
    with pytest.raises(PhotoError, match="does not exist"):
        open_photo(tmp_path / "none.jpg")
    with pytest.raises(PhotoError, match="is a folder"):
        open_photo(tmp_path)


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(PhotoError, match="cannot be read"):
        open_photo("a\0b.jpg")


def test_the_first_frame_of_an_animation_is_taken():
    red, blue = Image.new("RGB", (32, 32), "red"), Image.new("RGB", (32, 32), "blue")
    content = saved(red, "WEBP", save_all=True, append_images=[blue], duration=100, lossless=True)
    assert open_photo(content).image.getpixel((5, 5)) == (255, 0, 0)


def test_cmyk_becomes_rgb():
    content = saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    red, green, blue = open_photo(content).image.getpixel((8, 8))
    assert red > 200 and green < 60 and blue < 60


def test_sixteen_bits_are_scaled_not_clipped():
    ramp = np.linspace(0, 65535, 64 * 8).astype(np.uint16).reshape(8, 64)
    grey = np.asarray(open_photo(saved(Image.fromarray(ramp), "PNG")).image)[..., 0]
    assert np.abs(grey.astype(float) - ramp / 257).max() <= 0.5


def test_transparency_lies_on_white():
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert open_photo(saved(clear, "PNG")).image.getpixel((4, 4)) == (255, 255, 255)
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([10, 20, 30] * 256)
    assert open_photo(saved(palette, "PNG")).image.getpixel((4, 4)) == (10, 20, 30)
    assert open_photo(saved(palette, "PNG", transparency=0)).image.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_stands_upright(orientation: int):
    upright = Image.new("RGB", (40, 20), "black")
    upright.paste("white", (0, 0, 10, 10))  # the white corner is top left when upright
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright if undo is None else upright.transpose(undo)
    opened = open_photo(saved(stored, "PNG", exif=exif.tobytes()))
    assert opened.image.size == (40, 20)
    assert opened.image.getpixel((2, 2)) == (255, 255, 255) and opened.image.getpixel((37, 17)) == (0, 0, 0)


def test_metadata_does_not_travel_with_the_pixels():
    assert open_photo(jpeg(1, gps_exif(1, 2))).image.info == {}


def test_hostile_exif_gives_a_reason_and_still_a_picture():
    hostile = b"Exif\0\0MM\0*" + b"\xff" * 200
    content = saved(picture(3), "JPEG", exif=hostile)
    assert open_photo(content).image.size == (64, 48)
    assert read_metadata(content).latitude is None and read_metadata(content).problem


def test_a_photo_in_a_zip_is_named_by_archive_and_member(tmp_path):
    content = saved(picture(1), "JPEG")
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("00/1.jpg", content)
        opened.writestr("00/empty.jpg", b"")
    assert read_photo(f"{archive}#00/1.jpg") == content
    for member, reason in (("00/2.jpg", "cannot be read"), ("00/empty.jpg", "is empty")):
        with pytest.raises(PhotoError, match=reason):
            read_photo(f"{archive}#{member}")
    with pytest.raises(PhotoError, match="does not exist"):
        read_photo(f"{tmp_path / 'none.zip'}#00/1.jpg")


def test_a_file_that_is_too_large_or_has_no_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sextant.gallery.photos.open.MAX_BYTES", 1024**2)
    large = tmp_path / "large.jpg"
    large.write_bytes(bytes(1024**2 + 1))
    for endless in (large, Path("/dev/zero")):
        with pytest.raises(PhotoError, match="larger than 1 MB"):
            open_photo(endless)
