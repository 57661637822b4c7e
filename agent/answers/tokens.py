"""Split a reply into words, each with its key, its sentence, and whether it can begin a name."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from sextant.base.yaml_text import parse_yaml
from sextant.geo.spelling import fold, strip_digraphs

# A word with its apostrophes; marks that some scripts write as characters of their own belong to it.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0903"
    "\u093a-\u094f\u0981-\u0983\u09bc-\u09cd\u0b82\u0bbe-\u0bcd"
)
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+(?:['’][^\W_]+)*")
# Marks of Markdown, tables and quotes do not belong to a sentence.
_SPACES = str.maketrans(dict.fromkeys('*_`#|~<>"“”„«»[]{}\\•◦▪', " "))
_ENDS = ".!?;。！？"
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a reply, in columns of equal length.

    ``gaps`` holds what stands before a word: " ", "-" (a hyphen), "," or another mark, "" for nothing, "\\n" where a
    line begins; ``sentences`` numbers them; ``capital`` says whether a name can begin with the word.
    """

    text: str
    keys: list[str]
    starts: list[int]
    ends: list[int]
    capital: list[bool]
    gaps: list[str]
    sentences: list[int]
    labels: list[bool]
    """By sentence: whether it ends in a colon, so that what it says holds for the next."""


def split_words(text: str) -> Words:
    """Return the words of a text whose characters are folded (`sextant.agent.answers.characters`)."""
    text = text.translate(_SPACES)
    named = any(letter.isupper() for letter in text) or len(text) > 80  # a reply that never uses capitals
    words = Words(text, [], [], [], [], [], [], [])
    sentence = end = 0
    last = ""
    for found in _WORD.finditer(text):
        word, start = found[0], found.start()
        gap = text[end:start]
        if last and _ends_between(gap, last, word):
            words.labels.append(":" in gap)
            sentence += 1
        words.keys.append(make_word_key(word))
        words.starts.append(start)
        end = found.end()
        words.ends.append(end)
        words.capital.append(not named or (not word[0].islower() and not word[0].isdigit()))
        words.gaps.append(_classify_gap(gap))
        words.sentences.append(sentence)
        last = word
    words.labels.append(False)
    return words


def _ends_between(gap: str, last: str, word: str) -> bool:
    """Return whether a sentence or line ends between two words."""
    if gap == " ":
        return False
    if "\n" in gap:
        return True
    mark = gap.strip()
    if not mark or (mark[0] not in _ENDS and mark[-1:] not in _ENDS):
        return False
    if mark[0] in "!?;。！？":
        return True
    if word[0].islower():
        return False
    short = last.lower() in load_word_list("short_forms") or (len(last) == 1 and last.isalpha())
    return not short or word.lower() in load_word_list("leads")


def _classify_gap(gap: str) -> str:
    if gap == " ":
        return " "
    if "\n" in gap:
        return "\n"
    mark = gap.strip()
    if not mark:
        return " " if gap else ""
    if mark == "-":
        return "-" if gap == "-" else "–"
    return mark if len(mark) == 1 else mark[0] if mark[0] in ",():" else mark[-1]


@lru_cache(maxsize=50_000)
def make_word_key(word: str) -> str:
    """Return a word's key; a genitive's s goes."""
    if word.lower() in ("it's", "that's"):
        return word.lower().replace("'s", "is")
    if word[-2:] in ("'s", "’s"):
        word = word[:-2]
    return strip_digraphs(fold(word))


@lru_cache(maxsize=1)
def _load_lists() -> dict[str, frozenset[str]]:
    text = files("sextant.agent.answers").joinpath("data/words.yaml").read_text(encoding="utf-8")
    lists = parse_yaml(text).items()
    split = {name: words.split(", ") if ", " in words else words.split() for name, words in lists}
    # As a reply's words are: "avenue" is "avenu", since "ue" may stand for "ü".
    return {name: frozenset(_make_list_key(word) for word in words) for name, words in split.items()}


def _make_list_key(word: str) -> str:
    """Return the key of a listed word; compounds keep their hyphen."""
    return "-".join(make_word_key(part) for part in word.split("-"))


def load_word_list(name: str) -> frozenset[str]:
    """Return one of the lists of `data/words.yaml`."""
    return _load_lists()[name]


def is_unspaced(word: str) -> bool:
    """Return whether a word is of a script that leaves no space between words."""
    return _UNSPACED.search(word) is not None
