"""Find the source of a sentence by its words: read, seen, retrieved, metadata, or inferred.

A tag says no more than the sentence does: a sign that nobody read is seen, not read; gallery photos that were not shown
are no source. The words are data (``agent/guard/data/sentence_sources.yaml``), by language.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from sextant.agent.guard.claim_patterns import QUOTED
from sextant.agent.guard.function_words import count_function_words
from sextant.base.yaml_text import parse_yaml

_DATA = Path(__file__).parent / "data" / "sentence_sources.yaml"
_GALLERY_TOOLS = frozenset({"nearest_photos", "farthest_photos"})
_ORDER = ("metadata", "read", "retrieved", "seen", "inferred")
_ENGLISH, _CHINESE = "en", "zh"
_HAN = re.compile(r"[\u4e00-\u9fff]")


class Words:
    """The words of one language, by the kind of source they speak of: each kind is compiled when first asked for."""

    def __init__(self, kinds: Mapping[str, str], *, edges: bool) -> None:
        self._kinds, self._edges = kinds, edges
        self._compiled: dict[str, re.Pattern[str]] = {}

    def __getitem__(self, kind: str) -> re.Pattern[str]:
        if kind not in self._compiled:
            text = _join_lines(self._kinds[kind]).replace("<carrier>", _join_lines(self._kinds["carrier"]))
            whole = rf"(?<!\w)(?:{text})(?!\w)" if self._edges else text
            self._compiled[kind] = re.compile(whole, re.IGNORECASE)
        return self._compiled[kind]


def find_source(sentence: str, *, gallery: bool) -> str:
    """Find the source that the words of a sentence speak of; ``inferred`` where they speak of none.

    Args:
        gallery: whether gallery photos were shown or retrieved; without them, no sentence is "retrieved".
    """
    straight = sentence.replace("’", "'")
    plain = QUOTED.sub("…", straight)
    found = [_match(words, plain, quotes=plain != straight, gallery=gallery) for words in _choose_words(plain)]
    known = [source for source in found if source]
    if not known or found[0]:
        return known[0] if known else "inferred"
    return min(known, key=_ORDER.index)  # equally likely languages: what says most


def _match(words: Words, plain: str, *, quotes: bool, gallery: bool) -> str | None:
    """Return the source that one language's words give; None where none of them occurs."""
    if words["metadata"].search(plain):
        return "metadata"
    if words["supposed"].search(plain):
        return "inferred"
    read = words["read"].search(plain) or (quotes and words["carrier"].search(plain))
    if read and not words["unread"].search(plain):
        return "read"
    if words["retrieved"].search(plain):
        return "retrieved" if gallery else "inferred"
    if words["unseen"].search(plain):
        return "inferred"
    return "seen" if words["seen"].search(plain) else None


def correct_source(sentence: str, stated: str, *, gallery: bool) -> str:
    """Correct the source that a model states for a sentence: what was not read or not shown cannot be the source."""
    if stated == "read" and is_unread(sentence):
        return "seen"
    return "inferred" if stated == "retrieved" and not gallery else stated


def is_unread(sentence: str) -> bool:
    """Return whether a sentence says that words were not read."""
    plain = QUOTED.sub("…", sentence.replace("’", "'"))
    return any(words["unread"].search(plain) for words in _choose_words(plain))


def has_source_words(text: str) -> bool:
    """Return whether sources are recognised by the words of a text's language."""
    plain = QUOTED.sub("…", text)
    return bool(_HAN.search(plain)) or bool(_find_likely(plain))


def has_gallery(tools: frozenset[str], references: bool) -> bool:
    """Return whether a branch was shown gallery photos, in its prompt or by a tool."""
    return references or bool(_GALLERY_TOOLS & tools)


def _choose_words(plain: str) -> Iterable[Words]:
    """Choose the languages whose small words are most frequent, English before others; all where none occurs."""
    every = _load_words()
    if _HAN.search(plain):
        return [every[_CHINESE]]
    likely = _find_likely(plain)
    # English in any case: a name in another language may outweigh a short sentence's own small words.
    return [every[code] for code in dict.fromkeys([*likely, _ENGLISH])]


def _find_likely(plain: str) -> list[str]:
    """Find the languages with the most small words in a text.

    All languages where none occurs; none where a language without source words has more, two at least.
    """
    hits, every = count_function_words(plain), _load_words()
    most = max(hits.values())
    likely = [code for code in every if most and hits.get(code) == most]
    return likely or (list(every) if most < 2 else [])


@lru_cache(maxsize=1)
def _load_words() -> dict[str, Words]:
    every = parse_yaml(_DATA.read_text(encoding="utf-8"))
    return {code: Words(kinds, edges=code != _CHINESE) for code, kinds in every.items()}


def _join_lines(text: str) -> str:
    """Join a pattern that the data file breaks over lines after a bar."""
    return text.replace("| ", "|").strip()
