"""Patterns of sentences that claim a check was made, in the languages that models mostly answer in.

The words are data (``agent/guard/data/claimed_checks.yaml``); how often they are right is measured by ``python -m
bench.phantoms``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sextant.agent.guard.function_words import count_function_words

Tools = tuple[str, ...]
ANY_TOOL: Tools = ("*",)
OUT_OF_REACH: Tools = ()

_DATA = Path(__file__).parent / "data" / "claimed_checks.yaml"
_EDGELESS = ("zh",)  # written without spaces: a word has no edges to match at
_QUOTED = re.compile(r"[\"“”„«»「」][^\"“”„«»「」]{0,200}[\"“”„«»「」]")


@dataclass(frozen=True)
class ClaimPatterns:
    """How one language says that something was checked."""

    named: re.Pattern[str]
    topics: tuple[tuple[re.Pattern[str], Tools], ...]
    done: re.Pattern[str]
    leads: re.Pattern[str]
    looking: re.Pattern[str] | None
    denied: re.Pattern[str]

    def report(self, sentence: str) -> str | None:
        """Return the words by which the sentence reports something done; None where it reports nothing."""
        for found in self.done.finditer(sentence):
            if not self.denied.search(sentence[: found.end()]):
                return found[0]
        lead = self.leads.search(sentence)
        return lead[0] if lead and not self.denied.search(sentence) else None

    def find_checks(self, sentence: str) -> list[Tools] | None:
        """As ``find_claimed_checks``, in this language."""
        report = self.report(sentence)
        if report is None:
            return None
        kinds = [tools for topic, tools in self.topics if topic.search(sentence)]
        if not kinds:
            return None if self.looking and self.looking.search(report) else [ANY_TOOL]
        impossible = [tools for tools in kinds if not tools]
        return impossible or kinds[:1]


def find_claimed_checks(sentence: str) -> list[Tools] | None:
    """For each check the sentence says was made, the tools that would be it; None when it claims none.

    No tools at all (an empty tuple) means a source that Sextant cannot reach: such a sentence is never true. A check of
    no named kind ("I verified this") is any tool at all, ``ANY_TOOL``. What stands in quotation marks is somebody
    else's words.
    """
    plain = _QUOTED.sub("…", sentence.replace("’", "'"))
    likely = find_likely_languages(plain)
    if any(words.named.search(plain) for words in likely) and not any(words.denied.search(plain) for words in likely):
        return [OUT_OF_REACH]
    for words in load_languages().values():
        checks = words.find_checks(plain)
        if checks is not None:
            return checks
    return None


def find_likely_languages(sentence: str) -> list[ClaimPatterns]:
    """Return the languages that the sentence shares most small words with; all of them where it shares none."""
    every = load_languages()
    hits = {code: count for code, count in count_function_words(sentence).items() if code in every}
    most = max(hits.values())
    return [words for code, words in every.items() if hits.get(code, 0) == most]


@lru_cache(maxsize=1)
def load_languages() -> dict[str, ClaimPatterns]:
    """Return the languages in which claims of checks are recognised, by ISO 639-1 code."""
    every = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return {code: _compile_words(data, edges=code not in _EDGELESS) for code, data in every.items()}


def _compile_words(data: dict[str, Any], *, edges: bool) -> ClaimPatterns:
    outside = _join_lines(data["outside"])

    def pattern(*parts: str) -> re.Pattern[str]:
        filled = "|".join(map(_join_lines, parts)).replace("<outside>", outside)
        return re.compile(rf"(?<!\w)(?:{filled})(?!\w)" if edges else filled, re.IGNORECASE)

    return ClaimPatterns(
        named=pattern(data["named"]),
        topics=tuple((pattern(topic), tuple(tools)) for topic, tools in data["topics"]),
        done=pattern(*data["done"]),
        leads=pattern(*data["leads"]),
        looking=pattern(data["looking"]) if data["looking"] else None,
        denied=pattern(data["not"]),
    )


def _join_lines(text: str) -> str:
    """Return a pattern that the data breaks over lines, after a bar."""
    return text.replace("| ", "|").strip()
