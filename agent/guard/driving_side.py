"""The side of the road that people drive on, where a reply says what it saw."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from sextant.base.yaml_text import parse_yaml

Side = Literal["left", "right"]
_LONGEST = 200_000  # characters looked at


def find_driving_side(texts: Iterable[str]) -> Side | None:
    """Return the side that texts say traffic keeps to; None where none says it, or they disagree."""
    sides = {side for text in texts for side in _list_sides(text[:_LONGEST])}
    return sides.pop() if len(sides) == 1 else None


def _list_sides(text: str) -> set[Side]:
    plain = " ".join(text.lower().split())
    found: set[Side] = set()
    for pattern, words in _phrases():
        found |= {cast(Side, words[match["side"]]) for match in pattern.finditer(plain)}
    return found


@cache
def _phrases() -> list[tuple[re.Pattern[str], dict[str, str]]]:
    data = parse_yaml(files("sextant.agent.guard").joinpath("data/driving_side.yaml").read_text(encoding="utf-8"))
    phrases = []
    for language in data.values():
        sides = "|".join(language["sides"])
        for text in language["phrases"]:
            phrases.append((re.compile(text.replace("<side>", f"(?P<side>{sides})")), dict(language["sides"])))
    return phrases
