"""Read a model's reply in chat: prose as it stands, and JSON as what it says, never as braces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sextant.agent.answer_words import format_coordinates
from sextant.agent.answers import parse_answer
from sextant.agent.answers.fields import is_tool_call
from sextant.agent.answers.lenient import find_fragments
from sextant.agent.guard.claims import LedgerEntry as Entry
from sextant.agent.guard.claims import Trace, build_ledger
from sextant.base.json_types import Document, Json

_FENCES = ("```json", "```JSON", "```")
_NO_SENTENCE = frozenset({"source", "place", "country", "city", "admin1", "name", "region", "state", "tool"})
_DEEPEST = 6


@dataclass(frozen=True)
class SpokenReply:
    """A reply as read: its sentences, one a line, the evidence it lists with its sources, and a position it names."""

    text: str
    clues: tuple[Json, ...] = ()
    position: str | None = None


def make_reply_ledger(text: str, trace: Trace, clues: Sequence[Document]) -> list[Entry]:
    """Make the ledger of a reply: its sentences, then its evidence; phantom checks are struck in both."""
    reply = read_reply(text)
    known: list[Document] = [*reply.clues, *clues]
    entries = build_ledger(reply.text, trace, known) if reply.text else []
    said = {entry.text for entry in entries}
    for clue in reply.clues:
        if clue["text"] not in said:
            entries += build_ledger(clue["text"], trace, [clue])
    if reply.position:
        entries.append(Entry(f"The reply names the position {reply.position}; the answer stays the run's.", "inferred"))
    return entries or [Entry("The model's reply holds no sentence.", "inferred")]


def read_reply(text: str) -> SpokenReply:
    """Read a reply that may be prose, JSON, or both."""
    found = [fragment for fragment in find_fragments(text) if not is_tool_call(fragment.value)]
    if not found:
        return SpokenReply(text)
    outside, at = [], 0
    for fragment in found:
        outside.append(text[at : fragment.start])
        at = fragment.end
    outside.append(text[at:])
    prose = "\n".join(outside)
    for fence in _FENCES:
        prose = prose.replace(fence, "")
    outcome = parse_answer(text)
    listed = {clue.text: clue.source for clue in outcome.clues}
    sentences = [piece for fragment in found for piece in _list_sentences(fragment.value, 0) if piece not in listed]
    clues = tuple(
        {"text": words, "source": source if source != "unstated" else "inferred", "call": None}
        for words, source in listed.items()
    )
    named = None
    if outcome.kind == "answered":
        named = format_coordinates({"latitude": outcome.latitude, "longitude": outcome.longitude})
        named += f" ({outcome.place})" if outcome.place else ""
    return SpokenReply("\n".join(filter(None, [prose.strip(), *sentences])), clues, named)


def _list_sentences(value: Any, depth: int) -> Iterator[str]:
    """Yield the texts of a JSON value that are sentences: three words or more, not names, numbers or sources."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            if str(name).lower() not in _NO_SENTENCE:
                yield from _list_sentences(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _list_sentences(item, depth + 1)
    elif isinstance(value, str) and len(value.split()) >= 3:
        yield " ".join(value.split())
