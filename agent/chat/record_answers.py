"""Answers from the record alone, without a model, to questions about a located photo.

Pure functions from the redacted view (``agent/privacy/view.py``) to ledger entries, never finer than that view.
"""

import re
from collections.abc import Callable

from sextant.agent.answer_statement import NO_MODEL
from sextant.agent.answer_words import format_coordinates, format_place_name
from sextant.agent.chat.steering_parser import parse_area
from sextant.agent.guard.claims import LedgerEntry
from sextant.agent.warning_codes import Code
from sextant.base.errors import WrongUse
from sextant.base.json_types import Document, Json
from sextant.geo.sphere import compute_great_circle_km

Answer = Callable[[Document, str], list[LedgerEntry]]

CAN = "why, what else, how sure, show nearest, show farthest, how far from X, what would change your mind, metadata"
SHOWN = 5  # references listed in one reply
CLAIMED = 6  # claims of the model in one reply


def answer_from_record(question: str, photo: Document) -> list[LedgerEntry]:
    """Answer a question from the record, or list the supported questions."""
    for words, answer in QUESTIONS:
        if words.search(question):
            return answer(photo, question)
    return [LedgerEntry(f"The record alone cannot answer that. You can ask: {CAN}.", "inferred")]


def answer_where(photo: Document, question: str = "") -> list[LedgerEntry]:
    """Answer "where": the place, its probability and whether that is calibrated."""
    statement = photo["told"]
    if photo["answer"]["best"] is None:
        return [LedgerEntry(statement["headline"], "inferred")]
    entries = [
        LedgerEntry(statement["headline"], "inferred"),
        LedgerEntry(f"Position: {statement['position']}.", "inferred"),
    ]
    entries += state_confidence(photo)[:1]
    if photo["answer"]["model"] == "offline":
        entries.append(LedgerEntry(format_sentence(NO_MODEL), "retrieved"))
    return entries


def answer_why(photo: Document, question: str = "") -> list[LedgerEntry]:
    """Answer "why": clues of nearby answers, then similar photos, then the scores."""
    if photo["answer"]["best"] is None:
        return [LedgerEntry(photo["told"]["headline"], "inferred")]
    return list_reasons(photo, CLAIMED) or [LedgerEntry("The record has no stated reason.", "inferred")]


def list_reasons(photo: Document, most: int | None = None) -> list[LedgerEntry]:
    """List what argues for the answer as it now is: the ledger of page, terminal and case file.

    Args:
        most: claims of the model to list; None means all.
    """
    answer = photo["answer"]
    entries = [
        LedgerEntry(
            format_sentence(claim["text"]),
            claim["source"] if claim["source"] != "unstated" else "inferred",
            claim["call"],
            claim.get("struck"),
        )
        for claim in answer["claims"][:most]
    ]
    entries += [LedgerEntry(format_sentence(line), "inferred") for line in photo["told"]["checks"]]
    entries += list_effect_entries(photo)
    if answer["best"] is not None and photo["nearest"]:
        near = select_within(photo["nearest"], answer["best"], 200.0)
        line = f"{len(near)} of the {len(photo['nearest'])} most similar gallery photos lie within 200 km of it."
        entries.append(LedgerEntry(line, "retrieved"))
    others = [reason for reason in photo["reasons"] if reason not in photo["told"]["effects"]]
    entries += [LedgerEntry(format_sentence(reason), "inferred") for reason in others[:2]]
    if photo["constraints"]:
        entries.append(LedgerEntry(f"You said: {'; '.join(photo['constraints'])}.", "said"))
    return entries


def list_effect_entries(photo: Document) -> list[LedgerEntry]:
    """List what text, the map, matched scenes and a second look did to the answer."""
    return [LedgerEntry(format_sentence(line), "inferred") for line in photo["told"]["effects"]]


def list_alternatives(photo: Document, question: str = "") -> list[LedgerEntry]:
    """List the other proposed places, strongest first."""
    others = photo["places"][1:4]
    if not others:
        return [LedgerEntry("All candidates are in the same place.", "inferred")]
    return [
        LedgerEntry(
            f"{format_place_name(place)} ({format_coordinates(place)}): {place['votes']} of {place['of']} candidates.",
            "inferred",
        )
        for place in others
    ]


def state_confidence(photo: Document, question: str = "") -> list[LedgerEntry]:
    """State the probabilities at the five radii, the region, and whether they are calibrated."""
    statement = photo["told"]
    if not statement["how_sure"]:
        return [LedgerEntry("There are no probabilities.", "inferred")]
    entries = [LedgerEntry(format_sentence(statement["confidence"]), "inferred")]
    if statement["basis"]:
        entries.append(LedgerEntry(format_sentence(f"calibration: {statement['basis']}"), "inferred"))
    if statement["region"]:
        entries.append(LedgerEntry(f"Region: {statement['region']}.", "inferred"))
    doubts = [warning["text"] for warning in photo["answer"]["warnings"] if warning["code"] == Code.UNCALIBRATED]
    return [*entries, *(LedgerEntry(format_sentence(text), "inferred") for text in doubts)]


