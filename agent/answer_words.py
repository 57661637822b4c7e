"""An answer's place and probability in words: one scale for terminal, page, chat and exports.

Pure functions of the Answer of DESIGN.md. Words for probabilities follow Kent's and the IPCC's scales.
"""

from sextant.base.json_types import Document
from sextant.base.scales import SCALES

SURENESS = ((0.95, "almost surely"), (0.8, "very likely"), (0.6, "probably"), (0.35, "perhaps"), (0.0, "possibly"))
"""The least probability that each word stands for, the strongest first."""
PROBABLE = 0.6  # a finer scale than the finest one that is at least this probable is a guess
POSSIBLE = 0.35  # the finest scale that is at least this probable is named
BASIS_NOTES = {
    "own": "calibrated on your own labelled photos",
    "profile": "measured on this gallery and on recorded answers of this model",
    "borrowed": "measured on other photos, so the numbers are rough; make them your own with: sextant calibrate",
}
"""What probabilities rest on, in words."""
_MOST_BORROWED = 0.94  # numbers that were measured on other photos are never "almost surely"


def name_probability(probability: float, basis: str | None = None) -> str:
    """Return the word for a probability; a key of `BASIS_NOTES` says what it rests on."""
    held = min(probability, _MOST_BORROWED) if basis == "borrowed" else probability
    return next(word for least, word in SURENESS if held >= least)


def is_calibrated(answer: Document) -> bool:
    """Whether the numbers are probabilities and not shares of the candidates; so in answers of earlier versions."""
    return answer.get("calibration", True) is not None


def list_probabilities(answer: Document) -> dict[str, float | None]:
    """List the probabilities by radius; None where there is none, or where the numbers are shares of the candidates."""
    known = answer.get("probability") or {}
    calibrated = is_calibrated(answer)
    return {radius: known.get(radius) if calibrated else None for radius, _ in SCALES}


def format_headline(answer: Document, name: str | None = None) -> str:
    """Return one sentence: the finest scale that is possible, the finest that is probable, and what is a guess.

    Args:
        answer: its ``best``, ``probability`` and ``calibration`` are read.
        name: what the answered place is called; by its names when None.
    """
    best = answer["best"]
    if best is None:
        return "No place was found: neither the model nor the gallery proposed one."
    named = name or format_place_name(best)
    known = [(radius, scale, answer["probability"][radius]) for radius, scale in SCALES]
    known = [item for item in known if item[2] is not None]
    if not known:
        return f"{named}; places were ranked, without probabilities."
    if not is_calibrated(answer):
        share = next((share for radius, _, share in known if radius == "25"), known[0][2])
        return f"{named}: {share:.0%} of the candidates lie within 25 km, which is not a probability."
    basis = (answer.get("calibration") or {}).get("basis")
    finest = next((number for number, row in enumerate(known) if row[2] >= POSSIBLE), len(known) - 1)
    _, scale, probability = known[finest]
    words = f"{name_probability(probability, basis).capitalize()} {describe_whereabouts(named, scale)}"
    if probability >= PROBABLE:
        return f"{words}; the {known[finest - 1][1]} is a guess." if finest else f"{words}."
    wider = next((row for row in known if row[2] >= PROBABLE), None)
    if wider is None:
        return f"{words}; even the continent is a guess."
    return f"{words}; {name_probability(wider[2], basis)} within {int(wider[0]):,} km of it."


def describe_whereabouts(named: str, scale: str) -> str:
    """Describe the place at one scale: ``in or near Lisbon, …``, ``within 750 km of Lisbon, …``."""
    if scale == "street":
        return named
    if scale == "city":
        return f"in or near {named}"
    if scale == "continent":
        return f"in that part of the world (within 2,500 km of {named})"
    radius_km = next(radius for radius, known in SCALES if known == scale)
    return f"within {radius_km} km of {named}"


def list_scale_rows(probability: Document) -> list[tuple[str, float]]:
    """List each scale with its probability: ``("city (25 km)", 0.74)``, finest first; skip scales without one."""
    known = [(f"{scale} ({int(radius):,} km)", probability[radius]) for radius, scale in SCALES]
    return [(words, share) for words, share in known if share is not None]


def format_place_name(place: Document) -> str:
    """Format a place's names, each once: ``Lisbon, Lisboa, Portugal``; ``open sea`` when it has none."""
    parts = [place.get(name) for name in ("place", "admin1", "country")]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or "open sea"


def format_coordinates(place: Document) -> str:
    """Format latitude and longitude in degrees: ``38.7139, -9.1394``."""
    return f"{place['latitude']:.4f}, {place['longitude']:.4f}"
