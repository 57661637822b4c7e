"""Check claims against the tool log: a ledger of sources, with claims of checks that were never made struck.

Every sentence shown about a photo has a source: seen, read, retrieved, tool, inferred, metadata, or said by the person.
A sentence that claims a check is struck when the trace holds no such call, and replaced by a list of the calls made.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sextant.agent.guard.claim_languages import find_unsupported_language
from sextant.agent.guard.claim_patterns import ANY_TOOL, Tools, find_claimed_checks
from sextant.agent.guard.sentence_sources import correct_source, find_source, has_gallery, has_source_words
from sextant.base.json_types import Document, Json

SOURCES = ("seen", "read", "retrieved", "tool", "inferred", "metadata", "said")
"""Where a sentence comes from; ``said`` is the person's own word, such as "not Italy"."""

_SENTENCE = re.compile(r"(?<=[.!?…])[\"')\]]*\s+(?=\S)|(?<=[。！？])\s*(?=\S)|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|etc|vs|approx|ca|no|st|mt|ft|dr|mr|mrs|jr|fig)|\b[A-Z]|\d)\.$", re.IGNORECASE
)


@dataclass(frozen=True)
class Trace:
    """The actual calls: tool calls as (id, name), and whether reference photos were in the prompt."""

    calls: tuple[tuple[str, str], ...] = ()
    references: bool = False

    @property
    def names(self) -> Counter[str]:
        """Count the calls of each tool."""
        return Counter(name for _, name in self.calls)


def make_trace(branch: str, turns: Sequence[Mapping[str, Any]], references: bool) -> Trace:
    """Trace a branch's successful tool calls: ``branch#1``, ``branch#2``, …; failed calls do not count as checks."""
    done = [turn for turn in turns if turn["role"] == "tool" and not has_tool_failed(turn)]
    return Trace(tuple((f"{branch}#{number}", turn.get("name", "")) for number, turn in enumerate(done, 1)), references)


def has_tool_failed(turn: Mapping[str, Any]) -> bool:
    """Return whether a tool failed in this turn. The text is only parsed in turns of earlier versions."""
    failed = turn.get("failed")
    return bool(turn["content"].startswith("Error:") if failed is None else failed)


@dataclass(frozen=True)
class LedgerEntry:
    """One sentence with its source; ``struck`` holds the model's words when they were untrue."""

    text: str
    source: str
    call: str | None = None
    struck: str | None = None

    def to_json(self) -> Json:
        return {"text": self.text, "source": self.source, "call": self.call, "struck": self.struck}


def build_ledger(text: str, trace: Trace, clues: Sequence[Document] = ()) -> list[LedgerEntry]:
    """Split a text into entries, one per sentence, in order; replace sentences that claim a check that was not made.

    When the guard does not support the language of the text or a part of it, a last entry says so.

    Args:
        clues: the evidence named in the answers, ``{"text", "source", "call"}``; a sentence with the same content gets
            the clue's source.
    """
    said = split_sentences(text)
    entries = [check_sentence(sentence, trace, clues) for sentence in said]
    note = describe_unsupported([text, *said])
    return [*entries, LedgerEntry(note, "inferred")] if note else entries


def describe_unsupported(texts: Sequence[str]) -> str | None:
    """Describe in one sentence the texts in unsupported languages; None when all are supported."""
    found = sorted({tongue for tongue in map(find_unsupported_language, texts) if tongue})
    if not found:
        return None
    untold = any(find_unsupported_language(text) and not has_source_words(text) for text in texts)
    sources = " Its sources are not known either." if untold else ""
    return f"Not checked against the tool log: text in {' and '.join(found)} is not supported.{sources}"


def check_sentence(sentence: str, trace: Trace, clues: Sequence[Document] = ()) -> LedgerEntry:
    """Find the source of a sentence, or strike it."""
    checks = find_claimed_checks(sentence)
    if checks is not None:
        call = _find_backing_call(checks, trace)
        if call is None:
            return LedgerEntry(describe_calls(trace), "tool", None, struck=sentence)
        return LedgerEntry(sentence, "retrieved" if call == "references" else "tool", call)
    gallery = has_gallery(frozenset(trace.names), trace.references)
    same = _find_same_clue(sentence, clues)
    if same is not None and same["source"] in SOURCES:
        return LedgerEntry(sentence, correct_source(sentence, same["source"], gallery=gallery), same.get("call"))
    return LedgerEntry(sentence, find_source(sentence, gallery=gallery))


def strike_phantom_checks(clues: Sequence[Document], traces: Mapping[str, Trace]) -> list[Json]:
    """Strike the phantom checks in an answer's claims. ``traces`` are by branch id, a claim's ``call``."""
    kept: list[Json] = []
    for clue in clues:
        entry = check_sentence(clue["text"], traces.get(clue["call"], Trace()), [clue])
        if entry.struck is None:
            kept.append({**clue, "source": _correct_clue(clue, traces)})
        else:
            kept.append({**clue, "text": entry.text, "source": "tool", "struck": entry.struck})
    return kept


def _correct_clue(clue: Document, traces: Mapping[str, Trace]) -> str:
    """Return the clue's source, corrected where its branch is known."""
    trace = traces.get(clue["call"])
    stated = str(clue["source"])
    if trace is None:
        return stated
    return correct_source(clue["text"], stated, gallery=has_gallery(frozenset(trace.names), trace.references))


def describe_calls(trace: Trace) -> str:
    """Describe in one sentence which calls the trace holds."""
    done = [f"{name} {count} times" if count > 1 else f"{name} once" for name, count in sorted(trace.names.items())]
    if trace.references:
        done.append("a list of similar and dissimilar gallery photos was shown")
    listed = "; ".join(done) or "no tool was called and no reference shown"
    return f"The model claimed a check that was not made. What was done: {listed}."


def split_sentences(text: str) -> list[str]:
    """Split a text into sentences, without splitting at abbreviations and decimal points."""
    found: list[str] = []
    for piece in _SENTENCE.split(text):
        piece = piece.strip()
        if not piece:
            continue
        if found and _ABBREVIATION.search(found[-1]) and len(found[-1]) < 200:
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
    return found


def _find_backing_call(checks: Sequence[Tools], trace: Trace) -> str | None:
    """Find a call that backs one of the claimed checks: its id, "references" for the prompt's list, or None."""
    for tools in checks:
        for call, name in trace.calls:
            if name in tools or tools == ANY_TOOL:
                return call
        if "references" in tools and trace.references:
            return "references"
    return None


def _find_same_clue(sentence: str, clues: Sequence[Document]) -> Document | None:
    """Find the clue that shares most words with the sentence: at least half of the shorter one's."""
    words = _split_long_words(sentence)
    best, most = None, 0.5
    for clue in clues:
        other = _split_long_words(clue["text"])
        share = len(words & other) / max(1, min(len(words), len(other)))
        if len(words & other) >= 2 and share > most:
            best, most = clue, share
    return best


def _split_long_words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}
