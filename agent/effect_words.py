"""Say what text in the photo, the map, matched scenes and a second look did to an answer: one wording for all faces."""

from collections.abc import Mapping
from typing import cast

from sextant.agent.answer_words import format_coordinates, format_distance
from sextant.base.documents.answer import EffectDocument
from sextant.base.json_types import Document
from sextant.base.printable import pluralise
from sextant.geo.sphere import compute_great_circle_km

_MOVERS = {
    "text": "text in the photo",
    "map": "the map",
    "scene": "a photo of the same scene",
    "look": "the second look at pictures of the leading places",
}


def describe_effect(effect: EffectDocument, best: Document | None, *, capped: bool = False) -> str:
    """Say it in one clause.

    Args:
        best: the answered position, degrees.
        capped: places are shown coarsely, so that no distance is given.
    """
    fixed = _WORDS.get((effect["source"], effect["kind"]))
    if fixed:
        return fixed
    away, place = "", ""
    if best and "latitude" in effect and not capped:
        place = format_coordinates(cast(Document, effect))
        away = format_distance(_measure_km(effect, best))
    if effect["kind"] == "moved":
        how = f" by {away}; without it, it would be {place}" if away else ""
        return f"{_MOVERS[effect['source']]} moved the answer{how}"
    elsewhere = f"at {place}, {away} from the answer" if away else "at another place than the answer"
    at = "at the answer" if effect["kind"] == "agrees" else elsewhere
    count = effect.get("count") or 0
    if effect["source"] == "map":
        several = f", one of {effect['alike']} such places in the region" if "alike" in effect else ""
        return f"the map has {pluralise(count, 'text')} of the photo together {at}{several}"
    return f"a reference shows the same scene ({pluralise(count, 'matched feature')}) {at}"


def _measure_km(effect: EffectDocument, best: Document) -> float:
    ends = (effect["latitude"], effect["longitude"]), (best["latitude"], best["longitude"])
    return float(compute_great_circle_km(*ends))


_WORDS: Mapping[tuple[str, str], str] = {
    ("text", "agrees"): "text in the photo names a place that agrees with other evidence",
    (
        "text",
        "contradicted",
    ): "text in the photo names a place that other evidence contradicts; answers there count less",
    ("text", "ignored"): "text in the photo names a place that nothing else agrees with; it was not weighed",
    ("text", "alone"): (
        "only replies that read text in the photo speak for the answered town; signs can lie, so its probability is "
        "held to what such answers are worth"
    ),
    ("look", "contradicted"): "a second look called several places the same as the photo's; it was not weighed",
}
