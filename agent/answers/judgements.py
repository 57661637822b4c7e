"""Read a second look: what a model says of each place whose pictures it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sextant.agent.answers.lenient import find_fragments

LETTERS = "ABCD"
"""The names of the places of a second look, in their order."""
_MOST_WORDS = 300


class Likeness(StrEnum):
    """What a place's pictures are to the photo, in the words the prompt asks for."""

    SAME_PLACE = "same place"
    SAME_KIND = "same kind"
    NOT = "not"


@dataclass(frozen=True)
class Judged:
    """A letter of a place, what was said of it, and why."""

    letter: str
    likeness: Likeness
    why: str


def read_judgements(text: str, letters: Sequence[str]) -> tuple[Judged, ...]:
    """Return what a reply says of each place, in the order of the letters; places it leaves out are missing.

    Only exact codes count: a reply in other words says nothing. Of several judgements of a place the last counts.
    """
    found: dict[str, Judged] = {}
    for fragment in find_fragments(text):
        listed = fragment.value.get("places") if isinstance(fragment.value, dict) else fragment.value
        for one in listed if isinstance(listed, list) else ():
            judged = _read(one)
            if judged and judged.letter in letters:
                found[judged.letter] = judged
    return tuple(found[letter] for letter in letters if letter in found)


def _read(one: object) -> Judged | None:
    if not isinstance(one, dict):
        return None
    letter, said = str(one.get("place", "")).strip().upper(), str(one.get("judgement", "")).strip().lower()
    if said not in list(Likeness):
        return None
    return Judged(letter, Likeness(said), " ".join(str(one.get("why") or "").split())[:_MOST_WORDS])
