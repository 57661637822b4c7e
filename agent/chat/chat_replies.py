"""Chat replies by kind of message, as ledger entries. Pure functions of the redacted view of each photo."""

from typing import Literal

import numpy as np

from sextant.agent.answer_words import format_coordinates, format_place_name
from sextant.agent.chat.multi_photo import Joint, PhotoEvidence, Trip
from sextant.agent.chat.multi_photo import locate_same_place as joint_place
from sextant.agent.chat.multi_photo import locate_same_trip as joint_trip
from sextant.agent.chat.record_answers import (
    answer_where,
    answer_why,
    format_sentence,
    list_effect_entries,
    state_confidence,
)
from sextant.agent.guard.claims import LedgerEntry
from sextant.agent.guard.metadata_check import parse_taken_at
from sextant.agent.privacy.precision import Policy, coarsen
from sextant.agent.privacy.view import view_photo
from sextant.base.json_types import Document, Json
from sextant.geo.places import describe
from sextant.geo.sphere import compute_great_circle_km

_UNFINISHED = {"budget": "The budget ended", "stopped": "You stopped the run"}


def reply_located(photo: Document, several: bool) -> list[LedgerEntry]:
    """Reply about a photo that was just located."""
    head = f"{photo['name'].capitalize()}: " if several else ""
    if photo["status"] == "failed":
        named = f" ({photo['file']})" if photo["file"] else ""
        return [LedgerEntry(f"{photo['name'].capitalize()}{named}: {format_sentence(photo['error'])}", "inferred")]
    if photo["answer"]["best"] is None:
        return [LedgerEntry(f"{head}No place has been proposed yet; say 'look again'.", "inferred")]
    first, *rest = answer_where(photo)
    entries = [LedgerEntry(head + first.text, first.source)]
    outcomes = photo["answer"]["outcomes"]
    unanswered = outcomes["failed"] + outcomes.get("filtered", 0)  # records of earlier versions count no filtered ones
    if unanswered and not outcomes["answered"] and photo["answer"]["model"] != "offline":
        entries.append(LedgerEntry("The model did not answer; this is based on similar photos alone.", "retrieved"))
    entries += rest
    if not several:
        entries += answer_why(photo)[:3]
        entries += [one for one in list_effect_entries(photo) if one not in entries]
    if (why := _UNFINISHED.get(photo["answer"]["stop"])) is not None:
        entries.append(LedgerEntry(f"{why}: this is the best so far.", "inferred"))
    said = photo["metadata"]
    if said["verdict"] != "absent":
        entries.append(LedgerEntry(format_sentence(said["text"]), "metadata"))
    return entries


def reply_steered(before: Document, after: Document) -> list[LedgerEntry]:
    """Reply with what a constraint changed, before and after as shown."""
    old, new = before["answer"]["best"], after["answer"]["best"]
    changed = after["changed"] or {"left": None, "of": len(after["answer"]["candidates"]), "ruled_out": []}
    if new is None:
        words = "; ".join(after["constraints"])
        text = f"None of the {changed['of']} stored candidates is left ({words}). Say 'undo', or 'look again'."
        return [LedgerEntry(text, "inferred")]
    if old is None:
        moved = f"The answer is now {format_place_name(new)} ({format_coordinates(new)})."
    elif (old["latitude"], old["longitude"]) == (new["latitude"], new["longitude"]):
        moved = f"The answer stays {format_place_name(new)} ({format_coordinates(new)})."
    else:
        km = float(compute_great_circle_km((old["latitude"], old["longitude"]), (new["latitude"], new["longitude"])))
        there = f"{format_place_name(new)} ({format_coordinates(new)})"
        moved = f"The answer moved {km:,.0f} km, from {format_place_name(old)} to {there}."
    entries = [LedgerEntry(moved, "inferred"), LedgerEntry(after["told"]["headline"], "inferred")]
    for words, count in changed["ruled_out"]:
        entries.append(
            LedgerEntry(f"{format_sentence(words)[:-1]}: {count} of {changed['of']} candidates ruled out.", "said")
        )
    entries += state_confidence(after)[:1]
    entries.append(LedgerEntry("No model was called: the stored candidates were reranked.", "inferred"))
    return entries


