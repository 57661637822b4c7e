"""Unicode scripts of a text (Latin, Han, Cyrillic …), by the names of its characters."""

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
    """Find the script of a letter ("Latin", "Han", "Cyrillic" …); None for other characters."""
    if not char.isalpha():
        return None
    word = unicodedata.name(char, "").split(" ")[0].split("-")[0].lower()
    return _NAMES.get(word, word.capitalize()) or None


def list_scripts(text: str) -> list[str]:
    """List the scripts of a text, by number of letters, then by name."""
    folded = unicodedata.normalize("NFKC", text)
    counts = Counter(script for char in folded if (script := find_script(char)) is not None)
    return sorted(counts, key=lambda script: (-counts[script], script))
