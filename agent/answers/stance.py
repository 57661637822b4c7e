"""Classify how a reply speaks of a place: concluded, asserted, in passing, alternative, compared, denied."""

from bisect import bisect_left
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from importlib.resources import files

from sextant.agent.answers.mentions import Mention
from sextant.agent.answers.tokens import Words, is_unspaced, make_word_key
from sextant.base.yaml_text import parse_yaml

_REACH, _MOST = 60, 40  # words round a name in which phrases speak of it, and how many of them
_NEAR = 6  # small words between a phrase and the name it speaks of
_EXAMPLE = 8  # words from "such as" to the name
_CONDITIONS = ("if", "wenn", "falls", "si", "se", "если")
_OTHERS = {
    "another", "other", "similar", "elsewhere", "any", "ander", "anderen", "andere", "autre", "otra", "outra", "altra",
    "другой",
}  # fmt: skip
_SCOPE = {"deny", "like", "toward"}  # phrases that speak of the very next name alone


class Stance(IntEnum):
    """Higher counts more."""

    DENIED = 0
    TOWARD = 1
    SECOND = 2
    LIKE = 3
    PLAIN = 4
    ASSERTED = 5
    FINAL = 6


@dataclass(frozen=True, slots=True)
class _Hit:
    tag: str
    first: int
    last: int


def find_stances(words: Words, mentions: list[Mention]) -> list[Stance]:
    """Return the stance of each mention."""
    hits = _find_hits(words)
    places = [hit.first for hit in hits]
    stances: list[Stance] = []
    for number, mention in enumerate(mentions):
        near = hits[bisect_left(places, mention.first - _REACH) : bisect_left(places, mention.last + _REACH)][-_MOST:]
        here = [hit for hit in near if words.sentences[hit.first] == mention.sentence]
        label = mention.sentence > 0 and words.labels[mention.sentence - 1]
        above = [hit for hit in near if label and words.sentences[hit.first] == mention.sentence - 1]
        stance = _find_stance(words, mention, here, above)
        if (
            number
            and stance > Stance.DENIED
            and stances[-1] == Stance.DENIED
            and _continues(words, mentions[number - 1], mention)
        ):
            stance = Stance.DENIED
        if (
            number
            and stance > Stance.TOWARD
            and stances[-1] == Stance.TOWARD
            and _continues(words, mentions[number - 1], mention)
        ):
            stance = Stance.TOWARD
        if (
            number
            and Stance.LIKE < stance < Stance.FINAL
            and stances[-1] == Stance.LIKE
            and _continues(words, mentions[number - 1], mention)
            and mentions[number - 1].last < mention.first
        ):
            stance = Stance.LIKE  # "such as Munich, Salzburg, or Vienna"
        stances.append(stance)
    for number in range(len(mentions) - 2, -1, -1):  # "Paris, France is not": what holds of the container holds of it
        if stances[number + 1] == Stance.DENIED and _is_contained(words, mentions[number], mentions[number + 1]):
            stances[number] = Stance.DENIED
    for number, mention in enumerate(mentions):
        if stances[number] > Stance.LIKE and _is_one_of_many(words, mention):
            stances[number] = Stance.LIKE
    for number in _find_conditional(words, mentions, hits):
        stances[number] = Stance.DENIED
    return stances


def _is_one_of_many(words: Words, mention: Mention) -> bool:
    """Return whether a name stands for its kind: "in Tokyo or another urban area"."""
    after = words.keys[mention.last + 1 : mention.last + 4]
    return len(after) > 1 and after[0] in ("or", "oder", "ou", "o", "или") and bool(_OTHERS & set(after[1:]))


def _find_conditional(words: Words, mentions: list[Mention], hits: list[_Hit]) -> list[int]:
    """Return the examples of what could be said, which assert nothing: "(e.g., Nikko or Kyoto, if known)"."""
    examples = [hit for hit in hits if hit.tag == "like"]
    found: list[int] = []
    for number in range(len(mentions) - 1, -1, -1):
        mention = mentions[number]
        after = mention.last + 1
        conditional = (
            after < len(words.keys)
            and words.gaps[after] == ","
            and words.keys[after] in _CONDITIONS
            and any(
                0 < mention.first - hit.last <= _EXAMPLE and words.sentences[hit.last] == mention.sentence
                for hit in examples
            )
        )
        continued = found and found[-1] == number + 1 and _continues(words, mention, mentions[number + 1])
        if conditional or continued:
            found.append(number)
    return found


