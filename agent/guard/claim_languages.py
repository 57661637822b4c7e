"""Which texts the guard of claims can read at all; of the others it is said that nobody looked."""

import re
import unicodedata
from collections import Counter

from sextant.agent.guard.claim_patterns import languages
from sextant.agent.guard.function_words import counted, words_of

FEW_WORDS = 8  # a fragment shorter than this need not hold a small word to be English
_QUOTED = re.compile(r"[\"“”„«»「」][^\"“”„«»「」]{0,200}[\"“”„«»「」]")
_CHINESE = ("CJK", "LATIN", "FULLWIDTH")


def unread(text: str) -> str | None:
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
    return None if script == "CJK" else _unread_latin(plain)


def _unread_latin(text: str) -> str | None:
    hits = counted(text)
    known = max(hits[code] for code in hits if code in languages())
    code, most = max(hits.items(), key=lambda item: (item[1], item[0] in languages()))
    other = code not in languages() and most >= 2 and most > known
    return "another language" if other or (most == 0 and len(words_of(text)) >= FEW_WORDS) else None
