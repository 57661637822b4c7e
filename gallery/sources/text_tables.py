"""Detect how a text table is written: its encoding and its delimiter."""

import codecs
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

_SAMPLE_BYTES = 256 * 1024
HEADER_WITHIN = 10  # lines: titles, notes and blank lines may stand above a header
# Eight-bit and East Asian encodings of spreadsheets and old systems, the likeliest first.
_LEGACY = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp850", "cp437", "cp852", "mac-roman", "cp932", "gb18030",
    "euc-kr", "big5",
)  # fmt: skip
DELIMITERS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class TextForm:
    """How a table is written: a Python codec's name, and the character between cells."""

    encoding: str
    delimiter: str

    @property
    def plain(self) -> bool:
        """Whether it is written as tables usually are: UTF-8 with commas."""
        return self.encoding in ("utf-8", "utf-8-sig") and self.delimiter == ","


def detect_form(path: Path, is_header: Callable[[list[str]], bool], photos: Iterable[str] = ()) -> TextForm:
    """Detect encoding and delimiter of a table; ``is_header`` tells whether cells are a header it can use.

    ``photos`` are names that may stand in it: of the encodings of old systems, the one that spells most of them is
    taken.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    encoding = _detect_encoding(path, sample, photos)
    lines = [line for line in sample.decode(encoding, "replace").splitlines() if line.strip()][:HEADER_WITHIN]
    for line, mark in product(lines, DELIMITERS):
        if is_header([cell.strip().strip('"') for cell in line.split(mark)]):
            return TextForm(encoding, mark)
    first = lines[0] if lines else ""
    return TextForm(encoding, max(DELIMITERS, key=lambda mark: (first.count(mark), mark == ",")))


def _detect_encoding(path: Path, sample: bytes, photos: Iterable[str]) -> str:
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if (zeros := sample[:2000].count(0)) > len(sample[:2000]) / 4 and zeros:
        return "utf-16-be" if sample[:1] == b"\0" else "utf-16-le"
    if _is_utf8(path):
        return "utf-8"
    if named := _detect_by_names(sample, photos):
        return named
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best is not None else "latin-1"


def _detect_by_names(sample: bytes, photos: Iterable[str]) -> str | None:
    """Return the encoding in which most of the photos' names stand in the table; None where none of them does."""
    names = {unicodedata.normalize("NFC", name.rpartition("/")[2]) for name in photos if not name.isascii()}
    if not names:
        return None
    counts = {encoding: sum(_encode_name(name, encoding) in sample for name in names) for encoding in _LEGACY}
    best = max(_LEGACY, key=lambda encoding: counts[encoding])
    return best if counts[best] else None


def _encode_name(name: str, encoding: str) -> bytes:
    """Write a name as bytes; one that the encoding lacks letters for becomes bytes that stand in no table."""
    try:
        return name.encode(encoding)
    except UnicodeEncodeError:
        return b"\0\0" + name.encode("utf-8", "surrogateescape")


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    return True
