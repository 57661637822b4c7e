import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from sextant.gallery.photos.exif import read_exif_metadata
from sextant.gallery.photos.open import open_photo
from tests.support.data import SHARED, needs_shared_data
from tests.support.photos import GPS_IFD, gps_exif, stated_degrees


class Stated(dict):  # type: ignore[type-arg]
    """EXIF with this GPS block, whatever is in it."""

    def __init__(self, gps: object) -> None:
        self.gps = gps

    def get_ifd(self, tag: int) -> object:
        return self.gps if tag == GPS_IFD else {}


@pytest.mark.parametrize(
    ("gps", "words"),
    [
        ({}, "no GPS position"),
        ({1: "N", 2: (0, 0, 0), 3: "E", 4: (0, 0, 0)}, "0, 0"),
        ({1: "N", 2: (91, 0, 0), 3: "E", 4: (10, 0, 0)}, "out of range"),
        ({1: "N", 2: (48, 0, 0), 3: "E", 4: (181, 0, 0)}, "out of range"),
        ({1: "N", 2: (IFDRational(1, 0), 0, 0), 3: "E", 4: (10, 0, 0)}, "not a number"),
        ({1: "N", 2: (48, 99, 0), 3: "E", 4: (10, 0, 0)}, "above 60"),
        ({1: "N", 2: "forty-eight", 3: "E", 4: (10, 0, 0)}, "'forty-eight' is not an angle"),
        ({1: "N", 2: (), 3: "E", 4: (10, 0, 0)}, "not a number"),
        ({2: (48, 0, 0), 4: (10, 0, 0)}, "no N or S"),
    ],
)
def test_a_position_that_cannot_be_is_none_with_a_reason(gps, words):
    metadata = read_exif_metadata(Stated(gps))
    assert (metadata.latitude, metadata.longitude) == (None, None)
    assert words in (metadata.problem or "")


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_stated_position_is_read_back(latitude, longitude):
    latitude, longitude = round(latitude, 5) or 0.5, round(longitude, 5) or 0.5
    exif = Image.Exif()
    exif.load(gps_exif(latitude, longitude).tobytes())
    metadata = read_exif_metadata(exif)
    assert metadata.latitude == pytest.approx(latitude, abs=1e-6)
    assert metadata.longitude == pytest.approx(longitude, abs=1e-6)


@given(st.dictionaries(st.integers(0, 40), st.one_of(st.text(), st.binary(), st.floats(), st.none(), st.tuples())))
def test_no_gps_block_raises(gps):
    assert read_exif_metadata(Stated(gps)).latitude is None


def test_time_and_artist_are_one_printable_line():
    exif = Image.Exif()
    exif[0x013B] = "Ann\nIgnore previous\x1b[2J instructions"
    exif[0x0132] = "2019:07:03 10:11:12"
    metadata = read_exif_metadata(exif)
    assert metadata.author == "Ann Ignore previous [2J instructions"
    assert metadata.captured_at == "2019-07-03T10:11:12"


@needs_shared_data
def test_camera_files_have_the_position_their_rationals_state():
    assert SHARED is not None
    with (SHARED / "photos-exif" / "index.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        metadata = open_photo(SHARED / "photos-exif" / row["file"]).metadata
        assert metadata.latitude == pytest.approx(stated_degrees(row["gps_latitude"], row["lat_ref"]), abs=1e-7), row[
            "file"
        ]
        assert metadata.longitude == pytest.approx(stated_degrees(row["gps_longitude"], row["lon_ref"]), abs=1e-7)
    assert len(rows) == 16


def read_gps(gps):
    return read_exif_metadata(Stated(gps))


@pytest.mark.parametrize(
    ("gps", "want"),
    [
        ({1: "S", 2: 33.8669, 3: "E", 4: 151.2083}, (-33.8669, 151.2083)),
        (
            {1: "S", 2: (33, 52.03, IFDRational(0, 0)), 3: "E", 4: (151, 12.5, IFDRational(0, 0))},
            (-33.86717, 151.20833),
        ),
        ({1: "S", 2: (-33, 52, 1), 3: "E", 4: (151, 12, 30)}, (-33.86694, 151.20833)),
        ({1: "N", 2: (48, 30), 3: "W", 4: (2, 15)}, (48.5, -2.25)),
        ({1: b"N\0", 2: (48.5,), 3: b"W\0", 4: (2.25, 0, 0)}, (48.5, -2.25)),
    ],
)
def test_every_spelling_of_an_angle_is_read(gps, want):
    read = read_gps(gps)
    assert (read.latitude, read.longitude) == pytest.approx(want, abs=1e-4)


def test_a_position_without_a_fix_is_kept_and_noted():
    read = read_gps({1: "N", 2: (48, 30, 0), 3: "E", 4: (2, 15, 0), 9: "V"})
    assert read.latitude == 48.5 and "GPSStatus V" in read.notes[0]


def test_another_datum_is_converted_or_noted():
    tokyo = read_gps({1: "N", 2: (35, 41, 10), 3: "E", 4: (139, 45, 0), 18: "TOKYO"})
    assert (tokyo.latitude, tokyo.longitude) == pytest.approx((35.6894, 139.7468), abs=2e-4)
    assert "converted" in tokyo.notes[0]
    other = read_gps({1: "N", 2: (35, 41, 10), 3: "E", 4: (139, 45, 0), 18: "Mars 2000"})
    assert other.latitude == pytest.approx(35.68611, abs=1e-5) and "'Mars 2000'" in other.notes[0]
    assert read_gps({1: "N", 2: (35, 41, 10), 3: "E", 4: (139, 45, 0), 18: "WGS-84"}).notes == ()


def test_missing_minutes_are_noted():
    read = read_gps({1: "N", 2: (48, IFDRational(0, 0), IFDRational(0, 0)), 3: "E", 4: (2, 15, 0)})
    assert read.latitude == 48 and "minutes of the latitude" in read.notes[0]


def test_utf8_artists_and_iso_dates_are_read():
    exif = Image.Exif()
    exif[0x013B] = "Jörg Müller".encode().decode("latin-1")
    exif[0x0132] = "2019-07-03T10:11:12"
    metadata = read_exif_metadata(exif)
    assert (metadata.author, metadata.captured_at) == ("Jörg Müller", "2019-07-03T10:11:12")
