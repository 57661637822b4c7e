"""Parse a model's answer: any text in, one outcome out. Pure, total, in time linear in the text."""

import re
from dataclasses import replace
from functools import lru_cache

from sextant.agent.answers.characters import fold
from sextant.agent.answers.fields import Reading, is_tool_call, is_unknown, read_value
from sextant.agent.answers.lenient import Fragment, find_fragments
from sextant.agent.answers.notations import rewrite_notations
from sextant.agent.answers.outcome import Outcome, Position
from sextant.agent.answers.prose import FoundPosition, find_positions
from sextant.agent.answers.refusals import refuses
from sextant.agent.answers.standing import Standing, find_standing
from sextant.agent.answers.wording import count_wording

LONGEST = 40_000  # characters read: the answer stands at one of the two ends of anything longer
_SAME_DEGREES = 0.005  # positions closer than this are one
_MOST_ALTERNATIVES = 10
_RECENT = 128  # replies
_WIDE_KM = 250.0  # a wider area is as vague as a country
_CONFIDENCE = re.compile(
    r"confiden(?:ce|t)\W{1,6}(?:level|score|is|of|about|around|~|\W){0,4}(\d{1,3})\s?%", re.IGNORECASE
)
_FIELD = re.compile(r"""["'][A-Za-z_ ]{1,40}["']\s*:""")
_CUT_NUMBER = re.compile(
    r"(?<![\d.,])[+-]?\d{1,3}\.?\s?$"
)  # where the text broke off, "1" may have been going to be "139"


def parse_answer(text: object) -> Outcome:
    """Return what a model's answer says about where the photo was taken.

    The last JSON object with a position is the answer; without one, the last position in prose that follows words
    like "final answer", else the last; without any, a named place from the gazetteer. What else was given as a
    position becomes an alternative.

    Args:
        text: the answer as it came. Anything but a string is unparsable.

    Returns:
        The outcome; latitude is always within ±90 and longitude within ±180 degrees. Never raises.
    """
    if not isinstance(text, str):
        return Outcome("unparsable", how=f"not text but {type(text).__name__}")
    said_text = _strip_thinking(_shorten(text))
    text = rewrite_notations(said_text)
    found = find_fragments(text)
    in_json = [
        FoundPosition(reading, find_standing(text, fragment.start))
        for fragment in found
        if (reading := read_value(fragment.value))
    ]
    readings = [one.reading for one in in_json]
    folded = fold(_strip_tool_calls(text, found))
    in_prose = find_positions(_CUT_NUMBER.sub("", folded) if found and found[-1].cut else folded)
    if refuses(folded):
        in_prose = [pair for pair in in_prose if not _is_other(pair, 3) and pair.standing > Standing.EXAMPLE]
    surely = [pair for pair in in_prose if not _is_other(pair, 2)]
    answer = _choose(in_json, surely)
    if answer is None:
        answer = _look_up_names(readings) or _read_prose(folded, readings) or _choose([], in_prose)
    if answer is None:
        return _lacks_position(folded, readings, [pair.reading for pair in in_prose])
    alternatives = [other if other.latitude is not None else _look_up_names([other]) for other in answer.alternatives]
    others = [*filter(None, alternatives), *reversed(readings), *(pair.reading for pair in reversed(in_prose))]
    said = _make_outcome(
        answer, others, _read_stated_confidence(folded) if answer.confidence is None else answer.confidence
    )
    return replace(said, wording=count_wording(said_text))


@lru_cache(maxsize=_RECENT)
def parse_reply(text: str) -> Outcome:
    """Parse as ``parse_answer``, but a reply read lately only once: a run looks at each several times."""
    return parse_answer(text)


def _is_other(pair: FoundPosition, decimals: int) -> bool:
    """Return whether a pair that nothing calls a position has so few decimals that it may be prices or scores."""
    return pair.plain_decimals is not None and pair.plain_decimals <= decimals


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


def _strip_thinking(text: str) -> str:
    """Return the text behind a closed thinking block, and before one that was never closed."""
    for mark in ("</think>", "</thinking>", "</reasoning>"):
        _, closed, rest = text.rpartition(mark)
        if closed and rest.strip():
            return rest
    for mark in ("<think>", "<thinking>", "<reasoning>"):
        before, opened, _ = text.partition(mark)
        if opened:  # the text broke off in the middle of a thought
            return before
    return text


def _strip_tool_calls(text: str, found: list[Fragment]) -> str:
    for fragment in reversed(found):
        if is_tool_call(fragment.value):
            text = f"{text[: fragment.start]} {text[fragment.end :]}"
    return text


