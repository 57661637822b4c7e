"""The manifest of a case file: the sha256 of every part, in the lines of ``sha256sum``, ready to be signed.

A part is a picture (its bytes), a drawing (its markup) or a document (its text, between the tags of its element), so
that anyone can hash it again from the page alone; ``check_case_file`` does.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html import unescape


@dataclass
class Manifest:
    """The parts in the order in which the page holds them."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, content: bytes | str) -> str:
        """Note a part and return its name."""
        data = content.encode() if isinstance(content, str) else content
        self.lines.append((name, hashlib.sha256(data).hexdigest()))
        return name

    def format(self) -> str:
        """Write ``HASH  NAME`` a line."""
        return "".join(f"{digest}  {name}\n" for name, digest in self.lines)


_MANIFEST = re.compile(r'<pre id="manifest">(.*?)</pre>', re.DOTALL)
_TEXT = re.compile(r'<pre data-part="([^"]*)">(.*?)</pre>', re.DOTALL)
_PICTURE = re.compile(r'<img data-part="([^"]*)"[^>]*? src="data:image/jpeg;base64,([^"]*)"')
_DRAWING = re.compile(r'<div data-part="([^"]*)">(<svg.*?</svg>)</div>', re.DOTALL)


def check_case_file(page: str) -> list[str]:
    """Return what does not agree with the page's manifest, one line a part; empty where all parts do."""
    stated = _MANIFEST.search(page)
    if stated is None:
        return ["the page holds no manifest"]
    wanted = {name: digest for digest, name in (line.split("  ", 1) for line in unescape(stated[1]).splitlines())}
    parts = {unescape(name): unescape(text).encode() for name, text in _TEXT.findall(page)}
    parts |= {unescape(name): base64.b64decode(data) for name, data in _PICTURE.findall(page)}
    parts |= {unescape(name): svg.encode() for name, svg in _DRAWING.findall(page)}
    wrong = [f"{name} is missing" for name in wanted if name not in parts]
    wrong += [f"{name} is not in the manifest" for name in parts if name not in wanted]
    differing = (name for name, data in parts.items() if name in wanted and wanted[name] != _hash(data))
    return wrong + [f"{name} was changed" for name in differing]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
