"""Fold place names to one spelling: names that differ only in accents get the same key."""

import unicodedata

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ə": "a"}
    | dict.fromkeys("'’‘ʻʼ`´", "")
)
_ASCII = {ord(c): " " for c in map(chr, range(128)) if not c.isalnum()} | {ord("'"): None, ord("`"): None}
_SHORT = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
_DIGRAPHS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def fold(name: str) -> str:
    """Fold a name into its key: lower case, no accents, apostrophes or punctuation, "St." spelt out.

    Total: a name of punctuation alone folds to the empty string.
    """
    text = name.lower() if name.isascii() else _strip_accents(name)
    words = text.translate(_ASCII).split()
    if len(words) > 1:
        if words[0] == "the":
            words = words[1:]
        words = [_SHORT.get(word, word) for word in words]
    return " ".join(words)


def strip_digraphs(key: str) -> str:
    """Write ä, ö, ü of a folded key as a, o, u, also where the source spelt them ae, oe, ue."""
    for pair, letter in _DIGRAPHS:
        if pair in key:
            key = key.replace(pair, letter)
    return key


def _strip_accents(name: str) -> str:
    # İ lower-cases to i and a combining dot, so case is folded before the marks are dropped.
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    letters = "".join(c if c.isalnum() or c == "'" else " " for c in folded if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", letters)
