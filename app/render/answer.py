"""Format an answer as text, as `sextant locate` prints it. Pure."""

from collections import Counter

from sextant.agent.answer_words import (
    format_coordinates,
    format_headline,
    format_place_name,
    is_calibrated,
    list_scale_rows,
)
from sextant.agent.guard.metadata_check import SOURCES, read_file_position
from sextant.agent.warning_codes import Code
from sextant.base.documents.answer import Answer

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
            count = len(area["parts"])
            size = f"{area['area_km2']:,.0f} km²"
            words.append(
                f"{share} %: an area of {size}" if count == 1 else f"{share} %: {count} areas, {size} together"
            )
    return " · ".join(words) or "not known"


def format_distance(km: float) -> str:
    """Write ``850 m``, ``4.2 km``, ``1,240 km``."""
    if km < 1:
        return f"{km * 1000:.0f} m"
    return f"{km:.1f} km" if km < 10 else f"{km:,.0f} km"


def describe_rival(answer: Answer) -> str:
    """Describe the leading place outside the region, with the evidence for it."""
    other = answer["rival"]
    if other is None:
        return "none: all candidates are in the same place"
    behind = other["candidate"]
    sources = {"nearest": "a similar photo", "named": "text in the photo"}
    who = sources.get(behind["origin"]) or f"an answer of {behind.get('model') or 'the model'}"
    return f"{format_place_name(other)} ({format_coordinates(other)}), from {who}"


def file_position(answer: Answer) -> list[str]:
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
        line += f"; {format_distance(stated['distance_km'])} from the answer, which it {stated['verdict']} with"
    return [line, *doubts]


def list_references(answer: Answer, count: int = 3) -> list[str]:
    """List the nearest gallery photos the run was shown."""
    shown = [item for item in answer["candidates"] if item["origin"] == "nearest"]
    shown.sort(key=lambda item: item["rank"])
    lines = [f"{format_coordinates(item)}, similarity {item['similarity']:.2f}" for item in shown[:count]]
    return [line + (f" ({item['id']})" if item.get("id") else "") for line, item in zip(lines, shown, strict=False)]


def list_asked(answer: Answer) -> list[str]:
    """List the open services that were asked, with the number of requests; the JSON holds each request."""
    asked = Counter((one["service"], one["host"]) for one in answer.get("sent", ()))
    return [
        f"{service} ({host}): {times} request{'s' if times > 1 else ''} left this machine, without the photo"
        for (service, host), times in asked.items()
    ]


def describe_stop(answer: Answer) -> str:
    """Return why the run ended."""
    return {
        "agreement": "the answers agree",
        "budget": "the budget ended; this is the best so far",
        "exhausted": "another model call was not expected to improve the answer",
        "stopped": "you stopped it; this is the best so far",
    }[answer["stop"]]


def format_spending(answer: Answer) -> str:
    """Write ``6 calls, 12,340 tokens, $0.0210, 14.2 s``."""
    used = answer["spent"]
    money = "price unknown" if used["usd"] is None else f"${used['usd']:.4f}"
    estimated = " (partly estimated)" if used["estimated_calls"] else ""
    calls = "1 call" if used["calls"] == 1 else f"{used['calls']} calls"
    return f"{calls}, {used['tokens']:,} tokens{estimated}, {money}, {used['seconds']:.1f} s"


def count_outcomes(answer: Answer) -> str:
    """Write ``3 answered, 1 refused``."""
    return ", ".join(f"{count} {kind}" for kind, count in answer["outcomes"].items() if count) or "no model answered"


def describe_model(answer: Answer) -> str:
    """Name the model and say what kind it is."""
    offline = " (no model at all: the density of similar photos)" if answer["model"] == "offline" else ""
    return f"{answer['model']}{offline}, preset {answer['preset']}"


def list_answer_rows(answer: Answer) -> list[tuple[str, str]]:
    """Write the whole answer as labelled lines, in the order a person reads them."""
    lines: list[tuple[str, str]] = []
    if answer["best"]:
        lines += [("Place", f"{format_place_name(answer['best'])}  {format_coordinates(answer['best'])}")]
        lines += [
            ("How sure", format_confidence(answer)),
            ("Region", format_regions(answer)),
            ("Rival", describe_rival(answer)),
        ]
    lines += [("Similar", line) for line in list_references(answer)]
    if answer["coverage"]:
        near, wide = answer["coverage"]["within_25_km"], answer["coverage"]["within_200_km"]
        lines.append(("Gallery", f"{near:,} photos within 25 km of the answer, {wide:,} within 200 km"))
    lines += [("Because", f"{claim['text']} [{claim['source']}]") for claim in answer["claims"][:5]]
    lines += [("File", line) for line in file_position(answer)]
    lines += [("Asked", line) for line in list_asked(answer)]
    if cap := answer.get("precision"):
        lines.append(("Precision", f"places are shown no finer than {cap['cap']}: {cap['reason']}"))
    lines += [
        ("Stopped", describe_stop(answer)),
        ("Answers", count_outcomes(answer)),
        ("Spent", format_spending(answer)),
    ]
    lines.append(("Model", describe_model(answer)))
    if fitted := answer.get("fitted"):
        lines.append(("Verified", f"by {fitted}, your own fitted model"))
    lines += [("Distrust", warning["text"]) for warning in answer["warnings"]]
    return [*lines, ("Run", str(answer["run"]))]


def format_answer(answer: Answer) -> str:
    """Write the answer as `sextant locate` prints it."""
    title = " ".join((answer["photo"]["path"] or answer["photo"]["sha256"][:12]).split())
    label, body = "", []
    for name, text in list_answer_rows(answer):
        body.append(f"  {'' if name == label else name:<9} {text}")
        label = name
    return "\n".join([title, f"  {format_headline(answer)}", "", *body])


def explain_missing_answer(answer: Answer) -> str | None:
    """Return why no model answered, in one line; None when one did, or when none was asked for."""
    if answer["model"] == "offline" or answer["outcomes"]["answered"]:
        return None
    failed = [warning["text"] for warning in answer["warnings"] if warning["code"] == Code.ANSWERS_FAILED]
    why = failed[0] if failed else count_outcomes(answer)
    left = "the place comes from similar photos alone" if answer["best"] else "there is no place to report"
    return f"model {answer['model']!r} gave no usable answer ({why}); {left}"
