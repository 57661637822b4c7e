"""Parse angles in metadata text: "59,54.1234N", "48 deg 51' 29.6\" N", "-33.8568", "48/1, 51/1, 2960/100"."""

import math
import re
from collections.abc import Sequence

MAX_LENGTH = 80
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?:\s?/\s?\d+)?"
_SIGN = r"(?:[,:;°º'′’\"″”]|''|deg(?:rees)?)"
_GAP = rf"(?:\s?{_SIGN}\s?|\s)"
_ANGLE = re.compile(
    rf"([NSEWnsew])?\s?({_NUMBER})(?:{_GAP}({_NUMBER}))?(?:{_GAP}({_NUMBER}))?(?:\s?{_SIGN})?\s?([NSEWnsew])?"
)


def parse_angle_text(text: str) -> tuple[list[float], str] | None:
    """Read the degrees, and minutes and seconds where given, of an angle and its letter; None if it is not an angle.

    The letter is N, S, E, W or "". A part that divides by zero is NaN.
    """
    match = _ANGLE.fullmatch(" ".join(text.split())) if len(text) <= MAX_LENGTH else None
    if not match or (match[1] and match[5]):
        return None
    return [_read_value(part) for part in match.groups()[1:4] if part is not None], (match[1] or match[5] or "").upper()


def join_degrees(parts: Sequence[float]) -> float | None:
    """Join degrees, minutes and seconds to degrees without a sign; None where minutes or seconds exceed 60.

    A part that is NaN counts as not given.
    """
    degrees, minutes, seconds = (*(abs(part) if math.isfinite(part) else 0.0 for part in parts), 0.0, 0.0)[:3]
    return None if minutes > 60 or seconds > 60 else degrees + minutes / 60 + seconds / 3600


def is_negative(parts: Sequence[float]) -> bool:
    """Tell whether any part has a minus; that of "-0,30.5" counts."""
    return any(math.copysign(1, part) < 0 for part in parts if math.isfinite(part))


def _read_value(text: str) -> float:
    number, _, divisor = text.partition("/")
    if not divisor:
        return float(number)
    return float(number) / float(divisor) if float(divisor) else math.nan
