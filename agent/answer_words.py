"""An answer's place and probability in words: the one scale that terminal, page, chat and exports speak through.

Pure: the answer of DESIGN.md in, text out. Words for probabilities follow Kent's and the IPCC's scales.
"""

from sextant.base.json_types import Json

SCALES = (("1", "street"), ("25", "city"), ("200", "region"), ("750", "country"), ("2500", "continent"))
"""Radius in km, as answers name it, and what a person calls a place of that size."""
SURENESS = ((0.95, "almost surely"), (0.8, "very likely"), (0.6, "probably"), (0.4, "perhaps"), (0.0, "possibly"))
"""The least probability that each word stands for, the strongest first."""
PROBABLE = 0.6  # the finest scale that is at least this probable is stated; a finer one is a guess


def name_probability(probability: float) -> str:
    """Return the word for a probability."""
    return next(word for least, word in SURENESS if probability >= least)


def format_headline(answer: Json, name: str | None = None) -> str:
    """Return one sentence: the finest scale that is at least probable, and what is a guess.

    Args:
        answer: its ``best`` and ``probability`` are read.
        name: what the answered place is called; by its names when None.
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
    """Name the answered place at one scale: ``in or near Lisbon, …``, ``within 750 km of Lisbon, …``."""
    if scale == "street":
        return named
    if scale == "city":
        return f"in or near {named}"
    if scale == "continent":
        return f"in that part of the world (within 2,500 km of {named})"
    radius_km = next(radius for radius, known in SCALES if known == scale)
    return f"within {radius_km} km of {named}"


def list_scale_rows(probability: Json) -> list[tuple[str, float]]:
    """Return each radius that has a probability, in words, with it: ``("city (25 km)", 0.74)``, the finest first."""
    known = [(f"{scale} ({int(radius):,} km)", probability[radius]) for radius, scale in SCALES]
    return [(words, share) for words, share in known if share is not None]


def format_place_name(place: Json) -> str:
    """``Lisbon, Lisboa, Portugal``, each name once; ``open sea`` where there is no name."""
    parts = [place.get(name) for name in ("place", "admin1", "country")]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or "open sea"


def format_coordinates(place: Json) -> str:
    """``38.7139, -9.1394``."""
    return f"{place['latitude']:.4f}, {place['longitude']:.4f}"
