"""Words for latitude, longitude and the hemispheres, in the languages that models answer in, as the reader's own.

The words are data (``data/axis_words.yaml``). Every rule is a bounded pattern.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from sextant.base.yaml_text import parse_yaml

_HEMISPHERES = {"north": "N", "south": "S", "east": "E", "west": "W"}
_AXIS_OF = {"N": "latitude", "S": "latitude", "E": "longitude", "W": "longitude"}
_START, _END = r"(?<![^\W\d_])", r"(?![^\W\d_])"
_NUMBER_END = r"""(?P<number>\d\s?["'°º˚\u2032\u2033\u00b4]{0,2})"""
# "La longitude est de 2,35": the verb, not the east.
_VERB = r"(?<=\sest)\s{0,2}(?:de\s|d'|environ\s|d'environ\s|égale\sà\s|:\s?){0,2}[+\-\u2212]?\d"
_AND = r"(?:e|y|et|und|and|en|och|i|og|и|a|ve)\s"
_DIGITS = re.compile(r"\d+")
_BEFORE, _BEHIND = 100, 60  # characters: a label stands before its number, a hemisphere behind it
_LOWER_PAIR = re.compile(
    r"(?<![\w.,])(\d{1,3}(?:\.\d{1,30})?°?\s?)([ns])([,;\s]{1,3}\d{1,3}(?:\.\d{1,30})?°?\s?)([ew])(?![^\W\d_])"
)
# "O" is Ost where the text is German, west in the Romance languages.
_GERMAN = re.compile(r"\b(?:und|der|die|das|ist|breite|länge|ost|breitengrad|längengrad)\b", re.IGNORECASE)
_GERMAN_EAST = re.compile(r"(?<![^\W\d_])O(?=\s?\d)|(?<=[\d°'\"′″])O(?![^\W\d_])|(?<=[\d°'\"′″]\s)O(?![^\W\d_])")
_AMBIGUOUS = {"vĩ", "kinh", "nam", "العرض", "الطول"}  # other words too: only together with a hemisphere


@dataclass(frozen=True)
class AxisWords:
    """The patterns made of the word list."""

    any_word: re.Pattern[str]
    phrases: tuple[re.Pattern[str], ...]
    after: re.Pattern[str]
    bracketed: re.Pattern[str]
    before: re.Pattern[str]
    labels: re.Pattern[str]
    minus: re.Pattern[str]
    sexagesimal: re.Pattern[str]
    abbreviations: tuple[tuple[re.Pattern[str], dict[str, str]], ...]
    languages: tuple["Language", ...]


@dataclass(frozen=True)
class Language:
    """The words of one language: each pattern matches a whole word or phrase."""

    sides: tuple[tuple[re.Pattern[str], str], ...]
    axes: tuple[tuple[re.Pattern[str], str], ...]
    whole: tuple[tuple[re.Pattern[str], str], ...]


def rewrite_axis_words(text: str) -> str:
    """Rewrite hemispheres and labels in words as N, S, E, W, "latitude" and "longitude" beside their numbers.

    Only the surroundings of digits are searched: most of a reply is prose.
    """
    german = _GERMAN.search(text) is not None
    pieces, done = [], 0
    for start, end in _find_surroundings(text):
        pieces += [text[done:start], _rewrite(text[start:end], german)]
        done = end
    return "".join([*pieces, text[done:]])


def _find_surroundings(text: str) -> list[tuple[int, int]]:
    """Return the parts of a text, from space to space, that lie near a digit; in order, without overlap."""
    found: list[tuple[int, int]] = []
    for digits in _DIGITS.finditer(text):
        first, end = digits.start() - _BEFORE, digits.end() + _BEHIND
        joined = bool(found) and first <= found[-1][1]
        start = found.pop()[0] if joined else text.rfind(" ", 0, max(first, 0)) + 1
        space = text.find(" ", end)
        found.append((start, len(text) if space < 0 else space))
    return found


def _rewrite(text: str, german: bool) -> str:
    known = load_axis_words()
    text = known.minus.sub("-", text)
    text = known.sexagesimal.sub(_format_sexagesimal, text)
    text = _LOWER_PAIR.sub(lambda found: f"{found[1]}{found[2].upper()}{found[3]}{found[4].upper()}", text)
    if german:
        text = _GERMAN_EAST.sub("E", text)
    for pattern, letters in known.abbreviations:
        text = pattern.sub(lambda found, letters=letters: _expand_abbreviated(found, letters), text)  # type: ignore[misc]
    text = _rewrite_bracketed(text, known)
    if known.any_word.search(text) is None:
        return text
    for pattern in known.phrases:
        text = pattern.sub(lambda found: _find_phrase_letter(found, known), text)
    text = known.after.sub(lambda found: f"{found['number']} {_find_letter(found['side'], known)}", text)
    text = _rewrite_bracketed(text, known)
    text = known.before.sub(lambda found: f"{_find_letter(found['side'], known)} {found['number']}", text)
    return known.labels.sub(lambda found: _find_axis(found[0]) or found[0], text)


def _rewrite_bracketed(text: str, known: AxisWords) -> str:
    """Read "33.87 (South)" and "37.8, South;"."""
    return known.bracketed.sub(
        lambda found: f"{found['number']} {_find_letter(found['side'] or found['bare'], known)}", text
    )


def _format_sexagesimal(found: re.Match[str]) -> str:
    """Write degrees and minutes in words with their marks."""
    return f"{found['degrees']}°{found['minutes']}'" + (f'{found["seconds"]}"' if found["seconds"] else "")


def find_axis_of_key(key: str) -> str | None:
    """Return "latitude" or "longitude" where a JSON key is a word for it in any language."""
    return _find_axis(key)


@cache
def load_axis_words() -> AxisWords:
    """Load the word list and make its patterns."""
    text = files("sextant.agent.answers").joinpath("data/axis_words.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text)
    groups: dict[str, set[str]] = {name: set() for name in ("latitude", "longitude", *_HEMISPHERES)}
    joined: dict[str, set[str]] = {letter: set() for letter in _AXIS_OF}  # "noorderbreedte=N"
    for language in data["words"].values():
        for name, words in language.items():
            for word in words:
                plain, _, letter = word.partition("=")
                (joined[letter] if letter else groups[name]).add(plain)
    side = "|".join(_join_alternatives(groups[name]) for name in _HEMISPHERES)
    axis = _join_alternatives(groups["latitude"] | groups["longitude"])
    filler = rf"(?:(?:{_join_alternatives(set(data['fillers']))})\s)?"
    degrees = rf"(?:\s?(?:{_join_alternatives(set(data['degrees']))}))?"
    # Words of one or two letters ("s.", "nam") are read only as part of a phrase.
    long_sides = "|".join(
        _join_alternatives({word for word in groups[name] if _is_long(word)}) for name in _HEMISPHERES
    )
    labels = {name: {word for word in groups[name] if _is_label(word)} for name in ("latitude", "longitude")}
    whole = "|".join(_join_alternatives(words) for words in joined.values())
    flags = re.IGNORECASE
    return AxisWords(
        re.compile(rf"{_START}(?:{_join_alternatives(set().union(*groups.values(), *joined.values()))})", flags),
        (
            re.compile(rf"{_START}(?P<whole>{whole}){_END}", flags),
            re.compile(rf"{_START}(?P<side>{side})\s{{0,2}}{filler}(?P<axis>{axis}){_END}", flags),
            re.compile(rf"{_START}{filler}(?P<axis>{axis})\s{{0,2}}{filler}(?P<side>{side}){_END}(?!{_VERB})", flags),
        ),
        re.compile(
            rf"{_NUMBER_END}{degrees}[\s-]{{0,2}}(?:in\sthe\s|im\s|en\sel\s)?(?P<side>{long_sides}|(?-i:[NSEW])){_END}"
            rf"(?:\shemisphere)?(?!\s(?:of|von|de|du|di|do)\s(?!the\s[Ee]quator|Greenwich))",
            flags,
        ),
        re.compile(
            rf"{_NUMBER_END}(?:\s{{0,2}}\(\s?(?P<side>{long_sides}|[NSEW])\s?\)"
            rf"|\s?,\s?(?P<bare>{long_sides})(?=\s{{0,2}}(?:[;,.)\n]|$)))",
            flags,
        ),
        re.compile(
            rf"{_START}(?!(?:est|este|sur|sul)\s)(?P<side>{long_sides})\s{{0,2}}[:=]?\s{{0,2}}(?P<number>\d{{1,3}}(?:\s?°|[.,٫]\d{{2}}))",
            flags,
        ),
        re.compile(rf"{_START}(?:{'|'.join(_join_alternatives(words) for words in labels.values())}){_END}", flags),
        re.compile(rf"{_START}(?:{_join_alternatives(set(data['minus']))})\s?(?=\d{{1,3}}(?:[.,]\d|\s?°|\s))", flags),
        re.compile(
            rf"(?P<degrees>[+-]?\d{{1,3}})\s?(?:{_join_alternatives(set(data['degrees']))})\s{{0,2}}(?:{_AND})?"
            rf"(?P<minutes>\d{{1,2}}(?:[.,]\d{{1,6}})?)\s?(?:{_join_alternatives(set(data['minutes']))}|['′])"
            rf"(?:\s{{0,2}}(?:{_AND})?(?P<seconds>\d{{1,2}}(?:[.,]\d{{1,6}})?)\s?(?:{_join_alternatives(set(data['seconds']))}|[\"″])?)?",
            flags,
        ),
        tuple(_make_pair(letters) for letters in data["abbreviations"].values()),
        tuple(_read_language(language) for language in data["words"].values()),
    )


def _read_language(words: dict[str, list[str]]) -> Language:
    flags = re.IGNORECASE
    by_name = {name: {word for word in entries if "=" not in word} for name, entries in words.items()}
    whole = [entry.split("=") for entries in words.values() for entry in entries if "=" in entry]
    return Language(
        tuple(
            (re.compile(f"(?:{_join_alternatives(by_name[name])})", flags), letter)
            for name, letter in _HEMISPHERES.items()
            if by_name.get(name)
        ),
        tuple(
            (re.compile(f"(?:{_join_alternatives(by_name[name])})", flags), name)
            for name in ("latitude", "longitude")
            if by_name.get(name)
        ),
        tuple((re.compile(re.escape(word), flags), letter) for word, letter in whole),
    )


def _join_alternatives(words: set[str]) -> str:
    """Return one pattern for all words, the longest first; "*" stands for up to five letters.

    Words that begin with the same letter share it, so that a place in the text is tried against each letter once and
    not against each word: that is 10 times as fast.
    """
    by_letter: dict[str, list[str]] = {}
    for word in sorted(words, key=lambda word: (-len(word), word)):
        by_letter.setdefault(word[0], []).append(_make_pattern(word))
    return "|".join(f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in by_letter.items())


def _make_pattern(word: str) -> str:
    """Return the pattern of a word without its first letter."""
    rest = re.escape(word[1:])
    if len(word) <= 2:
        return rest
    return rest.replace(r"\*", r"[^\W\d_]{0,5}").replace(r"\ ", r"\s{1,2}").replace(r"\.", r"\.?\s?")


def _is_long(word: str) -> bool:
    return (len(word) > 3 or not word.isascii() or word in {"est", "sud", "sur", "sul", "jug", "oos", "wes"}) and (
        len(word.rstrip(".")) > 1 and word not in _AMBIGUOUS
    )


def _is_label(word: str) -> bool:
    return "." not in word and word not in _AMBIGUOUS and not word.startswith(("bredd*", "lengd*", "piet*"))


def _make_pair(letters: list[str]) -> tuple[re.Pattern[str], dict[str, str]]:
    number = (
        r"\d{1,3}(?:[.,]\d{1,12})?\s?°?(?:\s?\d{1,2}(?:[.,]\d{1,6})?\s?['′](?:\s?\d{1,2}(?:[.,]\d{1,6})?\s?[\"″])?)?"
    )
    north, south, east, west = letters
    pattern = re.compile(
        rf"(?P<first>{number})\s?(?P<ns>{north}|{south})(?P<gap>[,;/\s]{{1,3}}(?:[^\W\d_]{{1,3}}\s)?)"
        rf"(?P<second>{number})\s?(?P<ew>{east}|{west}){_END}"
    )
    return pattern, dict(zip(letters, "NSEW", strict=True))


def _expand_abbreviated(found: re.Match[str], letters: dict[str, str]) -> str:
    return f"{found['first']} {letters[found['ns']]}{found['gap']}{found['second']} {letters[found['ew']]}"


def _find_phrase_letter(found: re.Match[str], known: AxisWords) -> str:
    """Return the letter of "südlicher Breite" in a language that has both words, if they are of the same axis."""
    parts = found.groupdict()
    if "whole" in parts:
        letters = [letter for language in known.languages for letter in _matches(language.whole, parts["whole"])]
        return f" {letters[0]} " if letters else found[0]
    for language in known.languages:
        axes = _matches(language.axes, parts["axis"])
        for letter in _matches(language.sides, parts["side"]):
            if _AXIS_OF[letter] in axes:
                return f" {letter} "
    return found[0]


def _find_letter(word: str, known: AxisWords) -> str:
    if word.strip().upper() in _AXIS_OF:
        return word.strip().upper()
    letters = [letter for language in known.languages for letter in _matches(language.sides, word)]
    return letters[0] if letters else word


@lru_cache(maxsize=1024)
def _find_axis(word: str) -> str | None:
    return next((name for language in load_axis_words().languages for name in _matches(language.axes, word)), None)


def _matches(patterns: tuple[tuple[re.Pattern[str], str], ...], word: str) -> list[str]:
    return [meaning for pattern, meaning in patterns if pattern.fullmatch(word.strip())]
