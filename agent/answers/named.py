"""Places a model names without coordinates, found in the offline gazetteer.

A country alone is no position: the middle of Russia says nothing about a street.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from sextant.agent.answers.fields import Reading, is_unknown
from sextant.agent.answers.refusals import last_refusal
from sextant.atlas.names import NamedPlace, find_place
from sextant.geo.countries import country_code_of

_SURE = 0.95  # score from which a name without a country is believed
_LIKELY = 0.55  # the same where a country or a second name agrees
_TRIES = 4  # look-ups in one answer
_TAIL = 1500  # characters at the end of an answer in which it concludes

_CONCLUDES = re.compile(
    r"best[- ](?:guess|estimate|match|fit)|most (?:plausible|likely|probable)|(?:guess|believe|conclude) that"
    r"|final answer|\b(?:i|i'll|will|would) (?:place|choose|pick|give|put|say)\b|chosen|therefore|hence|location is"
    r"|\bis located\b|coordinates:|\blikely (?:in|within|near|from|to be)\b"
    r"|am wahrscheinlichsten|vermutlich|probablement|probablemente|скорее всего|最可能",
    re.IGNORECASE,
)
_WORD = r"[^\W\d_a-z][^\W\d_]*(?:['.-][^\W\d_]+)*\.?"
_NAME = rf"{_WORD}(?:\s(?:(?:de|del|di|da|do|du|la|le|of|am|an der|al|el)\s)?{_WORD}){{0,3}}"
_NAMES = re.compile(rf"{_NAME}(?:,\s{_NAME}){{0,3}}")
_ALONE = re.compile(
    r"(?i:(?:(?:my|the|final|best|most likely)\s){0,2}(?:(?:answer|guess|location|place|city)(?:\s?:|\sis)\s)?)"
    rf"(?P<name>{_NAMES.pattern})\W{{0,3}}"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s|\n")
_LEADS = {
    "the", "this", "that", "these", "given", "because", "based", "therefore", "hence", "so", "approximate", "estimated",
    "approximately", "chosen", "answer", "final", "json", "output", "latitude", "longitude", "coordinates", "best",
    "most", "location", "image", "photo", "i", "my", "it", "in", "city", "country", "street", "google", "reasoning",
    "step", "here", "however", "with",
}  # fmt: skip


def by_name(readings: list[Reading]) -> Reading | None:
    """The last JSON answer whose place words are known; its words kept, its position from the gazetteer."""
    tries = 0
    for reading in reversed(readings):
        if reading.absent == "template":
            continue
        code = country_code_of(reading.country) if reading.country else None
        for name in reading.names:
            found = _look_up(name, code)
            tries += 1
            if found is not None:
                return _reading(found, reading)
            if tries == _TRIES:
                return None
    return None


def place_in_prose(text: str) -> Reading | None:
    """The place that the end of a folded text concludes with, if the text names its country or division, too.

    What stands before the last refusal is not believed.
    """
    if (alone := _name_alone(text)) is not None:
        return alone
    told = [_without_lead(found[0]) for found in _NAMES.finditer(text, max(0, len(text) - 2 * _TAIL))]
    codes = [code for names in told if (code := _country_in(names)) is not None]
    country = max(codes, key=codes.count) if codes else None
    tail = text[-_TAIL:]
    for tries, name in enumerate(_concluded(tail[last_refusal(tail) :])):
        if tries == _TRIES:
            return None
        name = _fullest(name, told)
        place = _look_up(name, country) if country or "," in name else None
        if place is not None and place.kind == "place":
            return _reading(place, Reading(place=name))
    return None


def _name_alone(text: str) -> Reading | None:
    """The place of a text that says nothing but a name."""
    said = _ALONE.fullmatch(text.strip(" *_`\"'\n")) if len(text) <= 120 else None
    if said is None or is_unknown(said["name"]):
        return None
    place = _look_up(said["name"], None)
    return _reading(place, Reading(place=said["name"].rstrip("."))) if place is not None else None


def _concluded(tail: str) -> Iterator[str]:
    """The names in concluding sentences, the last sentence first; in it, what follows the conclusion's words first."""
    sentences = [sentence for sentence in _SENTENCE_END.split(tail) if sentence.strip()]
    for index, sentence in enumerate(reversed(sentences)):
        names = list(_NAMES.finditer(sentence))
        if (cue := _CONCLUDES.search(sentence)) is not None:
            end = cue.end()
            names.sort(key=lambda found: found.start() < end)
        elif index == 0:  # a last sentence that ends in "Town, Country" concludes without saying so
            names = [found for found in names if found.end() >= len(sentence) - 2 and "," in found[0]]
            names = [found for found in names if _country_in(found[0])]
        else:
            continue
        yield from filter(None, (_without_lead(found[0]) for found in names))


def _look_up(name: str, code: str | None) -> NamedPlace | None:
    hits = find_place(name, code, limit=1, misspelt=False)
    if not hits or hits[0].kind == "country":
        return None
    return hits[0] if hits[0].score >= (_LIKELY if code or "," in name else _SURE) else None


def _fullest(name: str, told: list[str]) -> str:
    """The name with the division and country that the text gives it elsewhere: many towns share a name."""
    return max((full for full in told if full.startswith(f"{name},")), key=len, default=name)


def _country_in(names: str) -> str | None:
    return country_code_of(names.rpartition(",")[2].strip(" ."))


def _without_lead(names: str) -> str:
    """The names without a closing genitive and the capitalised common words that begin a sentence."""
    words = names.strip(" .").removesuffix("'s").split(" ")
    while words and words[0].strip(",.").lower() in _LEADS:
        words.pop(0)
    return " ".join(words)


def _reading(found: NamedPlace, said: Reading) -> Reading:
    return replace(said, latitude=found.latitude, longitude=found.longitude, how="place name")
