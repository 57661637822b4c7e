"""An answer's place and probability in words: one scale for terminal, page, chat and exports.

Pure functions of the Answer of DESIGN.md. Words for probabilities follow Kent's and the IPCC's scales.
"""

from dataclasses import dataclass

from sextant.base.json_types import Document
from sextant.base.scales import SCALES
from sextant.geo.countries import load_countries_by_code

SURENESS = (
    (0.95, "almost surely"),
    (0.8, "very likely"),
    (0.6, "probably"),
    (0.5, "more likely than not"),
    (0.35, "perhaps"),
    (0.0, "possibly"),
)
"""The least probability that each word stands for, the strongest first."""
LIKELY = 0.5  # the headline names the finest scale that is at least this probable; what is finer is a guess
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
    """List the probabilities by radius; None where nothing is stated, or where the numbers are shares."""
    known = answer.get("probability") or {}
    calibrated = is_calibrated(answer)
    return {radius: known.get(radius) if calibrated else None for radius, _ in SCALES}


@dataclass(frozen=True)
class LikelyPlace:
    """The place at the finest scale that is more likely than not, and the finer guess.

    Attributes:
        scale: a scale of `SCALES`; None where even the continent is a guess.
        likely: what the place is called at that scale; None where nothing is likely.
        guess: the finer place, which is a guess; None where nothing finer is named.
    """

    scale: str | None
    radius_km: int | None
    probability: float | None
    likely: str | None
    guess: str | None


def find_likely_place(answer: Document, name: str | None = None) -> LikelyPlace | None:
    """Find the place at the finest scale that is more likely than not; None without a place or probabilities.

    Args:
        answer: its ``best``, ``probability`` and ``calibration`` are read.
        name: what the answered place is called; by its names when None.
    """
    best = answer["best"]
    known = [(radius, scale, answer["probability"][radius]) for radius, scale in SCALES] if best else []
    known = [item for item in known if item[2] is not None]
    if best is None or not known or not is_calibrated(answer):
        return None
    named = name or format_place_name(best)
    found = next((row for row in known if row[2] >= LIKELY), None)
    if found is None:
        return LikelyPlace(None, None, None, None, named)
    radius, scale, probability = found
    likely, guess = (named, None) if name else _name_at_scale(best, scale)
    return LikelyPlace(scale, int(radius), probability, likely, guess)


def format_headline(answer: Document, name: str | None = None) -> str:
    """Return one sentence: the place at the finest scale that is more likely than not, and what is a guess.

    Args:
        answer: its ``best``, ``probability`` and ``calibration`` are read.
        name: what the answered place is called; by its names when None.
    """
    best = answer["best"]
    if best is None:
        return "No place was found: neither the model nor the gallery proposed one."
    found = find_likely_place(answer, name)
    if found is None:
        return _describe_ranked(answer, name or format_place_name(best))
    if found.scale is None or found.probability is None:
        return f"Not narrowed down: even the continent is a guess; the best guess is {found.guess}."
    basis = (answer.get("calibration") or {}).get("basis")
    word = name_probability(found.probability, basis).capitalize()
    guess = f"; {found.guess} is a guess." if found.guess else "."
    if found.scale == "street":
        return f"{word} {found.likely}{guess}"
    if found.scale == "city":
        return f"{word} in or near {found.likely}; the street is a guess."
    if name or found.likely is None:
        return f"{word} within {found.radius_km:,} km of {name or format_place_name(best)}{guess}"
    return f"{word} in or around {found.likely} (within {found.radius_km:,} km){guess}"


def format_short_place(answer: Document) -> str:
    """Return the place in a few words for lists and tables: ``Italy (a guess: Venice, Veneto)``."""
    if answer["best"] is None:
        return "no place"
    found = find_likely_place(answer)
    if found is None:
        return format_place_name(answer["best"])
    if found.likely is None:
        return f"a guess: {found.guess or format_place_name(answer['best'])}"
    return f"{found.likely} (a guess: {found.guess})" if found.guess else found.likely


def _describe_ranked(answer: Document, named: str) -> str:
    """Describe an answer whose numbers are no probabilities."""
    known = [(radius, answer["probability"][radius]) for radius, _ in SCALES]
    known = [item for item in known if item[1] is not None]
    if not known:
        return f"{named}; places were ranked, without probabilities."
    share = next((share for radius, share in known if radius == "25"), known[0][1])
    return f"{named}: {share:.0%} of the candidates lie within 25 km, which is not a probability."


def _name_at_scale(best: Document, scale: str) -> tuple[str | None, str | None]:
    """Return what a place is called at a scale, and the finer part of its name; None where it has no such name."""
    place, division, country = (best.get(name) for name in ("place", "admin1", "country"))
    if scale in ("street", "city"):
        return format_place_name(best), None
    coarse = {"region": [division, country], "country": [country], "continent": [_find_continent(best)]}[scale]
    finer = {"region": [place], "country": [place, division], "continent": [place, division, country]}[scale]
    likely = _join_names(coarse) if coarse[0] else None
    guess = _join_names([part for part in finer if part not in coarse])
    return likely, guess


def _join_names(parts: list[str | None]) -> str | None:
    return ", ".join(dict.fromkeys(part for part in parts if part)) or None


def _find_continent(best: Document) -> str | None:
    country = load_countries_by_code().get(best.get("country_code") or "")
    return country.continent if country else None


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


def format_distance(km: float) -> str:
    """Write ``850 m``, ``4.2 km``, ``1,240 km``."""
    if km < 1:
        return f"{km * 1000:.0f} m"
    return f"{km:.1f} km" if km < 10 else f"{km:,.0f} km"