def reply_same_place(joint: Joint, names: list[str], policy: Policy) -> list[LedgerEntry]:
    """Reply with the joint result of several photos of one place."""
    if joint.latitude is None or joint.longitude is None:
        return [LedgerEntry("None of the photos has a candidate, so they cannot be combined.", "inferred")]
    here = coarsen(describe(joint.latitude, joint.longitude).to_json(), policy)
    place = f"{format_place_name(here)} ({format_coordinates(here)})"
    text = f"Taken as one place, the {len(names)} photos point to {place}, {joint.share:.0%}."
    entries = [LedgerEntry(text, "inferred")]
    entries += [LedgerEntry(f"{name.capitalize()} does not fit.", "inferred") for name in joint.misfits]
    return entries


def reply_same_trip(trip: Trip, policy: Policy) -> list[LedgerEntry]:
    """Reply with the joint result of several photos of one trip, leg by leg."""
    if not trip.places:
        return [LedgerEntry("None of the photos has a candidate, so they cannot be combined.", "inferred")]
    stops = []
    for name, latitude, longitude in trip.places:
        here = coarsen(describe(latitude, longitude).to_json(), policy)
        stops.append(f"{name} at {format_place_name(here)} ({format_coordinates(here)})")
    entries = [LedgerEntry(f"Taken as one trip: {'; '.join(stops)}.", "inferred")]
    for leg in trip.legs:
        way = f"From {leg.first} to {leg.second}: {leg.km:,.0f} km"
        if leg.hours is None:
            entries.append(LedgerEntry(f"{way}; the files do not state the time between them.", "metadata"))
        else:
            fits = "possible" if leg.possible else "faster than an airliner"
            entries.append(LedgerEntry(f"{way} in {leg.hours:,.1f} h: {fits}.", "metadata"))
    entries += [LedgerEntry(f"{name.capitalize()} does not fit.", "inferred") for name in trip.misfits]
    return entries


def reply_together(way: Literal["place", "trip"], photos: list[Json], policy: Policy) -> list[LedgerEntry]:
    """Reply about all located photos as one place or one trip, from their redacted views."""
    seen = collect_evidence(photos, policy)
    if len(seen) < 2:
        return [LedgerEntry("There is only one photo; send another one of the same place or trip.", "inferred")]
    if way == "place":
        return reply_same_place(joint_place(list(seen.values())), [one.name for one in seen.values()], policy)
    return reply_same_trip(joint_trip(list(seen.values())), policy)


def locate_together(way: Literal["place", "trip"], photos: list[Json], policy: Policy) -> Json:
    """Locate all located photos as one place or one trip: positions by photo, misfits, the words of the reply.

    ``stops`` are in the order of the trip; ``leg`` is the way to the stop from the one before.
    """
    seen = collect_evidence(photos, policy)
    words = [entry.to_json() for entry in reply_together(way, photos, policy)]
    if len(seen) < 2:
        return {"way": way, "stops": [], "misfits": [], "words": words}
    keys = {one.name: key for key, one in seen.items()}
    if way == "place":
        joint = joint_place(list(seen.values()))
        at = {"latitude": joint.latitude, "longitude": joint.longitude}
        here: list[Json] = [{"photo": key, **at, "leg": None} for key in seen if joint.latitude is not None]
        return {"way": way, "stops": here, "misfits": [keys[name] for name in joint.misfits], "words": words}
    trip = joint_trip(list(seen.values()))
    legs: dict[str, Json] = {
        leg.second: {"km": leg.km, "hours": leg.hours, "possible": leg.possible} for leg in trip.legs
    }
    stops: list[Json] = [
        {"photo": keys[name], "latitude": latitude, "longitude": longitude, "leg": legs.get(name)}
        for name, latitude, longitude in trip.places
    ]
    return {"way": way, "stops": stops, "misfits": [keys[name] for name in trip.misfits], "words": words}


def collect_evidence(photos: list[Json], policy: Policy) -> dict[str, PhotoEvidence]:
    """Collect the evidence of the located photos, as shown, by their keys."""
    seen = {}
    for photo in photos:
        if photo["status"] != "located":
            continue
        view = view_photo(photo, policy)
        candidates = view["answer"]["candidates"]
        places = np.array([(c["latitude"], c["longitude"]) for c in candidates], dtype=float).reshape(-1, 2)
        weights = np.array([max(c["score"], 1e-6) for c in candidates], dtype=float)
        taken = parse_taken_at(photo["metadata"].get("captured_at"))
        seen[photo["key"]] = PhotoEvidence(view["name"], places, weights, taken)
    return seen
