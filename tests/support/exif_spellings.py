"""JPEGs whose EXIF or XMP spells one position in every way that cameras and programs are known to."""

import io
import struct
from collections.abc import Sequence

from PIL import Image

PLACES = ((48.858222, 2.2945), (-33.856784, 151.215297), (40.689247, -74.044502), (-0.000556, -0.75))
_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL, _FLOAT, _DOUBLE = 1, 2, 3, 4, 5, 10, 11, 12
_LETTERS = {_SHORT: "H", _LONG: "I", _FLOAT: "f", _DOUBLE: "d"}
_SIZES = {_BYTE: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _SRATIONAL: 8, _FLOAT: 4, _DOUBLE: 8}
Entry = tuple[int, int, bytes]
"""Tag, type, and the value's bytes."""


def pairs(*values: tuple[int, int], order: str, kind: int = _RATIONAL) -> bytes:
    """Pack fractions as RATIONALs or SRATIONALs."""
    return b"".join(struct.pack(order + ("II" if kind == _RATIONAL else "ii"), *value) for value in values)


def directory(order: str, at: int, entries: Sequence[Entry]) -> bytes:
    """Return a TIFF directory that lies at ``at``, with its values behind it."""
    listed, data = struct.pack(order + "H", len(entries)), b""
    behind = at + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        place = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", behind + len(data))
        data += value if len(value) > 4 else b""
        listed += struct.pack(order + "HHI", tag, kind, len(value) // _SIZES[kind]) + place
    return listed + struct.pack(order + "I", 0) + data


def exif_segment(order: str, gps: Sequence[Entry]) -> bytes:
    """Return an EXIF block of nothing but GPS entries; ``order`` is "<" or ">"."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    to_gps = directory(order, 8, [(0x8825, _LONG, struct.pack(order + "I", 8 + 2 + 12 + 4))])
    return b"Exif\0\0" + head + to_gps + directory(order, 8 + len(to_gps), gps)


def xmp_segment(latitude: str, longitude: str) -> bytes:
    """Return an XMP packet that states a position in these words."""
    shown = [text.replace('"', "&quot;") for text in (latitude, longitude)]
    return (
        b"http://ns.adobe.com/xap/1.0/\0"
        + (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
            f'exif:GPSLatitude="{shown[0]}" exif:GPSLongitude="{shown[1]}"/></rdf:RDF></x:xmpmeta>'
        ).encode()
    )


def jpeg_with(*segments: bytes) -> bytes:
    """Return a small JPEG with these APP1 segments."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), "teal").save(buffer, "JPEG")
    plain = buffer.getvalue()
    return plain[:2] + b"".join(b"\xff\xe1" + struct.pack(">H", len(s) + 2) + s for s in segments) + plain[2:]


def _parts(value: float) -> tuple[int, int, float]:
    degrees, rest = divmod(abs(value) * 3600, 3600)
    return int(degrees), int(rest // 60), rest % 60


def _spell(form: str, value: float, order: str) -> tuple[int, bytes]:
    """Return type and bytes of an angle, written in one of FORMS."""
    d, m, s = _parts(value)
    minutes, micro, sign = m + s / 60, round(abs(value) * 10**6), -1 if value < 0 else 1
    texts = {
        "text degrees": f"{abs(value):.6f}",
        "text signed": f"{value:.6f}",
        "text with blanks": f"{d} {m} {s:.4f}",
        "text with colons": f"{d}:{m}:{s:.4f}",
        "text with words": f"{d} deg {m}' {s:.4f}\"",
        "text like XMP": f"{d},{minutes:.6f}",
        "text of fractions": f"{d}/1, {m}/1, {round(s * 10000)}/10000",
    }
    if form in texts:
        return _ASCII, texts[form].encode() + b"\0"
    rationals = {
        "degrees, minutes, seconds": [(d, 1), (m, 1), (round(s * 10000), 10000)],
        "large denominators": [(d * 1000, 1000), (m * 1000, 1000), (round(s * 10**7), 10**7)],
        "decimal minutes": [(d, 1), (round(minutes * 10**6), 10**6), (0, 1)],
        "decimal minutes, no seconds": [(d, 1), (round(minutes * 10**6), 10**6)],
        "decimal minutes, seconds 0/0": [(d, 1), (round(minutes * 10**6), 10**6), (0, 0)],
        "decimal degrees": [(micro, 10**6), (0, 1), (0, 1)],
        "decimal degrees, rest 0/0": [(micro, 10**6), (0, 0), (0, 0)],
        "one rational": [(micro, 10**6)],
        "four rationals": [(d, 1), (m, 1), (round(s * 10000), 10000), (0, 1)],
    }
    if form in rationals:
        return _RATIONAL, pairs(*rationals[form], order=order)
    if form == "signed rational":
        return _SRATIONAL, pairs((sign * micro, 10**6), order=order, kind=_SRATIONAL)
    if form == "signed degrees":
        triple = (sign * d, 1), (m, 1), (round(s * 10000), 10000)
        return _SRATIONAL, pairs(*triple, order=order, kind=_SRATIONAL)
    if form == "three shorts":  # whole seconds
        return _SHORT, struct.pack(order + "3H", d, m, round(s))
    if form == "signed triple, every part":
        triple = (sign * d, 1), (sign * m, 1), (sign * round(s * 10000), 10000)
        return _SRATIONAL, pairs(*triple, order=order, kind=_SRATIONAL)
    kind = _DOUBLE if "double" in form else _FLOAT
    numbers = [float(d), float(m), s] if form.startswith("three") else [value]
    return kind, b"".join(struct.pack(order + _LETTERS[kind], number) for number in numbers)


FORMS = (
    "degrees, minutes, seconds", "large denominators", "decimal minutes", "decimal minutes, no seconds",
    "decimal minutes, seconds 0/0", "decimal degrees", "decimal degrees, rest 0/0", "one rational",
    "four rationals", "signed rational", "signed degrees", "signed triple, every part", "three floats",
    "three doubles", "one double", "text degrees", "text signed", "text with blanks", "text with colons",
    "text with words", "text like XMP", "text of fractions",
)  # fmt: skip
COARSE_FORMS = ("three shorts", "one float")
"""Forms that hold a position to a second or to some metres."""
REFERENCES = {
    "with NUL": "{}\0", "bare": "{}", "lower case": "{}\0", "padded": "{}\0\0\0", "blank before": " {}\0",
    "blanks behind": "{}  \0", "word": "{}\0", "lower word": "{}\0",
}  # fmt: skip
_WORDS = {"N": "North", "S": "South", "E": "East", "W": "West"}
XMP_FORMS = ("standard", "seconds", "decimal", "words", "symbols", "letter before", "blanks", "exponent", "signed")


def spelled_gps(
    form: str, reference: str | None, order: str, place: tuple[float, float], said: tuple[str, str] | None = None
) -> list[Entry]:
    """Return GPS entries: an angle of FORMS, a reference of REFERENCES or None for none; ``said`` replaces letters."""
    entries: list[Entry] = []
    letters = said or ("NS"[place[0] < 0], "EW"[place[1] < 0])
    for tag, value, letter in zip((1, 3), place, letters, strict=True):
        if reference is not None:
            shown = _WORDS.get(letter, letter) if "word" in reference else letter
            shown = shown.lower() if "lower" in reference else shown
            entries.append((tag, _ASCII, REFERENCES[reference].format(shown).encode()))
        entries.append((tag + 1, *_spell(form, value, order)))
    return entries


def xmp_words(form: str, place: tuple[float, float]) -> tuple[str, str]:
    """Return latitude and longitude as one of XMP_FORMS writes them."""
    words = []
    for value, letters in zip(place, ("NS", "EW"), strict=True):
        d, m, s = _parts(value)
        letter, minutes = letters[value < 0], m + s / 60
        words.append(
            {
                "standard": f"{d},{minutes:.6f}{letter}",
                "seconds": f"{d},{m},{s:.4f}{letter}",
                "decimal": f"{value:.6f}",
                "words": f"{d} deg {m}' {s:.4f}\" {letter}",
                "symbols": f"{d}°{m}′{s:.4f}″{letter}",
                "letter before": f"{letter}{d},{minutes:.6f}",
                "blanks": f"{d}, {minutes:.6f} {letter}",
                "exponent": f"{value:.7e}",
                "signed": f"{'-' if value < 0 else ''}{d},{minutes:.6f}",
            }[form]
        )
    return words[0], words[1]
