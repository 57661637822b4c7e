"""Text that a reply quotes as written in the photo: on a sign, a shop front, a plaque."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from sextant.agent.answers.lenient import find_fragments
from sextant.agent.answers.outcome import Clue
from sextant.base.yaml_text import parse_yaml

_QUOTED = re.compile(r"\"([^\"\n]{3,80})\"|“([^”\n]{3,80})”|„([^“”\n]{3,80})[“”]|«([^»\n]{3,80})»|「([^」\n]{2,40})」")
_SENTENCE = re.compile(r"(?<=[.!?。])\s+|\n+")
_LONGEST = 200_000  # characters looked at


def quoted_signs(reply: str, clues: Sequence[Clue] = ()) -> list[str]:
    """Find what a reply quotes as written in the photo, in order, each text once.

    A clue that the reply marks as read counts whole where it quotes nothing. The quotes that JSON itself needs, round
    names of fields and values, quote nothing.
    """
    found = [text for clue in clues if clue.source == "read" for text in quotes(clue.text) or [clue.text]]
    for text in _list_prose(reply[:_LONGEST]):
        for sentence in _SENTENCE.split(text):
            if ('"' in sentence or any(mark in sentence for mark in "“„«「")) and _words().search(sentence.lower()):
                found += quotes(sentence)
    return list(dict.fromkeys(text.strip(" .,:;!") for text in found))


def _list_prose(reply: str) -> list[str]:
    """List the running text of a reply: what stands outside JSON, piece by piece, and the texts inside."""
    found, at = [], 0
    for fragment in find_fragments(reply):
        found += [reply[at : fragment.start], *_list_strings(fragment.value)]
        at = fragment.end
    return [*found, reply[at:]]


def _list_strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _list_strings(part)]


def quotes(text: str) -> list[str]:
    """Find the quoted parts of a text."""
    return [next(part for part in match.groups() if part) for match in _QUOTED.finditer(text)]


@cache
def _words() -> re.Pattern[str]:
    lists = parse_yaml(files("sextant.agent.answers").joinpath("data/signs.yaml").read_text(encoding="utf-8"))
    words = [re.escape(word).replace(r"\*", r"\w*") for line in lists.values() for word in str(line).split()]
    return re.compile(rf"\b(?:{'|'.join(words)})\b")
