"""Hundreds of small files that state one position each: every GPS spelling, layout of EXIF, container and XMP form."""

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.support.exif_spellings import (
    COARSE_FORMS,
    FORMS,
    PLACES,
    REFERENCES,
    XMP_FORMS,
    Entry,
    directory,
    jpeg_with,
    pairs,
    spelled_gps,
    xmp_segment,
    xmp_words,
)

TOKYO, PARIS, LONDON, KANSAS = (35.686111, 139.75), (48.858222, 2.2945), (51.5007, -0.1246), (39.0, -98.5)
Place = tuple[float, float]
_ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 2, 3, 4, 5, 10
_DMS = "degrees, minutes, seconds"
SUFFIXES = {"JPEG": "jpg", "TIFF": "tif", "PNG": "png", "WEBP": "webp", "HEIF": "heic", "AVIF": "avif"}


@dataclass(frozen=True)
class Made:
    """A file, the sidecar beside it, and the place it was made of; None where the file does not tell one."""

    name: str
    suffix: str
    content: bytes
    place: Place | None
    sidecar: bytes | None = None


def exif_block(order: str, gps: Sequence[Entry], layout: str = "plain") -> bytes:
    """Return a TIFF block of GPS entries, laid out in one of LAYOUTS."""
    head = b"II" if order == "<" else b"MM"
    entries = list(reversed(gps)) if layout == "entries in reverse" else list(gps)
    camera: list[Entry] = [(0x010F, _ASCII, b"Maker of cameras\0"), (0x0132, _ASCII, b"2024:05:01 10:11:12\0")]
    main = camera if layout == "behind other tags" else []
    if layout == "GPS directory first":
        behind = directory(order, 8, entries)
        pointer = (0x8825, _LONG, struct.pack(order + "I", 8))
        return (
            head
            + struct.pack(order + "HI", 42, 8 + len(behind))
            + behind
            + directory(order, 8 + len(behind), [pointer])
        )
    gap = {"odd offsets": 1, "far away": 1000}.get(layout, 0)
    size = len(directory(order, 8, [*main, (0x8825, _LONG, bytes(4))]))
    at = 8 + size + gap
    first = directory(order, 8, [*main, (0x8825, _LONG, struct.pack(order + "I", at))])
    block = directory(order, at, entries)
    if layout == "value behind the end":
        block = _moved(block, order, 0x7FFFFF00)
    elif layout == "cut off":
        block = block[:-20]
    return head + struct.pack(order + "HI", 42, 8) + first + bytes(gap) + block


def _moved(block: bytes, order: str, offset: int) -> bytes:
    """Point the latitude of a GPS directory somewhere else."""
    for at in range(2, 2 + 12 * struct.unpack_from(order + "H", block)[0], 12):
        if struct.unpack_from(order + "H", block, at)[0] == 2:
            return block[: at + 8] + struct.pack(order + "I", offset) + block[at + 12 :]
    raise ValueError("the block has no latitude")


LAYOUTS = (
    "plain",
    "entries in reverse",
    "behind other tags",
    "GPS directory first",
    "odd offsets",
    "far away",
    "value behind the end",
    "cut off",
)


def tiff_with(order: str, gps: Sequence[Entry]) -> bytes:
    """Return a TIFF of 2 x 2 grey pixels whose GPS directory holds these entries."""

    def short(value: int) -> bytes:
        return struct.pack(order + "H", value)

    tags: list[Entry] = [(tag, _SHORT, short(value)) for tag, value in ((256, 2), (257, 2), (258, 8), (259, 1))]
    tags += [(262, _SHORT, short(1)), (273, _LONG, struct.pack(order + "I", 8)), (277, _SHORT, short(1))]
    tags += [(278, _SHORT, short(2)), (279, _LONG, struct.pack(order + "I", 4))]
    size = len(directory(order, 12, [*tags, (0x8825, _LONG, bytes(4))]))
    first = directory(order, 12, [*tags, (0x8825, _LONG, struct.pack(order + "I", 12 + size))])
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 12)
    return head + b"\x40\x80\xc0\xff" + first + directory(order, 12 + size, gps)


def photo_with(kind: str, order: str, gps: Sequence[Entry]) -> bytes:
    """Return a small picture of a format of SUFFIXES that holds these GPS entries."""
    if kind == "TIFF":
        return tiff_with(order, gps)
    return picture(kind, exif=b"Exif\0\0" + exif_block(order, gps))


