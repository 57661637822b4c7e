"""The scripts a text is written in, by the names Unicode gives its characters."""

import unicodedata
from collections import Counter

# First word of a letter's Unicode name → script, where they differ. Blocks of one script share that word.
_NAMES = {
    "cjk": "Han",
    "kangxi": "Han",
    "ideographic": "Han",
    "nko": "N'Ko",
    "canadian": "Canadian syllabics",
    "oriya": "Odia",
    "masculine": "Latin",
    "feminine": "Latin",
    "modifier": "",
}


def find_script(char: str) -> str | None:
    """Return the script of one letter ("Latin", "Han", "Cyrillic" …); None for what is no letter."""
    if not char.isalpha():
        return None
    word = unicodedata.name(char, "").split(" ")[0].split("-")[0].lower()
    return _NAMES.get(word, word.capitalize()) or None


def list_scripts(text: str) -> list[str]:
    """Return the scripts of a text, the one with most letters first; equals by name."""
    folded = unicodedata.normalize("NFKC", text)
    counts = Counter(script for char in folded if (script := find_script(char)) is not None)
    return sorted(counts, key=lambda script: (-counts[script], script))