def list_nearest(photo: Document, question: str = "") -> list[LedgerEntry]:
    """List the most similar gallery photos."""
    return _list_references(photo["nearest"], "similar")


def list_farthest(photo: Document, question: str = "") -> list[LedgerEntry]:
    """List the least similar gallery photos."""
    return _list_references(photo["farthest"], "dissimilar")


def measure_distance(photo: Document, question: str) -> list[LedgerEntry]:
    """Measure the distance from a named place to the answer."""
    match = _FAR.search(question)
    best = photo["answer"]["best"]
    if match is None or best is None:
        return [LedgerEntry("Name a place, for example: how far from Lisbon?", "inferred")]
    name = match[1].strip(" ?.!")
    try:
        area, _ = parse_area(f"near {name}")
    except WrongUse as error:
        return [LedgerEntry(format_sentence(str(error)), "inferred")]
    if "circle" not in area:
        return [LedgerEntry(f"{name} is an area, not a single place; name a town.", "inferred")]
    km = float(compute_great_circle_km(area["circle"][:2], (best["latitude"], best["longitude"])))
    there = f"{name} ({area['circle'][0]:.1f}, {area['circle'][1]:.1f})"
    return [LedgerEntry(f"{format_place_name(best)} is {km:,.0f} km from {there}.", "inferred")]


def describe_rival(photo: Document, question: str = "") -> list[LedgerEntry]:
    """Describe the rival and the cheapest check that would distinguish it from the answer."""
    rival = photo["answer"]["rival"]
    if rival is None:
        return [LedgerEntry("Evidence for a place outside the region: no candidate is there yet.", "inferred")]
    best = photo["answer"]["best"]
    entries = [LedgerEntry(f"The best rival: {photo['told']['rival']}.", "inferred")]
    if rival.get("country") and best and rival["country"] != best.get("country"):
        line = f"Anything that belongs to {rival['country']} and not to {best.get('country') or 'the sea'} would: "
        entries.append(LedgerEntry(line + "a language, a plate, a road marking. Look for it by eye.", "inferred"))
    if photo["metadata"]["verdict"] == "absent":
        entries.append(LedgerEntry("The cheapest check: ask the photographer for time and place.", "inferred"))
    return entries


def describe_metadata(photo: Document, question: str = "") -> list[LedgerEntry]:
    """Describe the file's own metadata, which is read only after the answer."""
    said = photo["metadata"]
    return [LedgerEntry(format_sentence(text), "metadata") for text in (said["text"], said["time"]) if text]


_FAR = re.compile(r"\b(?:how far|distance)\b.*?\b(?:from|to|is)\s+(.+?)\s*\??$", re.IGNORECASE)

# The first match answers, so specific patterns come before general ones.
QUESTIONS: tuple[tuple[re.Pattern[str], Answer], ...] = (
    (re.compile(r"\b(?:how far|distance)\b", re.IGNORECASE), measure_distance),
    (re.compile(r"\b(?:change your mind|convince|would tell|rival|disprove)\b", re.IGNORECASE), describe_rival),
    (re.compile(r"\b(?:farthest|dissimilar|least similar|far side)\b", re.IGNORECASE), list_farthest),
    (re.compile(r"\b(?:nearest|similar|neighbou?rs?|references?|look alike)\b", re.IGNORECASE), list_nearest),
    (re.compile(r"\b(?:exif|metadata|gps|when was|what time)\b", re.IGNORECASE), describe_metadata),
    (
        re.compile(r"\b(?:how (?:sure|certain|confident|likely)|confidence|probability|sure\?)", re.IGNORECASE),
        state_confidence,
    ),
    (
        re.compile(r"\b(?:what else|where else|alternatives?|other (?:places?|options?)|else)\b", re.IGNORECASE),
        list_alternatives,
    ),
    (re.compile(r"\b(?:why|because|reasons?|evidence|explain|how do you know)\b", re.IGNORECASE), answer_why),
    (re.compile(r"\b(?:where|which (?:country|city|town|place))\b", re.IGNORECASE), answer_where),
)


def format_sentence(text: str) -> str:
    """Format a line as a sentence, with a capital and a full stop."""
    text = " ".join(text.split())
    if not text:
        return text
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…)" else ".")


def select_within(references: list[Json], best: Document, km: float) -> list[Json]:
    """Select the references near a place."""
    here = best["latitude"], best["longitude"]
    return [
        item for item in references if float(compute_great_circle_km(here, (item["latitude"], item["longitude"]))) <= km
    ]


def _list_references(references: list[Json], kind: str) -> list[LedgerEntry]:
    if not references:
        return [LedgerEntry("This run had no gallery to search.", "retrieved")]
    return [
        LedgerEntry(
            f"{number}. {item.get('place') or format_coordinates(item)}, similarity {item['similarity']:.2f} ({kind}).",
            "retrieved",
        )
        for number, item in enumerate(references[:SHOWN], 1)
    ]
