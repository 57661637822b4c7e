"""Read a question to the map: "a church within 100 m of a railway station in Vaduz", "A / B", "Städtle 32, Vaduz"."""

import re
from dataclasses import dataclass
from enum import StrEnum

_MOST_CHARACTERS = 300
_ARTICLE = re.compile(r"^(?:an?|the|any|some|eine?|der|die|das|une?|le|la|el|il)\s+(?=\S)", re.IGNORECASE)


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
_WORDS = {
    "near": Relation.NEAR, "close to": Relation.NEAR, "around": Relation.NEAR,
    "beside": Relation.BESIDE, "next to": Relation.BESIDE, "opposite": Relation.BESIDE, "at": Relation.BESIDE,
    "over": Relation.OVER, "across": Relation.OVER, "above": Relation.OVER, "on": Relation.ON,
}  # fmt: skip
_UNIT = r"(?P<unit>km|kilomet(?:re|er)s?|m|met(?:re|er)s?)"
_WITHIN = rf"(?:within|less than|at most)\s+(?P<number>\d+(?:\.\d+)?)\s*{_UNIT}\s+(?:of|from)"
_RELATION = re.compile(rf"\s+(?:{_WITHIN}|(?P<word>{'|'.join(_WORDS)}))\s+", re.IGNORECASE)
_CROSSING = re.compile(
    r"^(?:(?:the\s+)?(?:street\s+)?(?:crossing|intersection|corner|junction|crossroads|kreuzung)\s+(?:of|between|at|von)?\s*"
    r"(?P<a>\S.*?)\s+(?:and|with|und|&|/|x)\s+(?P<b>\S.*)|(?P<c>\S.*?)\s+(?:/|&|x)\s+(?P<d>\S.*))$",
    re.IGNORECASE,
)
_IN = re.compile(r"^(?P<what>\S.*)(?:\s+(?:in|im)\s+|\s*,\s*)(?P<where>[^,]+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Condition:
    """A thing that stands near the one asked for: its words, how, and within how many metres."""

    what: str
    relation: Relation
    metres: float


@dataclass(frozen=True)
class Question:
    """What is looked for, what must stand near it, and in which place (None: anywhere)."""

    what: str
    conditions: tuple[Condition, ...] = ()
    where: str | None = None


def read_questions(text: str) -> list[Question]:
    """Return how a text can be read, the reading with the most structure first and the bare text as a name last."""
    plain = " ".join(text[:_MOST_CHARACTERS].split()).strip(" ?.!")
    found = []
    place = _IN.match(plain)
    if place:
        found.append(_read(place["what"], place["where"].strip()))
    found.append(_read(plain, None))
    bare = Question(strip_article(plain))
    return list(dict.fromkeys([*(one for one in found if one.what), bare])) if bare.what else []


def _read(text: str, where: str | None) -> Question:
    crossing = _CROSSING.match(text)
    if crossing:
        a, b = crossing["a"] or crossing["c"], crossing["b"] or crossing["d"]
        met = Condition(strip_article(b), Relation.CROSSING, _REACH_M[Relation.CROSSING])
        return Question(strip_article(a), (met,), where)
    cuts = list(_RELATION.finditer(text))
    what = text[: cuts[0].start()] if cuts else text
    ends = [cut.start() for cut in cuts[1:]] + [len(text)] * bool(cuts)
    conditions = [_read_condition(cut, text[cut.end() : end]) for cut, end in zip(cuts, ends, strict=True)]
    return Question(strip_article(what), tuple(one for one in conditions if one.what), where)


def _read_condition(cut: re.Match[str], text: str) -> Condition:
    if cut["number"]:
        metres = float(cut["number"]) * (1000 if cut["unit"].lower().startswith("k") else 1)
        return Condition(strip_article(text), Relation.NEAR, min(metres, 50_000.0))
    relation = _WORDS[cut["word"].lower()]
    return Condition(strip_article(text), relation, _REACH_M[relation])


def strip_article(text: str) -> str:
    """Return a text without the article before it."""
    return _ARTICLE.sub("", text.strip()).strip(" ,")
