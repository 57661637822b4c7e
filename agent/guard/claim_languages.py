"""Detect text in a language that the claim checker does not support."""

import re
import unicodedata
from collections import Counter

from sextant.agent.guard.claim_patterns import load_languages
from sextant.agent.guard.function_words import count_function_words, split_words

FEW_WORDS = 8  # shorter fragments may be English without any function word
_QUOTED = re.compile(r"[\"“”„«»「」][^\"“”„«»「」]{0,200}[\"“”„«»「」]")
_CHINESE = ("CJK", "LATIN", "FULLWIDTH")


def find_unsupported_language(text: str) -> str | None:
    """Find the language or script of a text in which claims cannot be checked; None for a supported one.

    Scripts are recognised by their letters, languages in Latin script by their function words. Quoted text is ignored:
    it comes from signs, not from the model.
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
