"""Read XMP metadata of a photo: GPS position, time, photographer. Every value is untrusted.

Properties and their forms: XMP specification part 2 (exif, dc, photoshop and xmp namespaces).
"""

import math
from collections.abc import Iterator
from xml.etree import ElementTree

from sextant.gallery.photos.angles import is_negative, join_degrees, parse_angle_text
from sextant.gallery.photos.exif import NoPosition, Origin, PhotoMetadata, check_stated_position, clean_line, read_time

MAX_XMP_BYTES = 4 * 1024**2  # extended XMP holds depth maps; positions lie in the first packet
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_TIMES = (
    f"{_EXIF}DateTimeOriginal",
    "{http://ns.adobe.com/photoshop/1.0/}DateCreated",
    "{http://ns.adobe.com/xap/1.0/}CreateDate",
)


def read_xmp(packet: bytes, origin: Origin) -> PhotoMetadata:
    """Read position, time and creator from an XMP packet; hostile packets give a reason, never an error."""
    if len(packet) > MAX_XMP_BYTES:
        return PhotoMetadata(problem=f"XMP is larger than {MAX_XMP_BYTES // 1024**2} MB and was not read")
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        return PhotoMetadata(problem="XMP declares entities and was not read")
    try:
        properties = dict(_list_properties(ElementTree.fromstring(_cut_out_xml(packet))))
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
        return PhotoMetadata(problem=f"XMP is broken ({type(error).__name__})")
    author = clean_line(properties.get(_CREATOR))
    captured_at = next((time for name in _TIMES if (time := read_time(properties.get(name, "")))), None)
    notes: list[str] = []
    try:
        latitude, longitude = _read_position(properties, notes)
    except NoPosition as reason:
        return PhotoMetadata(captured_at=captured_at, author=author, problem=str(reason))
    return PhotoMetadata(latitude, longitude, captured_at, author, None, origin, tuple(notes))


def _cut_out_xml(packet: bytes) -> bytes:
    """Cut the XML out of its packet: wrappers and padding around it are processing instructions and blanks."""
    start, end = packet.find(b"<x:xmpmeta"), packet.rfind(b"</x:xmpmeta>")
    return packet[start : end + len(b"</x:xmpmeta>")] if 0 <= start < end else packet.strip(b"\0 \r\n\t\xef\xbb\xbf")


def _list_properties(root: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Yield every property with its text: written as attribute, as element, or as the first item of a list."""
    for element in root.iter():
        yield from element.attrib.items()
        text = next((part.strip() for part in element.itertext() if part.strip()), None)
        if text is not None and not element.tag.endswith(("}RDF", "}Description", "}xmpmeta")):
            yield element.tag, text


def _read_position(properties: dict[str, str], notes: list[str]) -> tuple[float, float]:
    latitude, longitude = properties.get(f"{_EXIF}GPSLatitude"), properties.get(f"{_EXIF}GPSLongitude")
    if latitude is None or longitude is None:
        raise NoPosition("XMP has no GPS position")
    return check_stated_position(
        _read_degrees(latitude, "NS", "latitude"),
        _read_degrees(longitude, "EW", "longitude"),
        "XMP",
        properties.get(f"{_EXIF}GPSStatus"),
        properties.get(f"{_EXIF}GPSMapDatum"),
        notes,
    )


def _read_degrees(text: str, letters: str, name: str) -> float:
    """Read "59,54.1234N" or "59,54,7N", as the standard asks, and what programs write instead."""
    angle = parse_angle_text(text)
    values, letter = angle or ([], "")
    total = join_degrees(values) if values and math.isfinite(values[0]) else None
    if total is None or (letter and letter not in letters):
        raise NoPosition(f"XMP {name} {text[:40]!r} is not an angle")
    return (-total or 0.0) if letter == letters[1] or is_negative(values) else total
