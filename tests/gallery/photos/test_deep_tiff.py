"""TIFFs of scanners and science: each kind of sample comes out as the picture it is."""

import io

import numpy as np
import pytest
import tifffile

from sextant.gallery.photos import deep_tiff
from sextant.gallery.photos.open import PhotoError, open_photo, read_metadata

RAMP = np.linspace(0, 1, 64 * 48).reshape(48, 64)
COLOURS = np.stack([RAMP, RAMP[::-1], 1 - RAMP], axis=-1)


def written(values, **more) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, metadata=None, **more)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_float_samples_come_out_as_the_picture(kind, colours, planar):
    values = COLOURS if colours else RAMP
    stored = np.moveaxis(values, -1, 0) if colours and planar == "separate" else values
    more = {"photometric": "rgb", "planarconfig": planar} if colours else {"photometric": "minisblack"}
    opened = np.asarray(open_photo(written(stored.astype(kind), **more)).image).astype(float)
    wanted = values * 255 if colours else np.repeat(values[..., None], 3, axis=-1) * 255
    assert np.abs(opened - wanted).max() <= 1


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_grey_with_alpha_of_any_depth(bits):
    top = 2**bits - 1
    alpha = np.full(RAMP.shape, top)
    alpha[:, :8] = 0  # clear pixels show the white behind
    stored = np.stack([RAMP * top, alpha], axis=-1).round().astype(np.uint16)
    opened = np.asarray(open_photo(written(stored, photometric="minisblack", extrasamples=["unassalpha"])).image)
    assert np.abs(opened[:, 8:, 0].astype(float) - RAMP[:, 8:] * 255).max() <= 1
    assert opened[:, :8].min() == 255


def test_white_is_zero_is_turned_round():
    stored = written(RAMP.astype(np.float16), photometric="miniswhite")
    opened = np.asarray(open_photo(stored).image).astype(float)
    assert opened[0, 0, 0] > 250 and opened[-1, -1, 0] < 5


def test_orientation_and_artist_are_kept():
    tags = [(274, "H", 1, 6, True), (315, "s", 0, "Jörg Müller".encode(), True)]
    content = written(COLOURS.astype(np.float32), photometric="rgb", extratags=tags)
    assert open_photo(content).image.size == (48, 64)
    assert read_metadata(content).author == "Jörg Müller"


def test_a_cut_file_and_hostile_bytes_are_one_line():
    content = written(COLOURS.astype(np.float64), photometric="rgb")
    for bad in (content[: len(content) // 2], content[:200], b"II*\0" + b"\xff" * 64, content[:8]):
        with pytest.raises(PhotoError) as failed:
            open_photo(bad)
        assert "\n" not in str(failed.value)


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr("sextant.gallery.photos.open.MAX_PIXELS", 1000)
    with pytest.raises(PhotoError, match="64 × 48 pixels"):
        open_photo(written(COLOURS.astype(np.float64), photometric="rgb"))


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(deep_tiff, "can_open", lambda: False)
    with pytest.raises(PhotoError, match=r"sextant-geo\[raw\]"):
        open_photo(written(COLOURS.astype(np.float64), photometric="rgb"))
