"""How sure, in words: what is known, and from which scale on it is a guess."""

from sextant.agent.verification.decision import Verdict

_SURELY = ((0.95, "almost surely"), (0.8, "very likely"), (0.6, "likely"))  # from this probability on, strongest first
_SCALES = (("1", "street"), ("25", "city"), ("200", "region"), ("750", "country"), ("2500", "continent"))
_KNOWN, _GUESS = 0.6, 0.4  # the finest scale that is known; below, a finer one is a guess
_WIDTHS = {
    "street": "{}",
    "city": "{}",
    "region": "the region of {}",
    "country": "within 750 km of {}",
    "continent": "within 2500 km of {}",
}


def in_words(verdict: Verdict, place: str | None = None) -> str:
    """One sentence: "almost surely Lisbon; the street is a guess".

    Args:
        verdict: of any strategy; without probabilities nothing is claimed.
        place: what the answer's position is called; its coordinates when None.
    """
    if verdict.latitude is None or verdict.longitude is None:
        return "no candidate, so no place"
    name = place or f"{verdict.latitude:.4f}, {verdict.longitude:.4f}"
    if not verdict.calibrated:
        return f"{name}; how sure is not known"
    chances = {scale: verdict.probability[radius] or 0.0 for radius, scale in _SCALES}
    known = next((scale for _, scale in _SCALES if chances[scale] >= _KNOWN), None)
    if known is None:
        return f"{name} is a guess; even the continent is not sure ({chances['continent']:.0%})"
    surely = next(word for least, word in _SURELY if chances[known] >= least)
    guessed = [scale for _, scale in _SCALES if chances[scale] < _GUESS]
    doubt = f"; the {guessed[-1]} is a guess" if guessed else ""
    return f"{surely} {_WIDTHS[known].format(name)}{doubt}"
