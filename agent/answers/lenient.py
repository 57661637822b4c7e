"""Lenient JSON parser for model output: comments, bare words, stray commas, any quotes, truncation.

Valid JSON reads as itself. What is broken is read as far as it makes sense; the reader never goes back further
than one value, so its time grows linearly with the text.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

DEPTH = 30  # deeper nesting is not an answer

_DECODER = json.JSONDecoder()
_START = re.compile(r"[{｛]|\[(?=\s{0,40}[{｛])")
_KEY = re.compile(r"""["'“”‘’`*]{0,3}([^"'“”‘’`:：={}\[\],，;\n\\*]{1,60}?)["'“”‘’`*]{0,3}\s{0,20}[:：=]""")
_COMMENT = r"//[^\n]*|/\*[^*]{0,500}\*/"
_SPACE = re.compile(rf"(?:\s+|{_COMMENT})+")
_BETWEEN = re.compile(rf"(?:[\s,，;]+|{_COMMENT}|#[^\n]*)+")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_STRING_ENDS = re.compile(
    rf"""\s{{0,200}}(?:[}}\]｝]|$|{_COMMENT}|\n\s*["'“]|[,，;]\s{{0,200}}(?:["'“‘{{\[}}\]\d-]|null|true|false|\w{{1,40}}["']?\s?[:=]|$|{_COMMENT}))"""
)
_BARE = re.compile(r"[^,，;{}｛｝\[\]\n]+")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?(?:[eE][+-]?\d{1,4})?")
_CLOSING = {'"': '"”“', "'": "'’‘", "“": '"”', "”": '"”', "‘": "’'", "’": "’'", "`": "`"}
_WORDS: dict[str, bool | None] = {
    "null": None,
    "none": None,
    "nan": None,
    "undefined": None,
    "true": True,
    "false": False,
}


@dataclass(frozen=True)
class Fragment:
    """One JSON value found in a text: where it stands and whether the text ended inside it."""

    value: Any
    start: int
    end: int
    cut: bool


def find_fragments(text: str, limit: int = 200) -> list[Fragment]:
    """Return every object, and every list of objects, at the outer level of ``text``; the last ``limit`` of them."""
    found: list[Fragment] = []
    at = 0
    while (start := _START.search(text, at)) is not None:
        fragment = _parse_strict(text, start.start()) or _parse_lenient(text, start.start())
        at = max(fragment.end, start.end())
        if fragment.value:
            found.append(fragment)
    return found[-limit:]


def _parse_strict(text: str, at: int) -> Fragment | None:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    return Fragment(value, at, end, cut=False)


def _parse_lenient(text: str, at: int) -> Fragment:
    reader = _Reader(text, at)
    value = reader.value(0)
    return Fragment(value, at, reader.at, reader.cut)


class _Reader:
    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.cut = False

    def skip(self, what: re.Pattern[str]) -> None:
        if (found := what.match(self.text, self.at)) is not None:
            self.at = found.end()

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def value(self, depth: int, in_list: bool = False) -> Any:
        self.skip(_SPACE)
        char = self.peek()
        if char in _CLOSING:
            return self.string(char)
        if char and char in "{｛[" and depth < DEPTH:
            return self.list(depth + 1) if char == "[" else self.object(depth + 1)
        return self.bare(in_list)

    def object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.at += 1
        while True:
            self.skip(_BETWEEN)
            if self.closes("}｝"):
                return found
            key = _KEY.match(self.text, self.at)
            if key is None:
                return found
            self.at = key.end()
            found[key[1].strip()] = self.value(depth)

    def list(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self.at += 1
        while True:
            self.skip(_BETWEEN)
            before = self.at
            if self.closes("]") or self.peek() in "}｝":
                return found
            found.append(self.value(depth, in_list=True))
            if self.at == before:
                return found

    def closes(self, brackets: str) -> bool:
        """Return whether the value ends here, by its bracket (then stepped over) or by the end of the text."""
        char = self.peek()
        if not char:
            self.cut = True
            return True
        if char in brackets:
            self.at += 1
            return True
        return False

    def string(self, quote: str) -> str:
        if quote == '"' and (whole := _STRING.match(self.text, self.at)) and _STRING_ENDS.match(self.text, whole.end()):
            try:
                inside: str = json.loads(whole[0])
            except ValueError:  # an escape that JSON does not know
                inside = whole[0][1:-1]
            self.at = whole.end()
            return inside
        start = end = self.at + 1
        marks = _CLOSING[quote]
        while end < len(self.text):
            if self.text[end] in marks and _STRING_ENDS.match(self.text, end + 1):
                break
            end += 1
        self.at = min(end + 1, len(self.text))
        return self.text[start:end]

    def bare(self, in_list: bool) -> Any:
        """Return a number or unquoted words. In an object a comma belongs to them ("48,85", "Washington, D.C.") unless
        a key or the end follows it."""
        start = self.at
        while (run := _BARE.match(self.text, self.at)) is not None:
            self.at = run.end()
            if in_list or self.peek() not in (",", "，") or self.key_follows():
                break
            self.at += 1
        words = self.text[start : self.at].split(" //")[0].split("/*")[0].split(" #")[0].strip(" \t\r,，*`")
        if _NUMBER.fullmatch(words):
            number = float(words)
            if self.at >= len(self.text) and "." not in words:
                return None  # cut off: "1" may have been going to be "139"
            return int(words) if words.lstrip("-").isdigit() else number
        return _WORDS.get(words.lower(), words)

    def key_follows(self) -> bool:
        """Return whether what stands behind the comma at the cursor is the next key, a bracket or nothing."""
        space = _SPACE.match(self.text, self.at + 1)
        after = space.end() if space else self.at + 1
        return self.text[after : after + 1] in ("", "}", "｝", "]", ",", '"', "“") or bool(_KEY.match(self.text, after))
