"""An answer's place and probability in words: the one scale of terminal, page, chat and exports.

Pure functions of the Answer of DESIGN.md. Words for probabilities follow Kent's and the IPCC's scales.
"""

from sextant.base.json_types import Json

SCALES = (("1", "street"), ("25", "city"), ("200", "region"), ("750", "country"), ("2500", "continent"))
"""Radius in km, as a key of answers, and the name of a place of that size."""
SURENESS = ((0.95, "almost surely"), (0.8, "very likely"), (0.6, "probably"), (0.4, "perhaps"), (0.0, "possibly"))
"""The lowest probability of each word, strongest first."""
PROBABLE = 0.6  # the finest scale with at least this probability is stated; a finer one is called a guess


def name_probability(probability: float) -> str:
    """Name a probability in words."""
    return next(word for least, word in SURENESS if probability >= least)


def format_headline(answer: Json, name: str | None = None) -> str:
    """Format the answer in one sentence: the finest probable scale, and the finer one that is a guess.

    Args:
        answer: its ``best`` and ``probability`` are read.
        name: what to call the place; None uses its own names.
    """
    best = answer["best"]
    if best is None:
        return "No place was proposed: neither the model nor the gallery had anything to say."
    named = name or format_place_name(best)
    known = [(radius, scale, answer["probability"][radius]) for radius, scale in SCALES]
    known = [item for item in known if item[2] is not None]
    if not known:
        return f"{named}; nothing says how surely."
    probable = [number for number, (_, _, probability) in enumerate(known) if probability >= PROBABLE]
    number = probable[0] if probable else len(known) - 1
    _, scale, probability = known[number]
    guess = f"; the {known[number - 1][1]} is a guess" if number else ""
    return f"{name_probability(probability).capitalize()} {describe_whereabouts(named, scale)}{guess}."


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


def list_scale_rows(probability: Json) -> list[tuple[str, float]]:
    """List each scale with its probability: ``("city (25 km)", 0.74)``, finest first; skip scales without one."""
    known = [(f"{scale} ({int(radius):,} km)", probability[radius]) for radius, scale in SCALES]
    return [(words, share) for words, share in known if share is not None]


def format_place_name(place: Json) -> str:
    """Format a place's names, each once: ``Lisbon, Lisboa, Portugal``; ``open sea`` when it has none."""
    parts = [place.get(name) for name in ("place", "admin1", "country")]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or "open sea"


def format_coordinates(place: Json) -> str:
    """Format latitude and longitude in degrees: ``38.7139, -9.1394``."""
    return f"{place['latitude']:.4f}, {place['longitude']:.4f}"
