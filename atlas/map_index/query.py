"""Read a question to the map: "a church within 100 m of a railway station in Vaduz", "A / B", "Städtle 32, Vaduz".

The words stand in ``data/question_words.yaml``.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files

from sextant.base.yaml_text import parse_yaml

_MOST_CHARACTERS = 300


class Relation(StrEnum):
    """How a thing stands to another."""

    NEAR = "near"
    BESIDE = "beside"
    OVER = "over"
    ON = "on"
    CROSSING = "crossing"


# Metres that each relation reaches, where the question does not say: a block, the neighbour, the same ground.
_REACH_M = {
    Relation.NEAR: 300.0,
    Relation.BESIDE: 150.0,
    Relation.OVER: 5.0,
    Relation.ON: 40.0,
    Relation.CROSSING: 20.0,
}
_WIDER_M = {Relation.NEAR: 1000.0, Relation.BESIDE: 300.0}  # of words that a person may mean more widely
_NAMED_RELATIONS = (Relation.NEAR, Relation.BESIDE, Relation.OVER, Relation.ON)
_DISTANCE = r"(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>kilomet(?:re|er)s?|km|met(?:re|er)s?|mètres?|metros?|metri|m)\b"


@dataclass(frozen=True)
class Condition:
    """A thing that stands near the one asked for: its words, how, within how many metres; `stated` if it said so."""

    what: str
    relation: Relation
    metres: float
    stated: bool = False


@dataclass(frozen=True)
class Question:
    """What is looked for, what must stand near it, and in which place (None: anywhere).

    `name` is the text with its conditions, which may be a name as a whole: "Haus am See".
    """

    what: str
    conditions: tuple[Condition, ...] = ()
    where: str | None = None
    name: str | None = None

    def widen(self) -> "Question":
        """Return the question with the distances of "near" and "beside" meant more widely; stated ones stay."""
        return replace(
            self,
            conditions=tuple(
                replace(one, metres=_WIDER_M[one.relation]) if not one.stated and one.relation in _WIDER_M else one
                for one in self.conditions
            ),
        )


def read_questions(text: str) -> list[Question]:
    """Return how a text can be read, the reading with the most structure first and the bare text as a name last."""
    plain = " ".join(text[:_MOST_CHARACTERS].split()).strip(" ?.!")
    words = _load()
    after_comma = re.fullmatch(r"(?P<what>\S.*?)\s*,(?!\d)\s*(?P<where>[^,]+)", plain)
    inside, belonging = words.inside.fullmatch(plain), words.belonging.fullmatch(plain)
    found = [_read(one["what"], strip_article(one["where"])) for one in (inside, after_comma) if one]
    found.append(_read(plain, None))
    if belonging:
        found.append(_read(belonging["what"], strip_article(belonging["where"])))
    bare = Question(strip_article(plain))
    return list(dict.fromkeys([*(one for one in found if one.what), bare])) if bare.what else []


def _read(text: str, where: str | None) -> Question:
    words = _load()
    crossing = next((found for pattern in words.crossings if (found := pattern.fullmatch(text))), None)
    if crossing:
        met = Condition(strip_article(crossing["b"]), Relation.CROSSING, _REACH_M[Relation.CROSSING])
        return Question(strip_article(crossing["a"]), (met,), where)
    beside = words.having.fullmatch(text)
    if beside:
        text = f"{beside['what']} within {beside['number']} {beside['unit']} of {beside['other']}"
    cuts = list(words.relation.finditer(text))
    what = text[: cuts[0].start()] if cuts else text
    ends = [cut.start() for cut in cuts[1:]] + [len(text)] * bool(cuts)
    conditions = [_read_condition(cut, text[cut.end() : end]) for cut, end in zip(cuts, ends, strict=True)]
    plain = words.called.sub(" ", strip_article(what))
    kept = tuple(one for one in conditions if one.what)
    return Question(plain, kept, where, strip_article(text) if kept and not beside else None)


def _read_condition(cut: re.Match[str], text: str) -> Condition:
    if cut["number"]:
        metres = float(cut["number"].replace(",", ".")) * (1000 if cut["unit"].lower().startswith("k") else 1)
        return Condition(strip_article(text), Relation.NEAR, min(metres, 50_000.0), stated=True)
    relation = _load().relations[cut["word"].lower()]
    return Condition(strip_article(text), relation, _REACH_M[relation])


def strip_article(text: str) -> str:
    """Return a text without the article before it."""
    return _load().article.sub("", text.strip()).strip(" ,")


@dataclass(frozen=True)
class _Words:
    """The words of questions as patterns."""

    article: re.Pattern[str]
    relation: re.Pattern[str]
    relations: dict[str, Relation]
    having: re.Pattern[str]
    inside: re.Pattern[str]
    belonging: re.Pattern[str]
    crossings: tuple[re.Pattern[str], ...]
    called: re.Pattern[str]


@cache
def _load() -> _Words:
    text = (files("sextant.atlas.map_index") / "data" / "question_words.yaml").read_text(encoding="utf-8")
    listed: dict[str, list[str]] = parse_yaml(text)
    any_of = {name: _join(words) for name, words in listed.items()}
    relations = {word: relation for relation in _NAMED_RELATIONS for word in listed[relation]}
    # "in front of" names no place.
    ends = [end for word in relations for first, _, end in [word.partition(" ")] if end and first in listed["in"]]
    distance = rf"{any_of['within']}\s+{_DISTANCE}\s+{any_of['of']}"
    streets = rf"(?P<a>\S.*?)\s+{any_of['and']}\s+(?P<b>\S.*?)"
    corner, linking = any_of["crossing"], any_of["of"]
    crossings = (
        rf"(?:{any_of['articles']}\s+)?{corner}\s+(?:(?:{linking}|between|entre|zwischen|tra|at)\s+)?{streets}",
        rf"where\s+{streets}",
        rf"{streets}\s+{corner}",
        r"(?P<a>\S.*?)\s+(?:/|&|x|meets|crosses)\s+(?P<b>\S.*)",
    )
    beside = rf"(?:{any_of['within']}|in)\s+{_DISTANCE}"
    having = rf"(?P<what>\S.*?)\s+{any_of['with']}\s+(?P<other>\S.*?)\s+{beside}"
    return _Words(
        article=_compile(rf"^{any_of['articles']}\s+(?=\S)"),
        relation=_compile(rf"\s+(?:{distance}|(?P<word>{_join(list(relations))}))\s+"),
        relations=relations,
        having=_compile(having),
        inside=_compile(rf"(?P<what>\S.*)\s+{any_of['in']}\s+(?!{_join(ends)}\b)(?P<where>[^,]+)"),
        belonging=_compile(rf"(?P<what>\S.*)\s+{any_of['belonging']}\s+(?P<where>[^,]+)"),
        crossings=tuple(_compile(one) for one in crossings),
        called=_compile(rf"\s+{any_of['called']}\s+"),
    )


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _join(words: list[str]) -> str:
    """Return a group of alternatives, the longest first."""
    return f"(?:{'|'.join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))})"
