"""Parse one latitude or longitude: ±degrees, N/S/E/W, minutes and seconds, decimal commas, ranges.

All patterns are bounded and meet text folded by ``sextant.agent.answers.characters.fold``.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from sextant.agent.answers.characters import fold

Axis = Literal["latitude", "longitude"]

# "Between 30 and 40" still says something; without a word or sign that names the axis, two numbers do not make a range.
WIDEST_RANGE_DEGREES = 60.0
_WIDEST_UNMARKED = 15.0

# Hemispheres as words (any case) and letters (capitals only): the axis they speak of and the sign.
_HEMISPHERES: tuple[tuple[Axis, int, str], ...] = (
    ("latitude", 1, "N|north|northern|nord|norte|北纬|北緯|с.ш.|с. ш."),
    ("latitude", -1, "S|south|southern|süd|sud|sur|sul|南纬|南緯|ю.ш.|ю. ш."),
    ("longitude", 1, "E|east|eastern|ost|est|este|leste|东经|東経|東經|в.д.|в. д."),
    # O is west in the Romance languages; German text was rewritten.
    ("longitude", -1, "W|O|west|western|ouest|oeste|ovest|西经|西経|西經|з.д.|з. д."),
)
_SIGNS = {name: (axis, sign) for axis, sign, names in _HEMISPHERES for name in names.split("|")}
_WORDS = "|".join(sorted((re.escape(word) for word in _SIGNS if len(word) > 1), key=len, reverse=True))
_HEMISPHERE = rf"(?:[NSEWO]|(?i:{_WORDS}))(?![^\W\d_])"

_SIGN = r"(?P<sign>[+-])?"
# "West 42nd" is a street.
_NUMBER = r"\d{1,3}(?:[.,]\d{1,30})?(?!\d|(?:st|nd|rd|th)\b)"
_DEGREE = r"\s{0,3}(?:°|(?i:degrees?|deg|grad)\b\.?|度)"
_FRACTION = r"\d{1,2}(?:[.,]\d{1,30})?(?!\d)\s{0,3}"
_MINUTE_MARK = r"(?:\\?'|(?i:minutes?|min|m)\b\.?|分)\s{0,3}"
_SECOND_MARK = r"""(?:\\?"|''|(?i:seconds?|sec|s)\b\.?|秒)"""
# "12.4964 north of Rome" says where the place lies, not on which side of the equator.
_BESIDE = r"(?!\s(?:of|von|de|du|di|do|da)\s(?!the\s[Ee]quator|Greenwich|the\s[Pp]rime))"
_AFTER = rf"(?:\s{{0,3}}(?P<after>{_HEMISPHERE}){_BESIDE})?"

# Before a number "est" is a verb, "este" and "sur" are other words.
_BEFORE = re.compile(rf"(?<![^\W\d_])(?!(?i:est|este|sur|sul)\b)(?P<before>{_HEMISPHERE})[\s:.°=]{{0,3}}$")
_MARKED = re.compile(
    rf"{_SIGN}(?P<degrees>\d{{1,3}})(?:{_DEGREE}\s{{0,3}}|\s(?=\d{{1,2}}(?:\.\d{{1,30}})?\s?\\?'))"
    rf"(?P<minutes>{_FRACTION})"
    rf"(?:{_MINUTE_MARK}(?:(?P<seconds>{_FRACTION}){_SECOND_MARK}?)?|(?={_HEMISPHERE})){_AFTER}"
)
_SPACED = re.compile(
    rf"{_SIGN}(?P<degrees>\d{{1,3}})[:\s](?P<minutes>\d{{1,2}})[:\s](?P<seconds>{_FRACTION})\s?(?P<after>{_HEMISPHERE})"
)
_RANGE = re.compile(
    rf"{_SIGN}(?P<degrees>{_NUMBER})(?:{_DEGREE})?(?:\s?(?P<middle>{_HEMISPHERE}))?"
    r"(?:-|\s{1,2}-\s{1,2}|\s{0,3}(?:~|(?i:to|and|through|bis|und|et|à|y|a|до|и)\b|至|到)\s{0,3})"
    rf"(?P<until>[+-]?{_NUMBER})(?P<unit>{_DEGREE})?{_AFTER}"
)
_PLAIN = re.compile(rf"{_SIGN}(?P<degrees>{_NUMBER})(?P<unit>{_DEGREE})?{_AFTER}")
DIGITS = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class Angle:
    """Degrees with their sign, the axis if a hemisphere said it, and how surely it is meant as a coordinate."""

    degrees: float
    axis: Axis | None
    decimals: int
    marked: bool  # a degree sign, minutes or a hemisphere stands with it
    is_range: bool
    start: int
    end: int


def parse_angle_at(text: str, at: int, floor: int = 0, range_allowed: bool = False) -> Angle | None:
    """Return the angle that begins at index ``at`` (its sign or first digit); None where no number does.

    A hemisphere before it is looked for down to index ``floor``, where the last angle ended. A range ("48–49° N")
    becomes its midpoint where a hemisphere follows or ``range_allowed``.
    """
    before = _BEFORE.search(text, max(floor, at - 14), at)
    start = before.start() if before else at
    prefix = before["before"] if before else None
    for pattern in (_MARKED, _SPACED):
        found = pattern.match(text, at)
        if found is not None and (angle := _parse_sexagesimal(text, found, prefix, start)) is not None:
            return angle
    if (found := _RANGE.match(text, at)) is not None and (
        angle := _parse_range(text, found, prefix, start, range_allowed)
    ):
        return angle
    found = _PLAIN.match(text, at)
    if found is None:
        return None
    name, end = _find_named_hemisphere(found, prefix)
    axis, value = _apply_sign(text, _number(found["degrees"]), found["sign"], name)
    decimals = len(found["degrees"].replace(",", ".").partition(".")[2])
    return Angle(value, axis, decimals, bool(name or found["unit"]), False, start, end)


def parse_angle(value: Any) -> Angle | None:
    """Return the angle a JSON value holds: a number, a string with one angle, or a list of two ends of a range."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return Angle(float(value), None, 6, False, False, 0, 0) if abs(value) < 1e6 else None
    if isinstance(value, list) and len(value) == 2:
        ends = [parse_angle(end) for end in value]
        if all(end is not None for end in ends):
            low, high = (end.degrees for end in ends if end is not None)
            if abs(high - low) <= WIDEST_RANGE_DEGREES:
                return Angle((low + high) / 2, None, 6, False, True, 0, 0)
    if isinstance(value, list) and len(value) in (3, 4):
        return _join_parts(value)
    if not isinstance(value, str) or len(value) > 200:
        return None
    text = re.sub(r"(?<![^\s~(])([+-])\s+(?=\d)", r"\1", fold(value))
    text = re.sub(r"(?<=[\d°\s])[nsew]\s?$", lambda letter: letter[0].upper(), text)
    first = DIGITS.search(text)
    return parse_angle_at(text, first.start(), range_allowed=True) if first else None


def _join_parts(parts: list[Any]) -> Angle | None:
    """Return degrees, minutes and seconds in a list, perhaps with a hemisphere behind them."""
    if not all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts[:3]):
        return None
    degrees, minutes, seconds = parts[:3]
    name = parts[3].strip() if len(parts) == 4 and isinstance(parts[3], str) else None
    if abs(degrees) > 180 or not 0 <= minutes < 60 or not 0 <= seconds < 60 or (len(parts) == 4 and not name):
        return None
    known = name if name is None or len(name) > 1 else name.upper()
    if known is not None and known not in _SIGNS and known.lower() not in _SIGNS:
        return None
    axis, direction = _find_hemisphere(known)
    magnitude = abs(degrees) + minutes / 60 + seconds / 3600
    return Angle(-magnitude if degrees < 0 or direction < 0 else magnitude, axis, 4, True, False, 0, 0)


def with_hemisphere(angle: Angle, name: str) -> Angle:
    """Return the angle in the hemisphere that is named; unchanged where the name is not a hemisphere."""
    known = name.strip()
    known = known.upper() if len(known) == 1 else known.lower()
    if known not in _SIGNS:
        return angle
    axis, direction = _SIGNS[known]
    return replace(angle, degrees=direction * abs(angle.degrees), axis=axis)


def _number(digits: str) -> float:
    return float(digits.strip().replace(",", "."))


def _apply_sign(text: str, magnitude: float, sign: str | None, name: str | None) -> tuple[Axis | None, float]:
    axis, direction = _find_hemisphere(name)
    return axis, -magnitude if sign == "-" or direction < 0 else magnitude


def _find_hemisphere(name: str | None) -> tuple[Axis | None, int]:
    if name is None:
        return None, 1
    return _SIGNS[name if len(name) == 1 else name.lower()]


def _find_named_hemisphere(found: re.Match[str], prefix: str | None) -> tuple[str | None, int]:
    """Return the hemisphere of an angle and where the angle ends: "E" belongs to the next one in "N 48.8 E 2.3"."""
    if prefix is None or found["after"] is None:
        return found["after"] or prefix, found.end()
    return prefix, found.start("after")


def _parse_sexagesimal(text: str, found: re.Match[str], prefix: str | None, start: int) -> Angle | None:
    minutes, seconds = _number(found["minutes"]), _number(found["seconds"] or "0")
    if minutes >= 60 or seconds >= 60:
        return None
    magnitude = _number(found["degrees"]) + minutes / 60 + seconds / 3600
    name, end = _find_named_hemisphere(found, prefix)
    axis, value = _apply_sign(text, magnitude, found["sign"], name)
    return Angle(value, axis, 4, True, False, start, end)


def _parse_range(text: str, found: re.Match[str], prefix: str | None, start: int, allowed: bool) -> Angle | None:
    name = found["after"] or found["middle"] or prefix
    if name is None and not allowed:
        return None
    axis, low = _apply_sign(text, _number(found["degrees"]), found["sign"], found["middle"] or name)
    other_axis, high = _apply_sign(
        text, abs(_number(found["until"])), found["until"][0], found["after"] or found["middle"] or name
    )
    if axis != other_axis or abs(high - low) > WIDEST_RANGE_DEGREES:
        return None
    if name is None and abs(high - low) > _WIDEST_UNMARKED:
        return None  # "48.85 - 2.35" under one label is a pair
    return Angle((low + high) / 2, axis, 1, True, True, start, found.end())
