"""Language detection by function words (stop words), without a model."""

import re
from functools import lru_cache
from pathlib import Path

from sextant.base.yaml_text import parse_yaml

_DATA = Path(__file__).parent / "data" / "function_words.yaml"


def count_function_words(text: str) -> dict[str, int]:
    """Count the function words of each language in a text, by ISO 639-1 code."""
    words = split_words(text)
    return {code: sum(word in small for word in words) for code, small in load_function_words().items()}


def split_words(text: str) -> list[str]:
    """Split a text into lower-case words."""
    return re.findall(r"[^\W\d_]+", text.lower())


@lru_cache(maxsize=1)
def load_function_words() -> dict[str, frozenset[str]]:
    """Return the function words of each language, by ISO 639-1 code."""
    every = parse_yaml(_DATA.read_text(encoding="utf-8"))
    return {code: frozenset(words.split()) for code, words in every.items()}
