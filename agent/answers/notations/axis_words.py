"""Words for latitude, longitude and the hemispheres, in the languages that models answer in, as the reader's own.

The words are data (``data/axis_words.yaml``). Every rule is a bounded pattern.
"""

import re
from functools import cache, cached_property, lru_cache
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
# What a rule's matches hold, in short: a reply in plain JSON has none, and need not wait for the long patterns.
_WORD_BEFORE_NUMBER = re.compile(r"[^\W\d_]\s?\d")
_WORD_AFTER_NUMBER = re.compile(r"\d\s?[^\W\d_]")
_LETTER_AFTER_NUMBER = re.compile(r"\d[\s°'′\"″]{0,4}[A-ZÖØ]")
_LETTER = re.compile("[NSEW]")
_BRACKET_OR_WORD = re.compile(rf"{_NUMBER_END}(?:\s{{0,2}}\(|\s?,\s?[^\W\d_])")
_AMBIGUOUS = {"vĩ", "kinh", "nam", "العرض", "الطول"}  # other words too: only together with a hemisphere


Meanings = tuple[tuple[re.Pattern[str], str], ...]


class AxisWords:
    """The word list, and the patterns made of it: each is compiled when the first text needs it.

    Together they take 70 ms of processor time, which most processes can do without: few replies need them all.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self._groups: dict[str, set[str]] = {name: set() for name in ("latitude", "longitude", *_HEMISPHERES)}
        self._joined: dict[str, set[str]] = {letter: set() for letter in _AXIS_OF}  # "noorderbreedte=N"
        for language in data["words"].values():
            for name, words in language.items():
                for word in words:
                    plain, _, letter = word.partition("=")
                    (self._joined[letter] if letter else self._groups[name]).add(plain)

    @cached_property
    def any_word(self) -> re.Pattern[str]:
        """Where any word begins."""
        every = set().union(*self._groups.values(), *self._joined.values())
        return re.compile(rf"{_START}(?:{_join_alternatives(every)})", re.IGNORECASE)

    @cached_property
    def sides(self) -> re.Pattern[str]:
        """A word for a hemisphere, even within another word: a text without one has no phrase to rewrite."""
        every = set().union(*(self._groups[name] for name in _HEMISPHERES), *self._joined.values())
        return re.compile(_join_alternatives(every), re.IGNORECASE)

    @cached_property
    def axes(self) -> re.Pattern[str]:
        """Where a word for latitude or longitude begins."""
        return re.compile(rf"{_START}(?:{self._axis})", re.IGNORECASE)

    @cached_property
    def phrases(self) -> tuple[re.Pattern[str], ...]:
        """A hemisphere and an axis in one word, or beside each other."""
        side = "|".join(_join_alternatives(self._groups[name]) for name in _HEMISPHERES)
        whole = "|".join(_join_alternatives(words) for words in self._joined.values())
        filler = rf"(?:(?:{self._list_words('fillers')})\s)?"
        return tuple(
            re.compile(pattern, re.IGNORECASE)
            for pattern in (
                rf"{_START}(?P<whole>{whole}){_END}",
                rf"{_START}(?P<side>{side})\s{{0,2}}{filler}(?P<axis>{self._axis}){_END}",
                rf"{_START}{filler}(?P<axis>{self._axis})\s{{0,2}}{filler}(?P<side>{side}){_END}(?!{_VERB})",
            )
        )

    @cached_property
    def after(self) -> re.Pattern[str]:
        """A hemisphere behind its number."""
        degrees = rf"(?:\s?(?:{self._list_words('degrees')}))?"
        return re.compile(
            rf"{_NUMBER_END}{degrees}[\s-]{{0,2}}(?:in\sthe\s|im\s|en\sel\s)?"
            rf"(?P<side>{self._long_sides}|(?-i:[NSEW])){_END}"
            rf"(?:\shemisphere)?(?!\s(?:of|von|de|du|di|do)\s(?!the\s[Ee]quator|Greenwich))",
            re.IGNORECASE,
        )

    @cached_property
    def bracketed(self) -> re.Pattern[str]:
        """A hemisphere in brackets or behind a comma; its matches hold one of ``_BRACKET_OR_WORD``."""
        return re.compile(
            rf"{_NUMBER_END}(?:\s{{0,2}}\(\s?(?P<side>{self._long_sides}|[NSEW])\s?\)"
            rf"|\s?,\s?(?P<bare>{self._long_sides})(?=\s{{0,2}}(?:[;,.)\n]|$)))",
            re.IGNORECASE,
        )

    @cached_property
    def before(self) -> re.Pattern[str]:
        """A hemisphere before its number."""
        return re.compile(
            rf"{_START}(?!(?:est|este|sur|sul)\s)(?P<side>{self._long_sides})\s{{0,2}}[:=]?\s{{0,2}}"
            rf"(?P<number>\d{{1,3}}(?:\s?°|[.,٫]\d{{2}}))",
            re.IGNORECASE,
        )

    @cached_property
    def labels(self) -> re.Pattern[str]:
        """A word for an axis that stands by itself."""
        words = ({word for word in self._groups[name] if _is_label(word)} for name in ("latitude", "longitude"))
        return re.compile(rf"{_START}(?:{'|'.join(map(_join_alternatives, words))}){_END}", re.IGNORECASE)

    @cached_property
    def minus(self) -> re.Pattern[str]:
        """A word for minus before a number; its matches hold one of ``_WORD_BEFORE_NUMBER``."""
        return re.compile(rf"{_START}(?:{self._list_words('minus')})\s?(?=\d{{1,3}}(?:[.,]\d|\s?°|\s))", re.IGNORECASE)

    @cached_property
    def sexagesimal(self) -> re.Pattern[str]:
        """Degrees and minutes in words; its matches hold one of ``_WORD_AFTER_NUMBER``."""
        degrees, minutes, seconds = (self._list_words(name) for name in ("degrees", "minutes", "seconds"))
        return re.compile(
            rf"(?P<degrees>[+-]?\d{{1,3}})\s?(?:{degrees})\s{{0,2}}(?:{_AND})?"
            rf"(?P<minutes>\d{{1,2}}(?:[.,]\d{{1,6}})?)\s?(?:{minutes}|['′])"
            rf"(?:\s{{0,2}}(?:{_AND})?(?P<seconds>\d{{1,2}}(?:[.,]\d{{1,6}})?)\s?(?:{seconds}|[\"″])?)?",
            re.IGNORECASE,
        )

    @cached_property
    def abbreviations(self) -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
        """Two numbers with single letters; their matches hold one of ``_LETTER_AFTER_NUMBER``."""
        return tuple(_make_pair(letters) for letters in self._data["abbreviations"].values())

    @cached_property
    def languages(self) -> tuple["Language", ...]:
        """The words of each language."""
        return tuple(map(Language, self._data["words"].values()))

    @cached_property
    def _axis(self) -> str:
        return _join_alternatives(self._groups["latitude"] | self._groups["longitude"])

    @cached_property
    def _long_sides(self) -> str:
        """Words of one or two letters ("s.", "nam") are read only as part of a phrase."""
        return "|".join(
            _join_alternatives({word for word in self._groups[name] if _is_long(word)}) for name in _HEMISPHERES
        )

    def _list_words(self, name: str) -> str:
        return _join_alternatives(set(self._data[name]))


class Language:
    """The words of one language: each pattern matches a whole word or phrase."""

    def __init__(self, words: dict[str, list[str]]) -> None:
        self._words = words

    @cached_property
    def sides(self) -> Meanings:
        """Hemispheres and their letters."""
        return tuple((self._compile(name), letter) for name, letter in _HEMISPHERES.items() if self._select(name))

    @cached_property
    def axes(self) -> Meanings:
        """Words for latitude and longitude."""
        return tuple((self._compile(name), name) for name in ("latitude", "longitude") if self._select(name))

    @cached_property
    def whole(self) -> Meanings:
        """Words that hold hemisphere and axis, and the hemisphere's letter."""
        joined = [entry.split("=") for entries in self._words.values() for entry in entries if "=" in entry]
        return tuple((re.compile(re.escape(word), re.IGNORECASE), letter) for word, letter in joined)

    def _select(self, name: str) -> set[str]:
        return {word for word in self._words.get(name, ()) if "=" not in word}

    def _compile(self, name: str) -> re.Pattern[str]:
        return re.compile(f"(?:{_join_alternatives(self._select(name))})", re.IGNORECASE)


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
    if _WORD_BEFORE_NUMBER.search(text):
        text = known.minus.sub("-", text)
    if _WORD_AFTER_NUMBER.search(text):
        text = known.sexagesimal.sub(_format_sexagesimal, text)
    text = _LOWER_PAIR.sub(lambda found: f"{found[1]}{found[2].upper()}{found[3]}{found[4].upper()}", text)
    if german:
        text = _GERMAN_EAST.sub("E", text)
    if _LETTER_AFTER_NUMBER.search(text):
        for pattern, letters in known.abbreviations:
            text = pattern.sub(lambda found, letters=letters: _expand_abbreviated(found, letters), text)  # type: ignore[misc]
    text = _rewrite_bracketed(text, known)
    has_side = known.sides.search(text) is not None
    if (known.any_word if has_side else known.axes).search(text) is None:
        return text
    if has_side:
        for pattern in known.phrases:
            text = pattern.sub(lambda found: _find_phrase_letter(found, known), text)
    if has_side or _LETTER.search(text):
        text = known.after.sub(lambda found: f"{found['number']} {_find_letter(found['side'], known)}", text)
    text = _rewrite_bracketed(text, known)
    if has_side:
        text = known.before.sub(lambda found: f"{_find_letter(found['side'], known)} {found['number']}", text)
    return known.labels.sub(lambda found: _find_axis(found[0]) or found[0], text)


def _rewrite_bracketed(text: str, known: AxisWords) -> str:
    """Read "33.87 (South)" and "37.8, South;"."""
    if _BRACKET_OR_WORD.search(text) is None:
        return text
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
    """Load the word list."""
    text = files("sextant.agent.answers").joinpath("data/axis_words.yaml").read_text(encoding="utf-8")
    return AxisWords(parse_yaml(text))


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
    known = load_axis_words()
    if known.axes.fullmatch(word.strip()) is None:
        return None
    return next((name for language in known.languages for name in _matches(language.axes, word)), None)


def _matches(patterns: Meanings, word: str) -> list[str]:
    return [meaning for pattern, meaning in patterns if pattern.fullmatch(word.strip())]
