"""Find positions in running text: labelled, with hemispheres, in tables, or as a bare pair of numbers."""

import re
from dataclasses import dataclass, replace

from sextant.agent.answers.angles import DIGITS, Angle, parse_angle_at
from sextant.agent.answers.fields import Reading, make_reading
from sextant.agent.answers.standing import Standing, find_standing

_LAT_WORD = r"(?:lat(?:t?itud(?:e|ine)?)?|breite(?:ngrad)?|широта|纬度|緯度)"
_LON_WORD = r"(?:lon(?:g|gt?itud(?:e|ine)?)?|lng|länge(?:ngrad)?|долгота|经度|經度|経度)"
_GAP = r"""[\s"'`*_|:=~→⇒՝<>()\[\]{}\\-]{0,12}"""
_FILLER = (
    r"(?:(?:is|are|of|at|to|be|about|approximately|approx|around|roughly|near|close|between|from|ca|circa|est|ungefähr"
    r"|guess|estimate|estimated|value|range|de|d'environ|environ|liegt|bei|etwa|ist|es|é|è|di|circa|cerca|aproximadamente"
    r"|около|примерно|составляет|равна|wynosi|około|ok|je|asi|yaklaşık|ligger|på|beträgt|betragen|vale|serait|sería|seria|sarebbe|omkring|ongeveer)"
    r"\b\.?\s{0,2}){0,4}"
)
_LABEL = re.compile(
    rf"(?<![^\W\d_])(?:(?P<both>{_LAT_WORD}{_GAP}(?:[/,&|]|and|und|y|et)?{_GAP}{_LON_WORD})"
    rf"|(?P<swapped>{_LON_WORD}{_GAP}(?:[/,&|]|and|und|y|et)?{_GAP}{_LAT_WORD})"
    rf"|(?P<latitude>{_LAT_WORD})|(?P<longitude>{_LON_WORD}))(?![^\W\d_])",
    re.IGNORECASE,
)
_AFTER_LABEL = re.compile(rf"{_GAP}{_FILLER}{_GAP}$", re.IGNORECASE)
_TRAILING = re.compile(rf"\s{{0,2}}(?P<word>{_LAT_WORD}|{_LON_WORD})(?![^\W\d_])", re.IGNORECASE)
_PAIR_GAP = re.compile(r"""[\s*`"')]{0,4}[,;/|]?\s{0,3}(?:and|und|et|y)?\s{0,3}[*(`"']{0,3}""")
_AXIS_GAP = re.compile(rf"(?:\s{{0,2}}(?:{_LAT_WORD}|{_LON_WORD}))?{_PAIR_GAP.pattern}", re.IGNORECASE)
_CUE = re.compile(
    r"coordinate|coordenada|koordinat|координат|坐标|座標|\bposition|\blocation|\bgps|\blat|answer|geo:|@",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\b(?:between|from|zwischen|von|entre|de|от|между)\s{1,3}$", re.IGNORECASE)
# Units behind a number, or words before it, that say that it is not a coordinate.
_MEASURED = re.compile(
    r"(?:\s?-\s?\d{1,4}(?:[.,]\d{1,4}){0,2})?\s?(?:mm|cm|km|px|mp|fps|kb|mb|gb|hz|khz|kg|%|€|£|°\s?[cf]\b|usd|eur|euros?|dollars?|points?|mph|km/h|kmh|mhz|volts?|watts?|ms|seconds?|secs?|minutes?|hours?|miles?|meters?"
    r"|metres?|feet|ft|years?|yrs|bce?|ad|people|visitors|inhabitants|residents)(?![^\W\d_])",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"\s?(?:mm|cm|m|km|px|pixels?)(?![^\W\d_])", re.IGNORECASE)
_MEASURE = re.compile(
    r"(?:\bf/|\b(?:version|ver|v|iso|build|release|fig(?:ure)?|chapter|page|score|confidence|probability)\.?:?\s?|[$€£]\s?)$",
    re.IGNORECASE,
)
_DEGREE_ENDS = ("°", "'", '"')
_NEXT_WORD = re.compile(r"[ ]{0,2}([^\W\d_]{1,20})")
# Words that may follow a degree sign without being a hemisphere.
_PLAIN_WORDS = frozenset(
    [
        *("and", "or", "which", "is", "was", "with", "in", "at", "on", "to", "the", "for", "by", "from", "as", "near"),
        *("lat", "lon", "latitude", "longitude", "und", "et", "y", "e", "i", "og", "och", "en", "ja", "ou", "o", "bis"),
        *("c", "f", "celsius", "fahrenheit"),
    ]
)
_THOUSANDS = re.compile(r"-?\d{1,3},\d{3}")
_MOST_NUMBERS = 150  # numbers looked at from the end of an answer


@dataclass(frozen=True)
class FoundPosition:
    """A position in the text and its standing by the words before it."""

    reading: Reading
    standing: Standing
    plain_decimals: int | None = None  # of two plain numbers that nothing calls a position


@dataclass(frozen=True)
class _Token:
    angle: Angle
    labelled: bool
    order: str | None  # "both" or "swapped" where a heading names both axes


def find_positions(text: str) -> list[FoundPosition]:
    """Return every position in a folded text, in the order of the text."""
    tokens = _list_tokens(text)
    found: list[FoundPosition] = []
    index = before = 0
    while index < len(tokens) - 1:
        paired = _pair_up(text, tokens, index)
        if paired is None:
            index += 1
            continue
        reading, last = paired
        start = tokens[index].angle.start
        decimals = _count_plain_decimals(text, tokens[index], tokens[last])
        found.append(FoundPosition(reading, find_standing(text, start, floor=before), decimals))
        before = tokens[last].angle.end
        index = last + 1
    return found


def _list_tokens(text: str) -> list[_Token]:
    labels = list(_LABEL.finditer(text))
    tokens: list[_Token] = []
    at = next_label = 0
    for start in [digits.start() for digits in DIGITS.finditer(text)][-_MOST_NUMBERS:]:
        if start < at:
            continue
        while next_label < len(labels) and labels[next_label].end() <= start:
            next_label += 1
        label = labels[next_label - 1] if next_label else None
        near = (
            label is not None and start - label.end() <= 60 and bool(_AFTER_LABEL.fullmatch(text, label.end(), start))
        )
        kind = label.lastgroup if label is not None else None
        axis_known = near and kind in ("latitude", "longitude")
        angle = parse_angle_at(
            text, start, at, range_allowed=axis_known or bool(_BETWEEN.search(text, max(0, start - 12), start))
        )
        if angle is None:
            continue
        at = angle.end
        if angle.axis is None and not angle.marked and _is_measure(text, start, angle.end, axis_known):
            continue
        tokens.append(_label(text, angle, kind if near else None, label, start))
    return tokens


def _is_measure(text: str, start: int, end: int, is_labelled: bool) -> bool:
    """Return whether the number is of something else: a lens, a price, a version; a width, where "Breite" labels it."""
    if is_labelled:
        return bool(_LENGTH.match(text, end))
    return bool(_MEASURED.match(text, end) or _MEASURE.search(text, max(0, start - 12), start))


def _label(text: str, angle: Angle, kind: str | None, label: re.Match[str] | None, start: int) -> _Token:
    """Return the angle with the axis its label gives it; a hemisphere of its own is stronger than any label."""
    if kind in ("latitude", "longitude"):
        return _Token(angle if angle.axis else replace(angle, axis=kind), True, None)  # type: ignore[arg-type]
    if angle.axis is None and (trailing := _TRAILING.match(text, angle.end)) is not None:
        axis = "latitude" if re.fullmatch(_LAT_WORD, trailing["word"], re.IGNORECASE) else "longitude"
        return _Token(replace(angle, axis=axis, end=trailing.end()), True, None)  # type: ignore[arg-type]
    headed = label is not None and label.lastgroup in ("both", "swapped") and start - label.end() <= 200
    return _Token(angle, False, label.lastgroup if headed and label else None)


def _pair_up(text: str, tokens: list[_Token], index: int) -> tuple[Reading, int] | None:
    first = tokens[index]
    for other in range(index + 1, min(index + 4, len(tokens))):
        second = tokens[other]
        gap = text[first.angle.end : second.angle.start]
        if len(gap) > 120:
            return None
        if first.angle.axis and second.angle.axis:
            if first.angle.axis == second.angle.axis:
                return None
            if _may_be_elsewhere(text, first.angle, second.angle) or _pairs_better(text, tokens, index, other):
                return None
            reading = make_reading(first.angle, second.angle, "prose")
            return (reading, other) if reading else None
        if other == index + 1 and _PAIR_GAP.fullmatch(gap):
            reading = _pair_bare_numbers(text, first, second)
            if reading is not None:
                return reading, other
    return None


def _pairs_better(text: str, tokens: list[_Token], index: int, other: int) -> bool:
    """Return whether an angle some words away belongs to the one behind it: "151 W 34th St … 40.75 N, 73.99 W"."""
    if other + 1 == len(tokens) or _PAIR_GAP.fullmatch(text, tokens[index].angle.end, tokens[other].angle.start):
        return False
    second, third = tokens[other].angle, tokens[other + 1].angle
    beside = _AXIS_GAP.fullmatch(text, second.end, third.start) is not None
    return third.axis not in (None, second.axis) and beside


def _pair_bare_numbers(text: str, first: _Token, second: _Token) -> Reading | None:
    """Return two neighbouring numbers of which at most one says its axis, where they look like coordinates."""
    a, b = first.angle, second.angle
    if _may_be_elsewhere(text, a, b):
        return None
    if a.axis or b.axis:
        if min(a.decimals, b.decimals) < 1 and not (a.marked and b.marked):
            return None
        if a.axis == "longitude" or b.axis == "latitude":
            a, b = b, a
        return make_reading(replace(a, axis="latitude"), replace(b, axis="longitude"), "prose")
    cue = bool(_CUE.search(text, max(0, a.start - 80), a.start))
    alone = len(text.strip()) <= b.end - a.start + 4
    if not cue and not alone and all(_THOUSANDS.fullmatch(text, angle.start, angle.end) for angle in (a, b)):
        return None  # "4,000-5,000"
    enclosed = text[max(0, a.start - 1) : a.start] in ("(", "[") and text[b.end : b.end + 1] in (")", "]")
    likely = min(a.decimals, b.decimals) >= 2 or (a.marked and b.marked) or bool(first.order and second.order)
    if not (likely or alone or (cue and (enclosed or min(a.decimals, b.decimals) >= 1))):
        return None
    if first.order == "swapped":
        a, b = b, a
    return make_reading(a, b, "prose")


def _count_plain_decimals(text: str, first: _Token, second: _Token) -> int | None:
    """Count the decimals of a pair that may as well be prices, without label, side or cue; None for other pairs."""
    a, b = first.angle, second.angle
    if first.labelled or second.labelled or a.axis or b.axis or a.marked or b.marked or first.order:
        return None
    alone = len(text.strip()) <= b.end - a.start + 4
    return None if alone or _CUE.search(text, max(0, a.start - 80), a.start) else max(a.decimals, b.decimals)


def _may_be_elsewhere(text: str, a: Angle, b: Angle) -> bool:
    """Return whether unknown words stand where hemispheres do: "33.87° kusini, 151.21° mashariki"."""
    unknown = [_has_unknown_side(text, angle) for angle in (a, b)]
    known = [_is_hemisphere(text, angle) for angle in (a, b)]
    return all(unknown) or (any(unknown) and any(known))


def _has_unknown_side(text: str, angle: Angle) -> bool:
    """Return whether a word that is not known stands where a hemisphere does: "33.87° kusini"."""
    if angle.degrees < 0 or text[angle.end - 1 : angle.end] not in _DEGREE_ENDS:
        return False
    word = _NEXT_WORD.match(text, angle.end)
    return word is not None and word[1].lower() not in _PLAIN_WORDS and not _is_hemisphere(text, angle)


def _is_hemisphere(text: str, angle: Angle) -> bool:
    """Return whether the angle begins or ends with the letter of a hemisphere, so that its side is known."""
    return text[angle.start] in "NSEWO" or text[angle.end - 1] in "NSEWO"
