"""State an answer in words, part by part: the one renderer of terminal, page, chat, exports and case file. Pure.

`state_answer` gives every part; each face only lays them out. Nothing else puts an answer's numbers into words.
"""

from collections import Counter

from sextant.agent.answer_words import (
    BASIS_NOTES,
    find_likely_place,
    format_coordinates,
    format_distance,
    format_headline,
    format_place_name,
    format_short_place,
    is_calibrated,
    list_scale_rows,
)
from sextant.agent.answers import parse_reply
from sextant.agent.answers.judgements import LETTERS, Likeness, read_judgements
from sextant.agent.effect_words import describe_effect
from sextant.agent.guard.metadata_check import describe_file_position, read_file_position
from sextant.base.documents.answer import Answer, Origin
from sextant.base.documents.session import AnswerStatement, ToldLook
from sextant.base.json_types import Document
from sextant.base.printable import pluralise
from sextant.geo.places import describe
from sextant.geo.sphere import compute_great_circle_km

NO_MODEL = "no model looked at the picture; this is the density of similar photos"
NO_PLACE_LEFT = "No place is left: the conditions rule out every candidate."
LOOKED_WORDS = {
    "same place": "pictures taken there show the same place",
    "same kind": "pictures taken there show the same kind of place",
    "not": "pictures taken there show another place",
}
_ORIGINS: dict[Origin, str] = {
    "nearest": "a similar photo",
    "named": "text in the photo",
    "map": "text found on the map",
    "scene": "a photo of the same scene",
    "heatmap": "a peak of the encoder's heat map",
    "gps": "the file's own position",
}
_SAID: dict[Origin, str] = {"answer": "an answer", "alternative": "an alternative"}
_SAME_TOWN_KM, _SAME_REGION_KM = 25.0, 200.0  # verification looks within these for the candidate behind a rival
_JUDGED_WORDS = {
    Likeness.SAME_PLACE: "is the same",
    Likeness.SAME_KIND: "is alike",
    Likeness.NOT: "is another",
}
WHOLE_WORLD_KM = 15_000  # a circle of this radius leaves out less than a fifth of the Earth
WHOLE_WORLD_KM2 = 410e6  # four fifths of the Earth's 510 million square kilometres


def format_confidence(answer: Answer) -> str:
    """Write ``street (1 km) 12 % · city (25 km) 74 % · …``."""
    words = " · ".join(f"{words} {share:.0%}" for words, share in list_scale_rows(answer["probability"]))
    if words and not is_calibrated(answer):
        return f"shares of the candidates, not probabilities: {words}"
    return words or "not known"


def format_regions(answer: Answer) -> str:
    """Return both regions: ``50 %: within 12 km · 90 %: 3 areas of 340,000 km² together``."""
    words = []
    for share, area in (("50", answer["region"]["50"]), ("90", answer["region"]["90"])):
        if area is None:
            continue
        if (area.get("radius_km") or 0.0) > WHOLE_WORLD_KM or area.get("area_km2", 0.0) > WHOLE_WORLD_KM2:
            words.append(f"{share} %: anywhere; the evidence does not narrow it down")
        elif area.get("radius_km") is not None:
            words.append(f"{share} %: within {format_distance(area['radius_km'])}")
        else:
            count, size = _count_areas(area), area.get("area_km2")  # earlier versions recorded no area
            areas = "an area" if count == 1 else f"{count} areas"
            together = "" if size is None else f" of {size:,.0f} km²" if count == 1 else f", {size:,.0f} km² together"
            words.append(f"{share} %: {areas}{together}")
    return " · ".join(words) or "not known"


def _count_areas(area: Document) -> int:
    """Count the areas of a region: where a person ruled places out, its outline's; else its circles."""
    outline = area.get("geojson") if area.get("bounded") else None
    if outline and outline["type"] == "MultiPolygon":
        return len(outline["coordinates"]) or 1
    return 1 if outline else len(area["parts"])


def describe_rival(answer: Answer) -> str:
    """Describe the leading place outside the region, with the evidence for it."""
    other: Document | None = answer["rival"]
    if other is None:
        return "none: all candidates are in the same place"
    if "candidate" not in other:  # shown under a precision cap, or recorded by an earlier version
        return f"{format_place_name(other)} ({format_coordinates(other)})"
    behind = other["candidate"]
    who = _describe_origin(behind)
    km = float(
        compute_great_circle_km((other["latitude"], other["longitude"]), (behind["latitude"], behind["longitude"]))
    )
    if other.get("point") == "named":
        whence = f"the place that {who} names; its coordinates lie {format_distance(km)} away"
    elif other.get("point") == "middle" or km > _SAME_TOWN_KM:  # earlier versions recorded no point
        which = "strongest" if km <= _SAME_REGION_KM else "nearest"
        whence = f"the middle of several candidates; the {which}, {who}, lies {format_distance(km)} away"
    else:
        whence = f"from {who}"
    return f"{format_place_name(other)} ({format_coordinates(other)}), {whence}"


def _describe_origin(candidate: Document) -> str:
    """Say where a candidate comes from."""
    origin: Origin = candidate["origin"]
    return _ORIGINS.get(origin) or f"{_SAID[origin]} of {candidate.get('model') or 'the model'}"


def describe_stop(answer: Answer) -> str:
    """Return why the run ended."""
    if answer["stop"] == "exhausted" and _has_every_call_failed(answer):
        return "every model call failed"
    return {
        "agreement": "the answers agree",
        "budget": "the budget ended; this is the best so far",
        "exhausted": "another model call was not expected to improve the answer",
        "stopped": "you stopped it; this is the best so far",
    }[answer["stop"]]


def _has_every_call_failed(answer: Answer) -> bool:
    return {kind for kind, count in answer["outcomes"].items() if count} == {"failed"}


