"""Degrees as a table's cells state them: "48.8583", "48,8583", "48°51'29.6\" N", "S33.85"."""

import math
import re

from sextant.gallery.photos.angles import is_negative, join_degrees, parse_angle_text

_NO_VALUE = ("", "nan", "none", "null", "na", "n/a", "-", "\\n")
_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,3},\d+")
_COMMA_AND_LETTER = re.compile(r"[NSEW]?\s*[+-]?\d{1,3},\d+\s*°?\s*[NSEW]?", re.IGNORECASE)
_POINT = re.compile(r"(?:SRID=4326;)?\s*POINT\s*Z?\s*\(\s*(\S+)\s+(\S+)(?:\s+\S+)?\s*\)", re.IGNORECASE)
_AFTER_LETTER = re.compile(r"([^NSns]{1,40}[NS])\s*(.{1,40}[EWO])", re.IGNORECASE)  # 48°51'29" N 2°17'40" E
_TWO_NUMBERS = re.compile(r"([+-]?\d{1,3}(?:[.,]\d+)?°?)\s+([+-]?\d{1,3}(?:[.,]\d+)?°?)")
_RATIONAL = r"(\d+(?:\.\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?"
# "[43, 28, 1407/500]", "(48.0, 51.0, 29.6)", "43/1 28/1 1407/500": degrees, minutes and seconds as EXIF stores them
_RATIONALS = re.compile(rf"[\[(]?\s*{_RATIONAL}\s*[,;\s]\s*{_RATIONAL}\s*[,;\s]\s*{_RATIONAL}\s*[\])]?")
_WORDS = re.compile(r"\b(north|nord|norte|noord|south|sud|süd|sur|zuid|east|est|este|ost|oost|west|ouest|oeste)\b\.?")
_LETTERS = {"n": "N", "s": "S", "z": "S", "e": "E", "w": "W"}


def read_degrees(text: str, letters: str) -> float:
    """Read a cell as degrees; NaN where it states none. ``letters`` are those of its axis: "NS" or "EW".

    A point or a decimal comma, a hyphen or a true minus, three rationals as EXIF has them. "48,51 N" could be minutes
    or a fraction and is not read.
    """
    try:
        value = float(text)
    except ValueError:
        value = _read_number_or_angle(text, letters)
    return value if math.isfinite(value) else math.nan


def apply_hemisphere(value: float, letter: str) -> float:
    """Give degrees the sign that a letter beside them states; degrees that have a sign keep it."""
    south_or_west = letter.strip()[:1].upper() in ("S", "W")
    return -value if south_or_west and value > 0 else value


def split_position(text: str) -> tuple[str, str]:
    """Split a cell that states latitude and longitude into both; what cannot be split is a latitude alone.

    "48.8583, 2.2944", "48,8583; 2,2944", "48.8583 2.2944", "48°51'29\" N 2°17'40\" E", and "POINT(2.2944 48.8583)",
    which names the longitude first (OGC 06-103r4, well-known text).
    """
    if (point := _POINT.fullmatch(text.strip())) is not None:
        return point[2], point[1]
    plain = text.strip().strip("()[]")
    for mark in (";", "|", "/", ", ", ","):
        parts = [part.strip() for part in plain.split(mark)]
        if len(parts) == 2 and all(parts):
            return parts[0], parts[1]
    found = _AFTER_LETTER.fullmatch(plain) or _TWO_NUMBERS.fullmatch(plain)
    return (found[1].strip(), found[2].strip()) if found else (plain, "")


def states_nothing(text: str) -> bool:
    """Tell whether a cell is one of the words for "no value"."""
    return text.lower() in _NO_VALUE


def _read_number_or_angle(text: str, letters: str) -> float:
    plain = " ".join(text.replace("\u2212", "-").replace("\u00a0", " ").replace("\u202f", " ").split())
    if _DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    try:
        return float(plain.replace(" ", "") if plain[:1] in "+-" else plain)
    except ValueError:
        return _parse_angle(plain, letters)


def _join_rationals(text: str) -> float | None:
    """Join rationals to degrees; None if they are not rationals: three plain numbers in a row could mean anything."""
    found = _RATIONALS.fullmatch(text)
    if found is None or not ("/" in text or text.startswith(("[", "("))):
        return None
    parts = [_divide(found[place], found[place + 1]) for place in (1, 3, 5)]
    return join_degrees(parts)


def _divide(numerator: str, denominator: str | None) -> float:
    below = float(denominator) if denominator else 1.0
    return float(numerator) / below if below else math.nan


def _parse_angle(text: str, letters: str) -> float:
    if (joined := _join_rationals(text)) is not None:
        return joined
    worded = _WORDS.sub(lambda found: _abbreviate(found[1]), text.lower()).upper().replace("DEG", "deg")
    if _COMMA_AND_LETTER.fullmatch(worded):
        if len(worded.partition(",")[2].strip("NSEW° ")) < 3:
            return math.nan
        worded = worded.replace(",", ".")
    values, letter = parse_angle_text(worded) or ([], "")
    total = join_degrees(values) if values and math.isfinite(values[0]) else None
    if total is None or (letter and letter not in letters):
        return math.nan
    return -total if letter == letters[1] or is_negative(values) else total


def _abbreviate(word: str) -> str:
    """Return the letter of a direction; German "Ost" and French "ouest" begin alike."""
    if word[0] == "o":
        return "E" if word in ("ost", "oost") else "W"
    return _LETTERS[word[0]]
