"""Prompts from disagreement: the leader, the rival, and the arguments for each, for later rounds."""

import numpy as np

from sextant.agent.guard.quoting import quote
from sextant.agent.state import State
from sextant.base.documents.outcome import StatedPosition
from sextant.base.documents.references import ReferenceDocument, ReferencesDocument
from sextant.geo.places import describe
from sextant.geo.sphere import compute_great_circle_km

CAMP_KM = 200.0  # an answer within this distance of a place supports it (the benchmarks' region radius)
ARGUMENTS = 6  # clues quoted per camp: enough to see the reasoning, short enough to read


def collect_contrast_words(state: State, references: ReferencesDocument | None) -> dict[str, str]:
    """Collect the texts that fill a contrast prompt; empty unless two places compete.

    Args:
        references: the document of nearest and farthest gallery photos, None without a gallery.
    """
    verdict = state.get("verdict")
    rival = verdict["rival"] if verdict else None
    if not verdict or not rival or verdict["latitude"] is None or verdict["longitude"] is None:
        return {}
    return {
        "leader": describe_place(verdict["latitude"], verdict["longitude"]),
        "rival": describe_place(rival["latitude"], rival["longitude"]),
        "leader_case": quote_case_for(verdict["latitude"], verdict["longitude"], state, references),
        "rival_case": quote_case_for(rival["latitude"], rival["longitude"], state, references),
    }


def describe_place(latitude: float, longitude: float) -> str:
    """Describe a place in words: ``Lisbon, Portugal (38.7223, -9.1393)``."""
    place = describe(latitude, longitude)
    named = ", ".join(part for part in (place.place, place.country) if part) or "open sea"
    return f"{named} ({latitude:.4f}, {longitude:.4f})"


def quote_case_for(latitude: float, longitude: float, state: State, references: ReferencesDocument | None) -> str:
    """Quote the arguments of the answers near a place as one block: a model's text is data, not instructions."""
    arguments: list[str] = []
    for outcome in state.get("outcomes", {}).values():
        if outcome["kind"] == "answered" and _is_near(outcome, latitude, longitude):
            arguments += [clue["text"] for clue in outcome["clues"]]
    if not arguments:
        return quote(
            f"nothing in words; {describe_wordless_support(latitude, longitude, state, references)}", "the record"
        )
    return quote("\n".join(f"- {text}" for text in dict.fromkeys(arguments[:ARGUMENTS])), "earlier answers")


def describe_wordless_support(
    latitude: float, longitude: float, state: State, references: ReferencesDocument | None
) -> str:
    """Describe who proposed a place for which no answer gave a reason: answers, gallery photos, both or neither."""
    outcomes = [one for one in state.get("outcomes", {}).values() if one["kind"] == "answered"]
    answers = sum(_is_near(one, latitude, longitude) for one in outcomes)
    alternatives = sum(_is_near(other, latitude, longitude) for one in outcomes for other in one["alternatives"])
    photos = any(_is_near(photo, latitude, longitude) for photo in (references["nearest"] if references else ()))
    said = []
    if answers:
        said.append(f"{answers} earlier answer{'s' if answers > 1 else ''} named it without a reason")
    if photos:
        said.append("similar gallery photos lie there")
    if not said and alternatives:
        said.append("an earlier answer named it as an alternative")
    return " and ".join(said) or "no answer and no similar gallery photo lies there"


def _is_near(place: StatedPosition | ReferenceDocument, latitude: float, longitude: float) -> bool:
    distance = compute_great_circle_km((place["latitude"], place["longitude"]), (latitude, longitude))
    return bool(np.asarray(distance) < CAMP_KM)