def format_spending(answer: Answer) -> str:
    """Write ``6 calls, 12,340 tokens, $0.0210, 14.2 s``."""
    used = answer["spent"]
    money = "price unknown" if used["usd"] is None else f"${used['usd']:.4f}"
    estimated = " (partly estimated)" if used["estimated_calls"] else ""
    calls = pluralise(used["calls"], "call")
    return f"{calls}, {used['tokens']:,} tokens{estimated}, {money}, {used['seconds']:.1f} s"


def count_outcomes(answer: Answer) -> str:
    """Write ``3 answered, 1 refused``."""
    return ", ".join(f"{count} {kind}" for kind, count in answer["outcomes"].items() if count) or "no model answered"


def describe_model(answer: Answer) -> str:
    """Name the model and say what kind it is."""
    if answer["model"] == "offline":
        return f"offline: {NO_MODEL}, preset {answer['preset']}"
    return f"{answer['model']}, preset {answer['preset']}"


def describe_position(answer: Answer) -> str:
    """Return the answered position with the nearest names: ``45.4375, 12.3358 (Venice, Veneto, Italy)``."""
    best = answer["best"]
    return f"{format_coordinates(best)} ({format_place_name(best)})" if best else "no place"


def describe_basis(answer: Answer) -> str:
    """Return what the probabilities rest on, as a phrase; empty without probabilities."""
    calibration = answer.get("calibration")
    if not calibration:
        return ""
    if calibration["basis"] == "profile" and answer["model"] == "offline":
        return "measured on this gallery"
    return BASIS_NOTES[calibration["basis"]]


def describe_coverage(answer: Answer) -> str:
    """Return how many gallery photos lie near the answer; empty where none were counted."""
    counted = answer["coverage"]
    if not counted:
        return ""
    near, wide = counted["within_25_km"], counted["within_200_km"]
    return f"{pluralise(near, 'photo')} within 25 km of the answer, {wide:,} within 200 km"


def list_asked(answer: Answer) -> list[str]:
    """List the open services that were asked, with the number of requests; the JSON holds each request."""
    asked = Counter((one["service"], one["host"]) for one in answer.get("sent", ()))
    return [
        f"{service} ({host}): {times} request{'s' if times > 1 else ''}, without the photo"
        for (service, host), times in asked.items()
    ]


_CHECKED: dict[str, str] = {
    "retrieval": "similar photos",
    "map": "the map",
    "language": "the language of the other words",
    "driving_side": "the driving side",
}


def list_checks(answer: Answer) -> list[str]:
    """Say of each place that text in the photo names what other evidence says of it."""
    lines = []
    for one in answer.get("checks", ()):
        said: dict[str, list[str]] = {}
        for kind, name in _CHECKED.items():
            said.setdefault(one[kind], []).append(name)  # type: ignore[literal-required]
        parts = [f"{finding}: {', '.join(names)}" for finding, names in sorted(said.items())]
        lines.append(f"“{one['text']}” names a place near {format_coordinates(one)}; {'; '.join(parts)}")
    return lines


def list_effects(answer: Answer) -> list[str]:
    """Say what text in the photo, the map, matched scenes and a second look did to the answer."""
    capped = bool(answer.get("precision"))
    return [describe_effect(one, answer["best"], capped=capped) for one in answer.get("effects", ())]


def describe_looks(answer: Answer) -> list[ToldLook]:
    """Describe each judgement of a second look: the place, what the model made of the pictures taken there, and why.

    Under a precision cap the place has no name: the nearest one would be finer than its position.
    """
    found: list[ToldLook] = []
    for one in answer.get("looks", ()):
        named = {} if answer.get("precision") else describe(one["latitude"], one["longitude"]).to_json()
        place = f"{format_place_name(named)} ({format_coordinates(one)})" if named else format_coordinates(one)
        found.append({"place": place, "verdict": LOOKED_WORDS[one["judgement"]], "why": one["why"]})
    return found


def state_answer(answer: Answer, *, steered: bool = False) -> AnswerStatement:
    """State every part of an answer in words; parts that have nothing to say are empty.

    Args:
        steered: a person set conditions; an answer without a place then says that they left none.
    """
    placed = answer["best"] is not None
    found = find_likely_place(answer)
    return {
        "headline": NO_PLACE_LEFT if steered and not placed else format_headline(answer),
        "short": format_short_place(answer),
        "scale": found.scale if found else None,
        "position": describe_position(answer) if placed else "",
        "how_sure": list_scale_rows(answer["probability"]),
        "confidence": format_confidence(answer),
        "basis": describe_basis(answer),
        "region": format_regions(answer) if placed else "",
        "rival": describe_rival(answer) if placed else "",
        "gallery": describe_coverage(answer),
        "file": describe_file_position(read_file_position(answer.get("metadata"))),
        "model": describe_model(answer),
        "stop": describe_stop(answer),
        "spent": format_spending(answer),
        "asked": list_asked(answer),
        "checks": list_checks(answer),
        "effects": list_effects(answer),
        "looks": describe_looks(answer),
        "doubts": [warning["text"] for warning in answer["warnings"]],
    }


def describe_reply(text: str) -> str:
    """Describe a model's reply in one line, for progress: the position it names, else its first words; never JSON."""
    outcome = parse_reply(text)
    if outcome.kind == "answered":
        named = f" ({outcome.place})" if outcome.place else ""
        return f"answers {format_coordinates({'latitude': outcome.latitude, 'longitude': outcome.longitude})}{named}"
    if judged := read_judgements(text, LETTERS):
        return "compares: " + ", ".join(f"place {one.letter} {_JUDGED_WORDS[one.likeness]}" for one in judged)
    return outcome.kind if text.lstrip().startswith(("{", "```")) else " ".join(text.split())
