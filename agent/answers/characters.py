"""Normalise the characters that write numbers, signs, degrees and quotes."""

import re
import unicodedata
from functools import cache

_MINUS = "‐‑‒–—―−﹣－⁻➖"
_DEGREE = "º˚∘゜⁰"
_MINUTE = "′‘’´ʹ＇‵`ʼ"
_SECOND = "″“”„ʺ＂«»"
_SPACE = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_PUNCTUATION = {
    "，": ",", "、": ",", "；": ";", "：": ":", "（": "(", "）": ")", "｛": "{", "｝": "}", "［": "[", "］": "]",
    "．": ".", "。": ".", "＋": "+", "｜": "|", "＝": "=", "～": "~", "＊": "*", "٫": ".", "٬": ",", "≈": "~", "≃": "~",
    "≅": "~", "∼": "~",
}  # fmt: skip

# A dash between words parts them; a hyphen joins them.
_DASH = re.compile(r"(?<=[^\W\d_])[—―](?=[^\W\d_])")

_SPELLED = (("^{\\circ}", "°"), ("^\\circ", "°"), ("\\circ", "°"), ("&deg;", "°"), ("&#176;", "°"), ("&minus;", "-"))


def fold(text: str) -> str:
    """Return the same text with ASCII digits, signs, quotes and spaces; one degree sign; no unseen characters."""
    if not text.isascii():
        text = _DASH.sub(" - ", text)
        text = text.translate(_make_table())
    for spelled, sign in _SPELLED:
        if spelled in text:
            text = text.replace(spelled, sign)
    return text


@cache
def _make_table() -> dict[int, str | None]:
    """Make the table once a text needs it, which takes 10 ms."""
    # Every decimal digit of Unicode (full-width, Arabic-Indic, Devanagari …); planes 2 and above have none.
    digits = (code for code in range(128, 0x20000) if unicodedata.category(chr(code)) == "Nd")
    # Capital and small full-width Latin letters lie 0xFEE0 above ASCII.
    letters = (code for first in (0xFF21, 0xFF41) for code in range(first, first + 26))
    return {
        **{code: str(unicodedata.decimal(chr(code))) for code in digits},
        **{code: chr(code - 0xFEE0) for code in letters},
        **{ord(char): "-" for char in _MINUS},
        **{ord(char): "°" for char in _DEGREE},
        **{ord(char): "'" for char in _MINUTE},
        **{ord(char): '"' for char in _SECOND},
        **{ord(char): " " for char in _SPACE},
        **{ord(char): None for char in _UNSEEN},
        **{ord(char): plain for char, plain in _PUNCTUATION.items()},
    }


def clean(text: str, limit: int = 200) -> str:
    """Return a name or sentence on one line, without control characters or lone surrogates, at most ``limit`` long."""
    kept = "".join(char if unicodedata.category(char) not in ("Cc", "Cs", "Cf") else " " for char in text[: 4 * limit])
    return " ".join(kept.split())[:limit].strip()
