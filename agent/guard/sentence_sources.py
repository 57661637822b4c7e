"""Find the source of a sentence by its words: read, seen, retrieved, metadata, or inferred.

A tag says no more than the sentence does: a sign that nobody read is seen, not read; gallery photos that were not shown
are no source. The words are data (``agent/guard/data/sentence_sources.yaml``).
"""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from sextant.agent.guard.claim_patterns import QUOTED

_DATA = Path(__file__).parent / "data" / "sentence_sources.yaml"
_GALLERY_TOOLS = frozenset({"nearest_photos", "farthest_photos"})


def find_source(sentence: str, *, gallery: bool) -> str:
    """Find the source that the words of a sentence speak of.

    Args:
        gallery: whether gallery photos were shown or retrieved; without them, no sentence is "retrieved".
    """
    plain = QUOTED.sub("…", sentence.replace("’", "'"))
    words = _load_words()
    if words["metadata"].search(plain):
        return "metadata"
    if words["supposed"].search(plain):
        return "inferred"
    quotes = plain != sentence.replace("’", "'")
    if (words["read"].search(plain) or (quotes and words["carrier"].search(plain))) and not is_unread(sentence):
        return "read"
    if words["retrieved"].search(plain):
        return "retrieved" if gallery else "inferred"
    return "seen" if words["seen"].search(plain) and not words["unseen"].search(plain) else "inferred"


def correct_source(sentence: str, stated: str, *, gallery: bool) -> str:
    """Correct the source that a model states for a sentence: what was not read or not shown cannot be the source."""
    if stated == "read" and is_unread(sentence):
        return "seen"
    return "inferred" if stated == "retrieved" and not gallery else stated


def is_unread(sentence: str) -> bool:
    """Return whether a sentence says that words were not read."""
    return bool(_load_words()["unread"].search(QUOTED.sub("…", sentence.replace("’", "'"))))


def has_gallery(tools: frozenset[str], references: bool) -> bool:
    """Return whether a branch was shown gallery photos, in its prompt or by a tool."""
    return references or bool(_GALLERY_TOOLS & tools)


@lru_cache(maxsize=1)
def _load_words() -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    carrier = data["carrier"].replace("| ", "|")
    return {
        name: re.compile(rf"(?<!\w)(?:{text.replace('| ', '|').replace('<carrier>', carrier)})(?!\w)", re.IGNORECASE)
        for name, text in data.items()
    }
