"""Positions in XMP and in files beside a photo."""

import io
import json

import pytest
from PIL import Image

from sextant.gallery.photos.open import open_photo
from sextant.gallery.photos.sidecars import list_takeout_names, read_takeout
from sextant.gallery.photos.xmp import read_xmp
from tests.support.photos import gps_exif, jpeg


def packet(latitude: str, longitude: str, more: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'exif:GPSLatitude="{latitude}" exif:GPSLongitude="{longitude}">{more}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta><?xpacket end="w"?>'
    ).encode()


@pytest.mark.parametrize(
    ("latitude", "longitude", "want"),
    [
        ("47,22.5N", "8,32.4E", (47.375, 8.54)),
        ("33,52,1S", "151,12,30W", (-33.866944, -151.208333)),
        ("47.375N", "8.54E", (47.375, 8.54)),
        ("-33.8669", "151.2083", (-33.8669, 151.2083)),
    ],
)
def test_every_form_of_an_xmp_position_is_read(latitude, longitude, want):
    read = read_xmp(packet(latitude, longitude), "xmp")
    assert (read.latitude, read.longitude) == pytest.approx(want, abs=1e-5) and read.origin == "xmp"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (packet("north", "8,32.4E"), "not an angle"),
        (packet("8,32.4E", "47,22.5N"), "not an angle"),
        (packet("97,0N", "8,0E"), "out of range"),
        (packet("0,0N", "0,0E"), "0, 0"),
        (b"<x:xmpmeta><broken", "XMP is broken"),
        (b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>', "declares entities"),
        (b"", "XMP is broken"),
    ],
)
def test_a_bad_packet_gives_a_reason(content, words):
    read = read_xmp(content, "xmp")
    assert read.latitude is None and words in (read.problem or "")


def test_elements_creator_and_time_are_read():
    more = (
        "<dc:creator><rdf:Seq><rdf:li>Jörg Müller</rdf:li></rdf:Seq></dc:creator>"
        "<exif:DateTimeOriginal>2024-05-01T10:11:12+02:00</exif:DateTimeOriginal>"
    )
    read = read_xmp(packet("47,22.5N", "8,32.4E", more), "xmp")
    assert (read.author, read.captured_at) == ("Jörg Müller", "2024-05-01T10:11:12+02:00")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_embedded_xmp_gives_a_position_where_exif_has_none(kind):
    buffer = io.BytesIO()
    image = Image.new("RGB", (32, 24))
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet("47,22.5N", "8,32.4E").decode())
        image.save(buffer, kind, pnginfo=info)
    elif kind == "TIFF":
        image.save(buffer, kind, tiffinfo={700: packet("47,22.5N", "8,32.4E")})
    else:
        image.save(buffer, kind, xmp=packet("47,22.5N", "8,32.4E"))
    metadata = open_photo(buffer.getvalue()).metadata
    assert (metadata.latitude, metadata.longitude, metadata.origin) == (47.375, 8.54, "xmp")


def test_exif_comes_before_a_sidecar_and_a_sidecar_before_nothing(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "a.jpg.xmp").write_bytes(packet("47,22.5N", "8,32.4E"))
    assert open_photo(tmp_path / "a.jpg").metadata.origin == "sidecar"
    (tmp_path / "b.jpg").write_bytes(jpeg(1, exif=gps_exif(10, 20)))
    (tmp_path / "b.xmp").write_bytes(packet("47,22.5N", "8,32.4E"))
    assert open_photo(tmp_path / "b.jpg").metadata.latitude == pytest.approx(10)


TAKEOUT = {
    "title": "x",
    "photoTakenTime": {"timestamp": "1714558272"},
    "geoData": {"latitude": 47.375, "longitude": 8.54},
}


@pytest.mark.parametrize(
    ("photo", "sidecar"),
    [
        ("IMG_1234.jpg", "IMG_1234.jpg.json"),
        ("IMG_1234.jpg", "IMG_1234.jpg.supplemental-metadata.json"),
        ("IMG_1234(1).jpg", "IMG_1234.jpg(1).json"),
        ("IMG_1234(1).jpg", "IMG_1234.jpg.supplemental-metadata(1).json"),
        ("IMG_1234-edited.jpg", "IMG_1234.jpg.json"),
        ("PXL_20240501_101112345.PORTRAIT.jpg", "PXL_20240501_101112345.PORTRAIT.jpg.supplement.json"),
    ],
)
def test_takeout_sidecars_are_found_by_every_name(tmp_path, photo, sidecar):
    assert sidecar in list_takeout_names(photo)
    (tmp_path / photo).write_bytes(jpeg(1))
    (tmp_path / sidecar).write_text(json.dumps(TAKEOUT))
    metadata = open_photo(tmp_path / photo).metadata
    assert (metadata.latitude, metadata.longitude, metadata.origin) == (47.375, 8.54, "takeout")
    assert metadata.captured_at == "2024-05-01T10:11:12+00:00"


@pytest.mark.parametrize("content", [b"[]", b"{}", b"not json", b'{"latitude": 3}', b"[" * 100_000])
def test_other_json_is_no_sidecar(content):
    assert read_takeout(content) is None


def test_a_takeout_position_of_zero_is_none():
    read = read_takeout(json.dumps({**TAKEOUT, "geoData": {"latitude": 0.0, "longitude": 0.0}}).encode())
    assert read is not None and read.latitude is None and "no position" in (read.problem or "")
