"""Classify the words before a position: final answer, one answer among others, or second choice."""

import re
from enum import IntEnum

_REACH = 150  # characters before a position in which its words are looked for

_WORDS = re.compile(
    r"(?P<final>final|answer|best[ -](?:guess|estimate|match)|chosen|choose|therefore|conclu|estimate"
    r"|most (?:likely|plausible|probable)|endgültig|antwort|réponse finale|respuesta final|итог|最终|最終)"
    r"|(?P<second>alternativ\w*|runner-up|second (?:guess|choice|option|most)|other (?:possib|option|candidate)\w*"
    r"|less likely|backup|fallback|not at|rather than|instead of|by comparison|for reference)"
    r"|(?P<example>for example|for instance|zum beispiel|z\. ?b\.|par exemple|por ejemplo|por exemplo"
    r"|ad esempio|например|例如|たとえば)",
    re.IGNORECASE,
)


class Standing(IntEnum):
    """Higher beats lower; of equals the later one counts."""

    EXAMPLE = -1
    SECOND = 0
    PLAIN = 1
    FINAL = 2


def find_standing(text: str, at: int, floor: int = 0) -> Standing:
    """Return the standing of the position at index ``at`` by the last such word between ``floor`` and it."""
    last = None
    for word in _WORDS.finditer(text, max(floor, at - _REACH), at):
        last = word.lastgroup
    return {
        None: Standing.PLAIN, "final": Standing.FINAL, "second": Standing.SECOND, "example": Standing.EXAMPLE,
    }[last]  # fmt: skip
