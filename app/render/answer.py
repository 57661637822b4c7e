"""An answer in words: what `sextant locate` prints. Pure: the Answer of DESIGN.md in, text out."""

from sextant.agent.answer_words import (
    format_coordinates,
    format_headline,
    format_place_name,
    is_calibrated,
    list_scale_rows,
)
from sextant.agent.guard.metadata_check import SOURCES, read_file_position
from sextant.agent.warning_codes import Code
from sextant.base.json_types import Json

WHOLE_WORLD_KM = 15_000  # a circle of this radius leaves out less than a fifth of the Earth
WHOLE_WORLD_KM2 = 410e6  # four fifths of the Earth's 510 million square kilometres


def how_sure(answer: Json) -> str:
    """``street (1 km) 12 % · city (25 km) 74 % · …``."""
    words = " · ".join(f"{words} {share:.0%}" for words, share in list_scale_rows(answer["probability"]))
    if words and not is_calibrated(answer):
        return f"shares of the candidates, not probabilities: {words}"
    return words or "not known"


def region(answer: Json) -> str:
    """Both regions: ``50 %: within 12 km · 90 %: 3 areas of 340,000 km² together``."""
    words = []
    for share, area in answer["region"].items():
        if area is None:
            continue
        if (area.get("radius_km") or 0.0) > WHOLE_WORLD_KM or area.get("area_km2", 0.0) > WHOLE_WORLD_KM2:
            words.append(f"{share} %: anywhere; what is known does not narrow it down")
        elif area.get("radius_km") is not None:
            words.append(f"{share} %: within {distance(area['radius_km'])}")
        else:
            words.append(f"{share} %: {len(area['parts'])} areas, {area['area_km2']:,.0f} km² together")
    return " · ".join(words) or "not known"


def distance(km: float) -> str:
    """``850 m``, ``4.2 km``, ``1,240 km``."""
    if km < 1:
        return f"{km * 1000:.0f} m"
    return f"{km:.1f} km" if km < 10 else f"{km:,.0f} km"


def rival(answer: Json) -> str:
    """Describe the leading place outside the region, with the evidence for it."""
    other = answer["rival"]
    if other is None:
        return "none: everything proposed lies together"
    behind = other["candidate"]
    sources = {"nearest": "a similar photo", "named": "text in the photo"}
    who = sources.get(behind["origin"]) or f"an answer of {behind.get('model') or 'the model'}"
    return f"{format_place_name(other)} ({format_coordinates(other)}), from {who}"


def file_position(answer: Json) -> list[str]:
    """Describe the file's own position, which the model never sees: source, distance, verdict, and any doubts."""
    stated = read_file_position(answer.get("metadata"))
    doubts = [f"doubtful: {note}" for note in stated["notes"]]
    if stated["latitude"] is None:
        older = stated["verdict"] != "absent"
        return [f"its own position {stated['verdict']} with the answer"] if older else []
    line = f"its own position is {format_coordinates(stated)}"
    if stated["source"]:
        line += f", from {SOURCES.get(stated['source'], stated['source'])}"
    if stated["distance_km"] is not None:
        line += f"; {distance(stated['distance_km'])} from the answer, which it {stated['verdict']} with"
    return [line, *doubts]


def references(answer: Json, count: int = 3) -> list[str]:
    """List the nearest gallery photos the run was shown."""
    shown = [item for item in answer["candidates"] if item["origin"] == "nearest"]
    shown.sort(key=lambda item: item["rank"])
    lines = [f"{format_coordinates(item)}, similarity {item['similarity']:.2f}" for item in shown[:count]]
    return [line + (f" ({item['id']})" if item.get("id") else "") for line, item in zip(lines, shown, strict=False)]


def stopped(answer: Json) -> str:
    """Why the run ended."""
    return {
        "agreement": "the answers agree",
        "budget": "the budget ended; this is the best so far",
        "exhausted": "another model call was not expected to improve the answer",
    }[answer["stop"]]


def spent(answer: Json) -> str:
    """``6 calls, 12,340 tokens, $0.0210, 14.2 s``."""
    used = answer["spent"]
    money = "price unknown" if used["usd"] is None else f"${used['usd']:.4f}"
    estimated = " (partly estimated)" if used["estimated_calls"] else ""
    calls = "1 call" if used["calls"] == 1 else f"{used['calls']} calls"
    return f"{calls}, {used['tokens']:,} tokens{estimated}, {money}, {used['seconds']:.1f} s"


def outcomes(answer: Json) -> str:
    """``3 answered, 1 refused``."""
    return ", ".join(f"{count} {kind}" for kind, count in answer["outcomes"].items() if count) or "no model answer"


def model_name(answer: Json) -> str:
    """Name the model and say what kind it is."""
    offline = " (no model at all: the density of similar photos)" if answer["model"] == "offline" else ""
    return f"{answer['model']}{offline}, preset {answer['preset']}"


def rows(answer: Json) -> list[tuple[str, str]]:
    """Write the whole answer as labelled lines, in the order a person reads them."""
    lines: list[tuple[str, str]] = []
    if answer["best"]:
        lines += [("Place", f"{format_place_name(answer['best'])}  {format_coordinates(answer['best'])}")]
        lines += [("How sure", how_sure(answer)), ("Region", region(answer)), ("Rival", rival(answer))]
    lines += [("Similar", line) for line in references(answer)]
    if answer["coverage"]:
        near, wide = answer["coverage"]["within_25_km"], answer["coverage"]["within_200_km"]
        lines.append(("Gallery", f"{near:,} photos within 25 km of the answer, {wide:,} within 200 km"))
    lines += [("Because", f"{claim['text']} [{claim['source']}]") for claim in answer["claims"][:5]]
    lines += [("File", line) for line in file_position(answer)]
    if cap := answer.get("precision"):
        lines.append(("Precision", f"nothing finer than {cap['cap']} is shown: {cap['reason']}"))
    lines += [("Stopped", stopped(answer)), ("Answers", outcomes(answer)), ("Spent", spent(answer))]
    lines.append(("Model", model_name(answer)))
    if fitted := answer.get("fitted"):
        lines.append(("Verified", f"by {fitted}, a fitted model of your own"))
    lines += [("Distrust", warning["text"]) for warning in answer["warnings"]]
    return [*lines, ("Run", str(answer["run"]))]


def printed(answer: Json) -> str:
    """Write the answer as `sextant locate` prints it."""
    title = " ".join((answer["photo"]["path"] or answer["photo"]["sha256"][:12]).split())
    label, body = "", []
    for name, text in rows(answer):
        body.append(f"  {'' if name == label else name:<9} {text}")
        label = name
    return "\n".join([title, f"  {format_headline(answer)}", "", *body])


def unanswered(answer: Json) -> str | None:
    """Why no model answered, in one line; None when one did, or when none was asked for."""
    if answer["model"] == "offline" or answer["outcomes"]["answered"]:
        return None
    failed = [warning["text"] for warning in answer["warnings"] if warning["code"] == Code.ANSWERS_FAILED]
    why = failed[0] if failed else outcomes(answer)
    left = "the place comes from similar photos alone" if answer["best"] else "there is no place to report"
    return f"model {answer['model']!r} gave no usable answer ({why}); {left}"
