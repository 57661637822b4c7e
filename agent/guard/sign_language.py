"""The language of words read in a photo, where they are enough to tell it.

Scripts, words on signs and letters of one language tell it without any package (`data/sign_words.yaml`). Where they say
nothing, py3langid is asked, if it is installed (extra `ocr`) and the words are many.
"""

import unicodedata
from collections import Counter, defaultdict
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import numpy as np

from sextant.agent.guard.function_words import load_function_words, split_words
from sextant.base.yaml_text import parse_yaml
from sextant.tools.scripts import find_script

# Languages that shops and authorities write in somewhere, among those that the detector knows: with all 140 it takes
# names of shops for Sotho or Nigerian Pidgin.
_LANGUAGES = (
    "af ar az bg bn bs ca cs da de el en es et fa fi fr he hi hr hu hy id is it ja ka kk km ko lo lt lv mk mn ms my ne "
    "nl no pl pt ro ru sk sl sq sr sv sw ta th tl tr uk ur vi zh"
)
# Languages that a few words do not tell from one another.
_ALIKE = tuple(
    frozenset(group.split())
    for group in ("no nn da sv", "id ms", "hr sr bs sl", "cs sk", "gl pt", "zh ja", "hi mr ne", "ur fa ar ps",
                  "ru uk be bg mk sr", "nl af", "ca es gl", "de lb")
)  # fmt: skip
# Chosen on part 0 of the replies of ``python -m bench.street.text_checks``: with less, one text in five seems to be in
# a language that is not of its country.
_LETTERS = 12
_SURE = 0.99
_LEAST_LETTERS = 3  # of a script that tells a language; two signs of Chinese or Japanese say as much
_LEAST_WORTH, _AHEAD = 1.5, 2.0  # of words and letters, one of n languages being worth 1 / n; times the next one's


def detect_sign_language(text: str) -> str | None:
    """Detect the language of words on signs as its ISO 639-1 code.

    Returns:
        None where the words are too few or unclear.
    """
    return find_by_script(text) or find_by_words(text) or _ask_detector(text)


def list_alike(language: str) -> frozenset[str]:
    """Return the languages that a few words do not tell from this one, and itself."""
    return frozenset({language}).union(*(group for group in _ALIKE if language in group))


def find_by_script(text: str) -> str | None:
    """Return the language whose script most letters of a text have, where that script tells a language."""
    counts = Counter(script for char in unicodedata.normalize("NFKC", text) if (script := find_script(char)))
    known: dict[str, str] = _load()["scripts"]
    kana = counts["Hiragana"] + counts["Katakana"]
    if kana and kana + counts["Han"] > sum(counts.values()) / 2:
        return known["Hiragana"] if kana >= _LEAST_LETTERS - 1 else None
    if not counts:
        return None
    script, most = counts.most_common(1)[0]
    enough = most >= (_LEAST_LETTERS - 1 if script == "Han" else _LEAST_LETTERS)
    return known.get(script) if enough and most > sum(counts.values()) / 2 else None


def find_by_words(text: str) -> str | None:
    """Return the language that small words, words on signs and letters of a text speak for; None where unclear."""
    plain = unicodedata.normalize("NFC", text)
    worth: dict[str, float] = defaultdict(float)
    speaking = [_index_words().get(word, ()) for word in set(split_words(plain))]
    speaking += [_index_letters().get(char, ()) for char in set(plain.lower())]
    for languages in sorted(speaking):
        for language in languages:
            worth[language] += 1 / len(languages)
    if not worth:
        return None
    best = min(worth, key=lambda code: (-worth[code], code))
    alike = list_alike(best)
    together = sum(worth[code] for code in alike)
    others = max((worth[code] for code in worth if code not in alike), default=0.0)
    return best if together >= _LEAST_WORTH and together >= _AHEAD * others else None


def _ask_detector(text: str) -> str | None:
    """Return what py3langid says of many words; None where it is not installed or not sure."""
    if sum(find_script(char) is not None for char in text) < _LETTERS or find_spec("py3langid") is None:
        return None
    from py3langid import rank

    ranked = [(code, score) for code, score in rank(" ".join(text.lower().split())) if code in _LANGUAGES.split()]
    scores = np.array([score for _, score in ranked], dtype=float)  # log-likelihoods
    return str(ranked[0][0]) if 1.0 / np.exp(scores - scores[0]).sum() >= _SURE else None


@cache
def _index_words() -> dict[str, tuple[str, ...]]:
    """Return the languages of each word."""
    found: dict[str, set[str]] = {}
    for lists in (load_function_words(), {code: words.split() for code, words in _load()["words"].items()}):
        for code, words in lists.items():
            for word in words:
                found.setdefault(word, set()).add(code)
    return {word: tuple(sorted(codes)) for word, codes in found.items()}


@cache
def _index_letters() -> dict[str, tuple[str, ...]]:
    """Return the languages of each letter that few write."""
    found: dict[str, set[str]] = {}
    for code, letters in _load()["letters"].items():
        for letter in letters:
            found.setdefault(letter, set()).add(code)
    return {letter: tuple(sorted(codes)) for letter, codes in found.items()}


@cache
def _load() -> dict[str, Any]:
    text = files("sextant.agent.guard").joinpath("data/sign_words.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = parse_yaml(text)
    return loaded
