"""Detect text in a language that the claim checker does not support."""

import re
import unicodedata
from collections import Counter

from sextant.agent.guard.claim_patterns import load_languages
from sextant.agent.guard.function_words import count_function_words, split_words

FEW_WORDS = 8  # a fragment shorter than this need not hold a small word to be English
_QUOTED = re.compile(r"[\"“”„«»「」][^\"“”„«»「」]{0,200}[\"“”„«»「」]")
_CHINESE = ("CJK", "LATIN", "FULLWIDTH")


def find_unsupported_language(text: str) -> str | None:
    """Return what a text is written in when claims of checks are not recognised in it; None when they are.

    Scripts are told by their letters, languages of the Latin script by their small words. What stands in quotation
    marks does not count: a sign's words are no sentence of the model's.
    """
    plain = _QUOTED.sub(" ", text)
    scripts = Counter(unicodedata.name(letter, "?").split()[0] for letter in plain if letter.isalpha())
    if not scripts:
        return None
    script, _ = scripts.most_common(1)[0]
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 2:
        return "Japanese"
    if script not in _CHINESE:
        return f"{script.capitalize()} script"
    return None if script == "CJK" else _find_unsupported_latin(plain)


def _find_unsupported_latin(text: str) -> str | None:
    hits = count_function_words(text)
    known = max(hits[code] for code in hits if code in load_languages())
    code, most = max(hits.items(), key=lambda item: (item[1], item[0] in load_languages()))
    other = code not in load_languages() and most >= 2 and most > known
    return "another language" if other or (most == 0 and len(split_words(text)) >= FEW_WORDS) else None
