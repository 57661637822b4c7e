from pathlib import Path

import pytest

from sextant.gallery.build.decode import DecodedPhoto, decode
from sextant.gallery.build.pool import decode_all
from sextant.gallery.encoders.spec import EncoderError
from sextant.gallery.sources.records import FileOnDisk, PhotoRecord, Unreadable
from tests.support.encoders import thumbnail
from tests.support.photos import jpeg


@pytest.fixture
def photo(tmp_path: Path) -> FileOnDisk:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg(1, size=(64, 48)))
    return FileOnDisk(str(path))


def test_countries_come_from_the_map_unless_the_table_names_them(photo):
    places = {"inland": (48.86, 2.35), "off Nice": (43.66, 7.25), "the Atlantic": (30.0, -40.0)}
    records = [PhotoRecord(name, photo, "", "", *place) for name, place in places.items()]
    records.append(PhotoRecord("named", photo, "", "", 48.86, 2.35, country_code="BE"))
    found = {
        item.id: item.columns["country_code"] for item in decode(records, thumbnail) if isinstance(item, DecodedPhoto)
    }
    assert found == {"inland": "FR", "off Nice": "FR", "the Atlantic": None, "named": "BE"}


def test_a_bad_photo_leaves_its_place_to_its_reason_and_the_others_alone(photo, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    records = [
        PhotoRecord("good", photo, "", "", 1, 2),
        PhotoRecord("broken", FileOnDisk(str(broken)), "", "", 1, 2),
        PhotoRecord("gone", FileOnDisk(str(tmp_path / "gone.jpg")), "", "", 1, 2),
        Unreadable("refused", "has no row"),
        PhotoRecord("placeless", photo, "", ""),
    ]
    good, *others = decode(records, thumbnail)
    assert isinstance(good, DecodedPhoto) and good.id == "good"
    reasons = {item.id: item.reason for item in others if isinstance(item, Unreadable)}
    assert list(reasons) == ["broken", "gone", "refused", "placeless"]
    assert reasons["gone"] == "does not exist" and "no position" in reasons["placeless"]


def fails(image: object) -> None:
    raise EncoderError("encoder 'tower.onnx' fails: no memory")


@pytest.mark.parametrize("workers", [0, 1])
def test_an_encoder_that_fails_ends_the_build_instead_of_listing_every_photo(photo, workers):
    with pytest.raises(EncoderError, match="no memory"):
        list(decode_all([PhotoRecord("good", photo, "", "", 1, 2)], fails, 0, workers))
