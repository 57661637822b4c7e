"""The manifest of a case file: the sha256 of every part, in the lines of ``sha256sum``, ready to be signed.

A part is a picture (its bytes), a drawing (its markup) or a document (its text, between the tags of its element), so
that anyone can hash it again from the page alone; ``check_case_file`` does. The last line, ``page.html``, is the hash
of the whole page with an empty manifest: it covers every word that the page shows.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Literal

from sextant.base.json_types import Json

PAGE = "page.html"
EMPTY = '<pre id="manifest"></pre>'  # as the template writes it; only the manifest's own element can hold these tags
Fault = Literal["no manifest", "missing", "unlisted", "changed"]


@dataclass
class Manifest:
    """The parts in the order in which the page holds them."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, content: bytes | str) -> str:
        """Note a part and return its name."""
        data = content.encode() if isinstance(content, str) else content
        self.lines.append((name, _hash(data)))
        return name

    def write_into(self, page: str) -> str:
        """Write ``HASH  NAME`` lines into the page's empty manifest, the page's own hash last."""
        self.add(PAGE, page)
        lines = "".join(f"{digest}  {name}\n" for name, digest in self.lines)
        return page.replace(EMPTY, EMPTY.replace("><", f">{escape(lines)}<"))


@dataclass(frozen=True)
class PartFault:
    """A part that does not agree with the manifest."""

    part: str
    fault: Fault

    def __str__(self) -> str:
        return {
            "no manifest": "the page holds no manifest; it is not a case file, or it was cut",
            "missing": f"{self.part} is missing",
            "unlisted": f"{self.part} is not in the manifest",
            "changed": f"{self.part} was changed",
        }[self.fault]

    def to_json(self) -> Json:
        return {"part": self.part, "fault": self.fault}


@dataclass(frozen=True)
class CaseCheck:
    """The parts that the manifest lists, what is wrong, and the sha256 of the manifest's text; None without one."""

    parts: tuple[str, ...]
    faults: tuple[PartFault, ...]
    manifest_sha256: str | None


_MANIFEST = re.compile(r'<pre id="manifest">(.*?)</pre>', re.DOTALL)
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_TEXT = re.compile(r'<pre data-part="([^"]*)">(.*?)</pre>', re.DOTALL)
_PICTURE = re.compile(r'<img data-part="([^"]*)"[^>]*? src="data:image/jpeg;base64,([^"]*)"')
_DRAWING = re.compile(r'<div data-part="([^"]*)">(<svg.*?</svg>)</div>', re.DOTALL)


def check_case_file(page: str) -> CaseCheck:
    """Compare every part of a page, and the page itself, with the page's manifest."""
    stated = _MANIFEST.search(page)
    if stated is None:
        return CaseCheck((), (PartFault("", "no manifest"),), None)
    text = unescape(stated[1])
    wanted = {name: digest for digest, name in _LINE.findall(text)}
    parts = {unescape(name): _hash(unescape(content).encode()) for name, content in _TEXT.findall(page)}
    parts |= {unescape(name): _hash_picture(data) for name, data in _PICTURE.findall(page)}
    parts |= {unescape(name): _hash(svg.encode()) for name, svg in _DRAWING.findall(page)}
    parts[PAGE] = _hash(page.replace(stated[0], EMPTY).encode())
    faults = [PartFault(name, "missing") for name in wanted if name not in parts]
    faults += [PartFault(name, "unlisted") for name in parts if name not in wanted]
    faults += [PartFault(name, "changed") for name in parts if name in wanted and wanted[name] != parts[name]]
    return CaseCheck(tuple(wanted), tuple(faults), _hash(text.encode()))


def _hash_picture(data: str) -> str:
    try:
        return _hash(base64.b64decode(data, validate=True))
    except binascii.Error:
        return ""


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
