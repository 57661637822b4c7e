"""Function words of a text, to guess its language cheaply."""

import re
from functools import lru_cache
from pathlib import Path

import yaml

_DATA = Path(__file__).parent / "data" / "function_words.yaml"


def count_function_words(text: str) -> dict[str, int]:
    """How many words of the text are small words of each language, by ISO 639-1 code."""
    words = split_words(text)
    return {code: sum(word in small for word in words) for code, small in _load_function_words().items()}


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return re.findall(r"[^\W\d_]+", text.lower())


@lru_cache(maxsize=1)
def _load_function_words() -> dict[str, frozenset[str]]:
    every = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return {code: frozenset(words.split()) for code, words in every.items()}