def _choose(in_json: list[FoundPosition], in_prose: list[FoundPosition]) -> Reading | None:
    """Choose the position: the last in JSON that is not a second choice, else the best standing in prose."""
    located = [found for found in in_json if found.reading.latitude is not None]
    if located:
        first_choices = [found for found in located if found.standing > Standing.SECOND]
        return (first_choices or located)[-1].reading
    located = [found for found in in_prose if found.reading.latitude is not None]
    if not located:
        return None
    chosen = max(enumerate(located), key=lambda item: (item[1].standing, item[0]))[1].reading
    named = next((found.reading for found in reversed(in_json) if found.reading.names or found.reading.country), None)
    return replace(chosen, place=named.place, country=named.country, clues=named.clues) if named else chosen


def _look_up_names(readings: list[Reading]) -> Reading | None:
    """Return the last JSON answer whose place words are known; its words kept, its position from the gazetteer."""
    # The reader of names takes long to load, and most replies give a position.
    from sextant.agent.answers.named import find_named_places, make_place_reading, read_named_place

    for reading in reversed(readings):
        if reading.absent == "template" or not reading.names:
            continue
        words = ", ".join(dict.fromkeys([*reading.names, *([reading.country] if reading.country else [])]))
        found = read_named_place(find_named_places(fold(words)))
        if found:
            return make_place_reading(found[0], reading)
    return None


def _read_prose(folded: str, readings: list[Reading]) -> Reading | None:
    """Return the place that running text names; the other places it names become alternatives."""
    from sextant.agent.answers.named import find_named_places, make_place_reading, read_named_place
    from sextant.agent.answers.stance import Stance

    found = read_named_place(find_named_places(_strip_objects(folded)))
    if not found:
        return None
    # A reply that will not tell the place still tells the country now and then; that is not an answer.
    declined = refuses(folded) or any(reading.absent == "declined" for reading in readings)
    entry = found[0].place.entry
    wide = entry.kind in ("country", "division") or entry.radius_km > _WIDE_KM
    if declined and (found[0].place.stance < Stance.ASSERTED or wide):
        return None
    others = tuple(make_place_reading(other) for other in found[1:])
    named = next((reading for reading in reversed(readings) if reading.clues), None)
    answer = replace(make_place_reading(found[0]), alternatives=others)
    return replace(answer, clues=named.clues) if named else answer


def _strip_objects(folded: str) -> str:
    """Return the text without the names of JSON fields, which are the prompt's words."""
    return _FIELD.sub(" ", folded)


def _lacks_position(folded: str, readings: list[Reading], prose: list[Reading]) -> Outcome:
    country = next((reading.country for reading in reversed(readings) if reading.country), None)
    place = next((reading.place for reading in reversed(readings) if reading.place), None)
    if refuses(folded) or (len(folded) <= 60 and folded.strip() and is_unknown(folded)):
        return Outcome("refused", country=country, place=place, how="refusal")
    absent = {reading.absent for reading in readings + prose}
    if "template" in absent:
        return Outcome("unparsable", how="echoed template")
    if "declined" in absent:
        return Outcome("refused", country=country, place=place, how="no position in the json")
    how = "(0, 0)" if "zeros" in absent else "no position" if folded.strip() else "empty"
    return Outcome("unparsable", country=country, place=place, how=how)


def _read_stated_confidence(folded: str) -> float | None:
    """Return the confidence that prose states in per cent, 0 to 1."""
    found = _CONFIDENCE.search(folded)
    return min(float(found[1]), 100.0) / 100 if found else None


def _make_outcome(answer: Reading, others: list[Reading], confidence: float | None) -> Outcome:
    assert answer.latitude is not None and answer.longitude is not None
    taken = [(answer.latitude, answer.longitude)]
    alternatives: list[Position] = []
    for other in others:
        if other.latitude is None or other.longitude is None or len(alternatives) == _MOST_ALTERNATIVES:
            continue
        if any(abs(other.latitude - a) < _SAME_DEGREES and abs(other.longitude - b) < _SAME_DEGREES for a, b in taken):
            continue
        taken.append((other.latitude, other.longitude))
        alternatives.append(
            Position(
                other.latitude, other.longitude, other.place, other.country, other.confidence,
                other.precision, other.radius_km,
            )
        )  # fmt: skip
    return Outcome(
        "answered", answer.latitude, answer.longitude, tuple(alternatives), answer.country, answer.place,
        confidence, answer.clues, answer.how, precision=answer.precision, radius_km=answer.radius_km,
    )  # fmt: skip