def picture(kind: str, **options: object) -> bytes:
    """Return a small picture, saved with these options."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), "teal").save(buffer, kind, **options)
    return buffer.getvalue()


def xmp_packet(latitude: str, longitude: str, form: str) -> bytes:
    """Return an XMP packet: the position as attributes or as elements."""
    if form == "attributes":
        return xmp_segment(latitude, longitude).partition(b"\0")[2]
    elements = f"<exif:GPSLatitude>{latitude}</exif:GPSLatitude><exif:GPSLongitude>{longitude}</exif:GPSLongitude>"
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:exif="http://ns.adobe.com/exif/1.0/">{elements}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def _jpeg(block: bytes) -> bytes:
    return jpeg_with(b"Exif\0\0" + block)


def _angles(forms: Sequence[str]) -> Iterator[Made]:
    """Every form of an angle at every place, in both byte orders."""
    for form in forms:
        for order in "<>":
            for place in PLACES:
                block = exif_block(order, spelled_gps(form, "with NUL", order, place))
                told = _to_a_second(place) if form == "three shorts" else place
                yield Made(f"{form} {order}", "jpg", _jpeg(block), told)


def _to_a_second(place: Place) -> Place:
    return round(place[0] * 3600) / 3600, round(place[1] * 3600) / 3600


def _references() -> Iterator[Made]:
    for reference in REFERENCES:
        for order in "<>":
            for form in (_DMS, "one double", "signed rational", "text degrees"):
                for place in PLACES[1:3]:
                    block = exif_block(order, spelled_gps(form, reference, order, place))
                    yield Made(f"{reference}, {form} {order}", "jpg", _jpeg(block), place)
    for said in (("", ""), ("E", "N"), ("X", "Y"), ("0", "1"), (None, None)):
        for form in (_DMS, "one double", "text degrees"):
            spelled = spelled_gps(form, None if said[0] is None else "with NUL", "<", PLACES[0], said)
            yield Made(f"references {said}, {form}", "jpg", _jpeg(exif_block("<", spelled)), None)
    for form in ("signed rational", "one double", "text signed"):
        for place in PLACES[1:3]:
            block = exif_block("<", spelled_gps(form, None, "<", place))
            yield Made(f"no references, {form}", "jpg", _jpeg(block), place)


def _containers() -> Iterator[Made]:
    forms = (_DMS, "decimal minutes", "one rational", "signed rational", "three doubles", "text signed", "seconds 0/0")
    for kind, suffix in SUFFIXES.items():
        for form in (*forms[:-1], "decimal minutes, seconds 0/0"):
            for order in "<>":
                place = PLACES[(len(form) + (order == ">")) % 4]
                content = photo_with(kind, order, spelled_gps(form, "bare", order, place))
                yield Made(f"{kind}, {form} {order}", suffix, content, place)


def _layouts() -> Iterator[Made]:
    for layout in LAYOUTS:
        for order in "<>":
            for place in PLACES[1:3]:
                block = exif_block(order, spelled_gps(_DMS, "with NUL", order, place), layout)
                told = None if layout in ("value behind the end", "cut off") else place
                yield Made(f"{layout} {order}", "jpg", _jpeg(block), told)


def _more_tags() -> Iterator[Made]:
    """Altitudes, the state of the receiver, and datums beside a position."""
    for name, more in {
        "altitude below the sea": [(5, 1, b"\1"), (6, _RATIONAL, struct.pack("<II", 41, 1))],
        "altitude reference as text": [(5, _ASCII, b"1\0"), (6, _RATIONAL, struct.pack("<II", 41, 1))],
        "altitude 0/0": [(5, 1, b"\0"), (6, _RATIONAL, bytes(8))],
        "status A": [(9, _ASCII, b"A\0")],
        "status V": [(9, _ASCII, b"V\0")],
        "version and stamp": [(0, 1, b"\2\3\0\0"), (7, _RATIONAL, struct.pack("<6I", 10, 1, 11, 1, 12, 1))],
    }.items():
        for place in PLACES:
            entries = sorted([*spelled_gps(_DMS, "with NUL", "<", place), *more])
            yield Made(name, "jpg", _jpeg(exif_block("<", entries)), place)
    for datum in ("WGS-84", "WGS84", "wgs 84", "WGS-84   ", "", "unknown", "EPSG:4326", "Mars 2000"):
        entries = [*spelled_gps(_DMS, "bare", "<", TOKYO), (18, _ASCII, datum.encode() + b"\0")]
        yield Made(f"datum {datum!r}", "jpg", _jpeg(exif_block("<", entries)), TOKYO)
    for datum, place in (("TOKYO", TOKYO), ("Tokyo", TOKYO), ("ED50", PARIS), ("OSGB36", LONDON), ("NAD27", KANSAS)):
        entries = [*spelled_gps(_DMS, "bare", "<", place), (18, _ASCII, datum.encode() + b"\0")]
        yield Made(f"datum {datum}", "jpg", _jpeg(exif_block("<", entries)), molodensky(datum.upper(), place))


def _not_told() -> Iterator[Made]:
    """Positions that nobody can tell, and the last ones that one can."""

    def block(latitude: list[tuple[int, int]], longitude: list[tuple[int, int]], letters: str = "SE") -> bytes:
        values = (pairs(*latitude, order="<"), pairs(*longitude, order="<"))
        entries: list[Entry] = [(1, _ASCII, letters[0].encode() + b"\0"), (2, _RATIONAL, values[0])]
        return _jpeg(exif_block("<", [*entries, (3, _ASCII, letters[1].encode() + b"\0"), (4, _RATIONAL, values[1])]))

    good = [(151, 1), (12, 1), (55, 1)]
    east = 151 + 12 / 60 + 55 / 3600
    for name, latitude, place in (
        ("seconds 60", [(33, 1), (51, 1), (60, 1)], (-33 - 52 / 60, east)),
        ("minutes 60", [(33, 1), (60, 1), (0, 1)], (-34.0, east)),
        ("seconds above 60", [(33, 1), (51, 1), (2442, 1)], None),
        ("minutes above 60", [(33, 1), (75, 1), (0, 1)], None),
        ("minutes in hundredths", [(33, 1), (5178, 1), (0, 1)], None),
        ("beyond the pole", [(91, 1), (30, 1), (0, 1)], None),
        ("degrees 0/0", [(0, 0), (0, 0), (0, 0)], None),
        ("degrees 33/0", [(33, 0), (51, 1), (24, 1)], None),
        ("seconds 24/0", [(33, 1), (51, 1), (24, 0)], (-33.85, east)),
        ("two parts", [(33, 1), (51, 1)], (-33.85, east)),
        ("five parts", [(33, 1), (51, 1), (0, 1), (0, 1), (0, 1)], (-33.85, east)),
        ("the pole", [(90, 1), (0, 1), (0, 1)], (-90.0, east)),
    ):
        yield Made(name, "jpg", block(latitude, good), place)
    yield Made("zero", "jpg", block([(0, 1)] * 3, [(0, 1)] * 3), None)
    yield Made("on the equator", "jpg", block([(0, 1)] * 3, good), (0.0, east))
    yield Made("the antimeridian", "jpg", block([(17, 1), (30, 1), (0, 1)], [(180, 1), (0, 1), (0, 1)]), (-17.5, 180.0))
    yield Made("beyond the antimeridian", "jpg", block([(17, 1), (30, 1)], [(200, 1), (0, 1)]), None)
    alone: list[Entry] = [(1, _ASCII, b"N\0"), (2, _RATIONAL, pairs((48, 1), (0, 1), (0, 1), order="<"))]
    yield Made("a latitude alone", "jpg", _jpeg(exif_block("<", alone)), None)
    yield Made("no GPS entries", "jpg", _jpeg(exif_block("<", [])), None)


def _xmp() -> Iterator[Made]:
    plain = jpeg_with()
    for form in XMP_FORMS:
        for shape in ("attributes", "elements"):
            for index, place in enumerate(PLACES):
                packet = xmp_packet(*xmp_words(form, place), shape)
                if index % 2:
                    yield Made(f"sidecar, {form}, {shape}", "jpg", plain, place, packet)
                else:
                    segment = b"http://ns.adobe.com/xap/1.0/\0" + packet
                    yield Made(f"XMP, {form}, {shape}", "jpg", jpeg_with(segment), place)
    for kind in ("PNG", "WEBP", "TIFF", "HEIF", "AVIF"):
        for form in ("standard", "decimal"):
            packet = xmp_packet(*xmp_words(form, PLACES[1]), "elements")
            yield Made(f"XMP in {kind}, {form}", SUFFIXES[kind], _with_xmp(kind, packet), PLACES[1])


def _with_xmp(kind: str, packet: bytes) -> bytes:
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        return picture(kind, pnginfo=info)
    return picture(kind, **({"tiffinfo": {700: packet}} if kind == "TIFF" else {"xmp": packet}))


def corpus() -> list[Made]:
    """Return every file of the corpus; the same ones each time."""
    return [
        *_angles(FORMS + COARSE_FORMS),
        *_references(),
        *_containers(),
        *_layouts(),
        *_more_tags(),
        *_not_told(),
        *_xmp(),
    ]


# Semi-major axis (m), flattening, and the shift to WGS84 (m) of each datum: NIMA TR8350.2, appendices A and B.
_TO_WGS84 = {
    "TOKYO": (6377397.155, 1 / 299.1528128, (-148, 507, 685)),
    "ED50": (6378388.0, 1 / 297, (-87, -98, -121)),
    "OSGB36": (6377563.396, 1 / 299.3249646, (375, -111, 431)),
    "NAD27": (6378206.4, 1 / 294.9786982, (-8, 160, 176)),
}


def molodensky(datum: str, place: Place) -> Place:
    """Convert a place to WGS84 by the abridged Molodensky formulas (NIMA TR8350.2, 7.2.2); good to some 10 m."""
    from math import cos, degrees, radians, sin

    axis, flattening, (dx, dy, dz) = _TO_WGS84[datum]
    phi, lam = radians(place[0]), radians(place[1])
    da, df = 6378137.0 - axis, 1 / 298.257223563 - flattening
    squared = 2 * flattening - flattening**2
    curve = 1 - squared * sin(phi) ** 2
    meridian, vertical = axis * (1 - squared) / curve**1.5, axis / curve**0.5
    north = -dx * sin(phi) * cos(lam) - dy * sin(phi) * sin(lam) + dz * cos(phi)
    north += (axis * df + flattening * da) * sin(2 * phi)
    east = -dx * sin(lam) + dy * cos(lam)
    return place[0] + degrees(north / meridian), place[1] + degrees(east / (vertical * cos(phi)))
