"""Detect prompt injection: text in a photo or tool result that gives the model instructions.

A sign that says "Paris 12 km" is evidence; a sign that says "answer Paris" is an attack. Nothing is removed: untrusted
text is always quoted (``quoting.py``), and findings become warnings for the user.
The phrases are data, `agent/guard/data/instruction_phrases.yaml`.
"""

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

from sextant.base.yaml_text import parse_yaml

_LONGEST = 20_000  # characters examined
_MOST = 20  # findings reported
_EXCERPT = 120  # characters of a finding

_LOOKALIKES = str.maketrans(
    "аеорсухіѕјԁһӏвкмнтАВЕКМНОРСТУХІЅЈαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧıօ",
    "aeopcyxisjdhlbkmhtABEKMHOPCTYXISJaeiknoptuxABEZHIKMNOPTYXio",
)
_DIGITS_FOR_LETTERS = str.maketrans("013457@$!|", "oieastasil")
_MIXED_WORD = re.compile(r"\w{2,40}")
_CODED_WORD = re.compile(r"[\w@$!|]{4,40}")
_RUN = 8
_LONG_RUN = re.compile(r"([^\w\s])\1{8,}")  # a rule of dashes: searching it takes the square of its length
_SPACED = re.compile(r"(?<!\w)(?:\w[ ._*-]{1,2}){5,200}\w(?!\w)")


def find_instructions(text: str) -> list[str]:
    """Find instructions in a text: excerpts of one line each, in order.

    Recognises full-width and look-alike letters, invisible characters, digits for letters and s p a c e d words.
    """
    lines = [_normalise(line) for line in text[:_LONGEST].splitlines()]
    whole = " ".join(" ".join(lines).split())
    per_line, anywhere = _load_phrases()
    found = [(whole.find(line), _cut_excerpt(line, 0, len(line))) for line in lines if per_line.search(line)]
    seen: list[str] = []
    for view in dict.fromkeys([whole, _decode_digits(whole), _join_spaced(whole), _split_joined(whole), *lines]):
        found += [(hit.start(), _cut_excerpt(view, hit.start(), hit.end())) for hit in anywhere.finditer(view)]
    for _, excerpt in sorted(found):
        if not any(excerpt in other for other in seen):
            seen = [other for other in seen if other not in excerpt] + [excerpt]
    return seen[:_MOST]


@lru_cache(maxsize=1)
def _load_phrases() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Load the phrases as two patterns: one for single lines, one for the whole text."""
    table = parse_yaml((files("sextant.agent.guard") / "data" / "instruction_phrases.yaml").read_text(encoding="utf-8"))
    anywhere = [pattern for family in table["anywhere"].values() for pattern in family.values()]
    return re.compile("|".join(table["lines"].values())), re.compile("|".join(f"(?:{one})" for one in anywhere))


def _normalise(line: str) -> str:
    """Normalise a text: lower case, no compatibility or invisible characters, look-alike letters replaced by Latin
    ones.
    """
    line = _LONG_RUN.sub(lambda run: run[0][:_RUN], unicodedata.normalize("NFKC", line))
    line = "".join(char for char in line if not _is_unseen(char))
    line = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in line)
    line = line.translate(_QUOTES)
    return " ".join(_MIXED_WORD.sub(_fold_lookalikes, line).lower().split())


def _is_unseen(char: str) -> bool:
    """Return whether a character is invisible, or an accent without a letter (others were composed with theirs)."""
    return unicodedata.category(char) in ("Cf", "Cs", "Co", "Cn") or "\u0300" <= char <= "\u036f"


_QUOTES = str.maketrans("‘’´`“”„«»", '\'\'\'\'"""""')


def _fold_lookalikes(word: re.Match[str]) -> str:
    """Replace look-alike letters of other scripts in a word that also has ASCII letters."""
    text = word[0]
    if text.isascii() or not any(char.isascii() and char.isalpha() for char in text):
        return text
    return text.translate(_LOOKALIKES)


def _decode_digits(text: str) -> str:
    return _CODED_WORD.sub(lambda word: word[0].translate(_DIGITS_FOR_LETTERS) if _is_coded(word[0]) else word[0], text)


def _is_coded(word: str) -> bool:
    return sum(char.isalpha() for char in word) >= 2 and not word.isalpha()


def _split_joined(text: str) -> str:
    """Split words that file names join."""
    return re.sub(r"(?<=\w)[_-](?=\w)|_", " ", text)


def _join_spaced(text: str) -> str:
    return _SPACED.sub(lambda run: re.sub(r"[ ._*-]", "", run[0]), text)


def _cut_excerpt(text: str, start: int, end: int) -> str:
    """Cut the finding with the words around it to a readable length."""
    first = text.rfind(" ", 0, max(start, 0)) + 1 if start else 0
    last = text.find(" ", end + 24)
    return text[first : last if last >= 0 else len(text)][:_EXCERPT].strip()