def _find_stance(words: Words, mention: Mention, here: list[_Hit], above: list[_Hit]) -> Stance:
    """Return the stance by the phrases of its own sentence, and of the label above it."""
    stance = Stance.PLAIN
    for hit in here:
        if hit.tag == "denied":
            if hit.first == mention.last + 1 and words.gaps[hit.first] in (" ", ""):
                return Stance.DENIED
        elif hit.tag in _SCOPE and hit.last < mention.first and _is_adjacent(words, hit.last, mention.first):
            if hit.tag == "deny":
                return Stance.DENIED
            stance = min(stance, Stance.TOWARD if hit.tag == "toward" else Stance.LIKE)
        elif hit.tag == "like" and _are_in_brackets(words, hit.first, mention.first):
            stance = min(stance, Stance.LIKE)
    if stance < Stance.PLAIN:
        return stance
    tags = {hit.tag for hit in here if hit.last < mention.first or hit.tag == "final"}
    tags |= {hit.tag for hit in above if hit.tag in ("final", "assert", "second")}
    if "second" in tags:
        return Stance.SECOND
    return Stance.FINAL if "final" in tags else Stance.ASSERTED if "assert" in tags else stance


def _are_in_brackets(words: Words, opening: int, at: int) -> bool:
    """Return whether a phrase opens the brackets that a name stands in: "(e.g., the Louvre in Paris, or Rome)"."""
    return opening < at and words.gaps[opening] == "(" and ")" not in words.gaps[opening + 1 : at + 1]


def _is_adjacent(words: Words, last: int, first: int) -> bool:
    """Return whether only small words stand between a phrase and a name."""
    small = _load_phrases()[1]
    if first - last - 1 > _NEAR:
        return False
    if any(words.gaps[k] not in (" ", "-", "") for k in range(last + 2, first + 1)):
        return False
    comma = words.gaps[last + 1] == "," and words.keys[last] == "g"  # "e.g., Tuscany"
    return (comma or words.gaps[last + 1] in (" ", "-", "", ":")) and all(
        words.keys[k] in small for k in range(last + 1, first)
    )


def _continues(words: Words, before: Mention, mention: Mention) -> bool:
    """Return whether a name continues the list or the address of the one before: "not Rome, Italy or Milan"."""
    if before.sentence != mention.sentence:
        return False
    between = range(before.last + 1, mention.first)
    if any(
        words.keys[k] not in ("or", "nor", "and", "oder", "noch", "ou", "ni", "o", "e", "y", "или", "и", "in")
        for k in between
    ):
        return False
    return all(words.gaps[k] in (" ", ",", "/", "(", "") for k in range(before.last + 1, mention.first + 1))


def _is_contained(words: Words, inner: Mention, outer: Mention) -> bool:
    return inner.sentence == outer.sentence and outer.first == inner.last + 1 and words.gaps[outer.first] == ","


def _find_hits(words: Words) -> list[_Hit]:
    tree = _load_phrases()[0]
    found: list[_Hit] = []
    keys, count = words.keys, len(words.keys)
    for index, key in enumerate(keys):
        for phrase, tag in tree.get(key, ()):
            length = len(phrase)
            if index + length <= count and keys[index : index + length] == phrase:
                found.append(_Hit(tag, index, index + length - 1))
        if not key.isascii() and is_unspaced(key):
            found += [_Hit(tag, index, index) for phrase, tag in _load_phrases()[2] if phrase in key]
    return _keep_longest(found)


def _keep_longest(hits: list[_Hit]) -> list[_Hit]:
    """Without the phrases inside a longer one: "looks like" is not a comparison."""
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.first, -hit.last)):
        if hit.tag == "like" and kept and kept[-1].last >= hit.last and kept[-1].tag != "like":
            continue
        kept.append(hit)
    return kept


@lru_cache(maxsize=1)
def _load_phrases() -> tuple[dict[str, list[tuple[list[str], str]]], frozenset[str], list[tuple[str, str]]]:
    """Return phrases by their first word, the small words, and phrases of scripts without spaces."""
    text = files("sextant.agent.answers").joinpath("data/stances.yaml").read_text(encoding="utf-8")
    lists = parse_yaml(text)
    small = frozenset(word for phrase in lists.pop("between") for word in phrase.split())
    tree: dict[str, list[tuple[list[str], str]]] = {}
    unspaced: list[tuple[str, str]] = []
    for tag, phrases in lists.items():
        for phrase in phrases:
            if is_unspaced(phrase):
                unspaced.append((make_word_key(phrase), tag))
                continue
            keys = [make_word_key(word) for word in phrase.split()]
            tree.setdefault(keys[0], []).append((keys, tag))
    return tree, small, unspaced
