"""Patterns of sentences that claim a check was made (phantom checks), in the common answer languages.

The words are data (``agent/guard/data/claimed_checks.yaml``); ``python -m bench.phantoms`` measures their accuracy.
"""

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from sextant.agent.guard.function_words import count_function_words
from sextant.base.yaml_text import parse_yaml

Tools = tuple[str, ...]
ANY_TOOL: Tools = ("*",)
OUT_OF_REACH: Tools = ()

_DATA = Path(__file__).parent / "data" / "claimed_checks.yaml"
_EDGELESS = ("zh",)  # written without spaces, so word boundaries cannot be matched
QUOTED = re.compile(r"[\"“”„«»「」][^\"“”„«»「」]{0,200}[\"“”„«»「」]")


class ClaimPatterns:
    """Patterns of one language for sentences that report a check: each is compiled when the first sentence needs it.

    Args:
        edges: whether words end where a letter does not follow; not in a language that is written without spaces.
    """

    def __init__(self, data: dict[str, Any], *, edges: bool) -> None:
        self._data, self._edges = data, edges

    @cached_property
    def named(self) -> re.Pattern[str]:
        """Sources that Sextant cannot reach."""
        return self._compile(self._data["named"])

    @cached_property
    def topics(self) -> tuple[tuple[re.Pattern[str], Tools], ...]:
        """What was checked, and the tools that could have."""
        return tuple((self._compile(topic), tuple(tools)) for topic, tools in self._data["topics"])

    @cached_property
    def done(self) -> re.Pattern[str]:
        """An action that was done."""
        return self._compile(*self._data["done"])

    @cached_property
    def leads(self) -> re.Pattern[str]:
        """The beginning of a sentence that reports a result."""
        return self._compile(*self._data["leads"])

    @cached_property
    def looking(self) -> re.Pattern[str] | None:
        """An action that may only mean looking at the photo."""
        return self._compile(self._data["looking"]) if self._data["looking"] else None

    @cached_property
    def denied(self) -> re.Pattern[str]:
        """Words that say that something was not done."""
        return self._compile(self._data["not"])

    def _compile(self, *parts: str) -> re.Pattern[str]:
        filled = "|".join(map(_join_lines, parts)).replace("<outside>", _join_lines(self._data["outside"]))
        return re.compile(rf"(?<!\w)(?:{filled})(?!\w)" if self._edges else filled, re.IGNORECASE)

    def report(self, sentence: str) -> str | None:
        """Find the words that report an action; None when the sentence reports none."""
        for found in self.done.finditer(sentence):
            if not self.denied.search(sentence[: found.end()]):
                return found[0]
        lead = self.leads.search(sentence)
        return lead[0] if lead and not self.denied.search(sentence) else None

    def find_checks(self, sentence: str) -> list[Tools] | None:
        """Find the claimed checks of a sentence in this language; see ``find_claimed_checks``."""
        report = self.report(sentence)
        if report is None:
            return None
        kinds = [tools for topic, tools in self.topics if topic.search(sentence)]
        if not kinds:
            return None if self.looking and self.looking.search(report) else [ANY_TOOL]
        impossible = [tools for tools in kinds if not tools]
        return impossible or kinds[:1]


def find_claimed_checks(sentence: str) -> list[Tools] | None:
    """Find the checks a sentence claims, each as the tools that could have made it; None when it claims none.

    An empty tuple means a source that Sextant cannot reach: such a claim is never true. An unspecific check ("I
    verified this") could be any tool, ``ANY_TOOL``. Quoted text is ignored: it is not the model's.
    """
    plain = QUOTED.sub("…", sentence.replace("’", "'"))
    likely = find_likely_languages(plain)
    if any(words.named.search(plain) for words in likely) and not any(words.denied.search(plain) for words in likely):
        return [OUT_OF_REACH]
    for words in load_languages().values():
        checks = words.find_checks(plain)
        if checks is not None:
            return checks
    return None


def find_likely_languages(sentence: str) -> list[ClaimPatterns]:
    """Find the languages whose function words are most frequent in the sentence; all of them when none occurs."""
    every = load_languages()
    hits = {code: count for code, count in count_function_words(sentence).items() if code in every}
    most = max(hits.values())
    return [words for code, words in every.items() if hits.get(code, 0) == most]


@lru_cache(maxsize=1)
def load_languages() -> dict[str, ClaimPatterns]:
    """Load the patterns of all supported languages, by ISO 639-1 code."""
    every = parse_yaml(_DATA.read_text(encoding="utf-8"))
    return {code: ClaimPatterns(data, edges=code not in _EDGELESS) for code, data in every.items()}


def _join_lines(text: str) -> str:
    """Join a pattern that the data file breaks over lines after a bar."""
    return text.replace("| ", "|").strip()
