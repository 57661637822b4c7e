"""Words for probabilities: the one place where terminal, page, chat and exports take "how sure" from."""

from collections.abc import Mapping

from sextant.agent.verification.decision import Basis, Verdict

SCALES = (("1", "street"), ("25", "city"), ("200", "region"), ("750", "country"), ("2500", "continent"))
# Words for probabilities, after Kent's and the IPCC's scales: the least probability each word stands for.
SURENESS = ((0.95, "almost surely"), (0.8, "very likely"), (0.6, "probably"), (0.35, "perhaps"), (0.0, "possibly"))
PROBABLE, POSSIBLE = 0.6, 0.35
# Numbers that were measured on other photos are worded one step less sure.
_MOST_BORROWED = 0.94
BASIS_NOTES: Mapping[Basis, str] = {
    "own": "calibrated on your own labelled photos",
    "profile": "measured on this gallery and on recorded answers of the model",
    "borrowed": "measured on other photos, so the numbers are rough; make them your own with: sextant calibrate",
}


def sureness(probability: float, basis: Basis | None = None) -> str:
    """Return the word for a probability; borrowed numbers are never "almost surely"."""
    held = min(probability, _MOST_BORROWED) if basis == "borrowed" else probability
    return next(word for least, word in SURENESS if held >= least)


def describe_confidence(
    probabilities: Mapping[str, float | None], place: str, basis: Basis | None, calibrated: bool
) -> str:
    """Say in one sentence where the photo was taken and how sure that is.

    The finest scale that is at least possible is named with its word, then the finest one that is probable.

    Args:
        probabilities: P(within) by radius name, or shares of the candidates; None where there is none.
        place: what the answer's position is called.
        basis: what calibrated probabilities rest on.
        calibrated: whether they are probabilities at all.
    """
    known = [(radius, scale, probabilities[radius]) for radius, scale in SCALES]
    chances = [(radius, scale, p) for radius, scale, p in known if p is not None]
    if not chances:
        return f"{place}; this strategy ranks places and gives no probability."
    if not calibrated:
        share = next(p for radius, _, p in chances if radius == "25" or len(chances) == 1)
        return f"{place}: {share:.0%} of the candidates' weight lies within 25 km (a share, not a probability)."
    finest = next((row for row in chances if row[2] >= POSSIBLE), chances[-1])
    words = f"{sureness(finest[2], basis).capitalize()} {name_area(place, finest[1])}"
    if finest[2] < PROBABLE:
        wider = next((row for row in chances if row[2] >= PROBABLE), None)
        words += (
            f"; {sureness(wider[2], basis)} {name_area('it', wider[1])}" if wider else "; even the continent is a guess"
        )
    elif finest is not chances[0]:
        words += f"; the {chances[chances.index(finest) - 1][1]} is a guess"
    return words + "."


def name_area(place: str, scale: str) -> str:
    """Name the area of one scale round a place: ``in or near Lisbon``, ``within 750 km of Lisbon``."""
    if scale == "street":
        return f"at {place}" if place != "it" else "there"
    if scale == "city":
        return f"in or near {place}"
    if scale == "continent":
        return f"in that part of the world (within 2,500 km of {place})"
    radius = next(name for name, known in SCALES if known == scale)
    return f"within {radius} km of {place}"


def in_words(verdict: Verdict, place: str | None = None) -> str:
    """Return the sentence of a verdict; coordinates stand for the place where it has no name."""
    if verdict.latitude is None or verdict.longitude is None:
        return "no candidate, so no place"
    name = place or f"{verdict.latitude:.4f}, {verdict.longitude:.4f}"
    return describe_confidence(verdict.probability, name, verdict.basis, verdict.calibrated)
