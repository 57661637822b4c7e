"""What a second round is written from: the leader, the rival, and what each camp argued."""

import numpy as np

from sextant.agent.guard.quoting import quote
from sextant.agent.state import Json, State
from sextant.geo.places import describe
from sextant.geo.sphere import great_circle_km

CAMP_KM = 200.0  # an answer within this distance of a place argued for it (the field's region radius)
ARGUMENTS = 6  # clues quoted of each camp: enough to see the reasoning, short enough to read


def contrast_words(state: State) -> dict[str, str]:
    """Return the words a contrast prompt is filled with; empty when there are no two camps."""
    verdict = state.get("verdict") or {}
    rival = verdict.get("rival")
    if verdict.get("latitude") is None or not rival:
        return {}
    return {
        "leader": place_words(verdict["latitude"], verdict["longitude"]),
        "rival": place_words(rival["latitude"], rival["longitude"]),
        "leader_case": case_for(verdict["latitude"], verdict["longitude"], state),
        "rival_case": case_for(rival["latitude"], rival["longitude"], state),
    }


def place_words(latitude: float, longitude: float) -> str:
    """Return a place as prose: ``Lisbon, Portugal (38.7223, -9.1393)``."""
    place = describe(latitude, longitude)
    named = ", ".join(part for part in (place.place, place.country) if part) or "open sea"
    return f"{named} ({latitude:.4f}, {longitude:.4f})"


def case_for(latitude: float, longitude: float, state: State) -> str:
    """Quote the arguments of the answers near a place as one block: a model's text is data, not instructions."""
    arguments: list[str] = []
    for outcome in state.get("outcomes", {}).values():
        if outcome["kind"] == "answered" and _near(outcome, latitude, longitude):
            arguments += [clue["text"] for clue in outcome["clues"]]
    if not arguments:
        return quote("nothing in words; similar gallery photos lie there", "the record")
    return quote("\n".join(f"- {text}" for text in dict.fromkeys(arguments[:ARGUMENTS])), "earlier answers")


def _near(outcome: Json, latitude: float, longitude: float) -> bool:
    distance = great_circle_km((outcome["latitude"], outcome["longitude"]), (latitude, longitude))
    return bool(np.asarray(distance) < CAMP_KM)
