"""Detect how a text table is written: its encoding and its delimiter."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_BYTES = 256 * 1024
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


def detect_form(path: Path, is_header: Callable[[list[str]], bool]) -> TextForm:
    """Detect encoding and delimiter of a table; ``is_header`` tells whether cells are a header it can use.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    encoding = _detect_encoding(path, sample)
    first = next((line for line in sample.decode(encoding, "replace").splitlines() if line.strip()), "")
    fitting = [mark for mark in DELIMITERS if is_header([cell.strip().strip('"') for cell in first.split(mark)])]
    return TextForm(
        encoding, fitting[0] if fitting else max(DELIMITERS, key=lambda mark: (first.count(mark), mark == ","))
    )


def _detect_encoding(path: Path, sample: bytes) -> str:
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if (zeros := sample[:2000].count(0)) > len(sample[:2000]) / 4 and zeros:
        return "utf-16-be" if sample[:1] == b"\0" else "utf-16-le"
    if _is_utf8(path):
        return "utf-8"
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best is not None else "latin-1"


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    return True
