"""The places of a second look: the leading ones, as the prompt lists them and as the reply names them, by letters."""

from collections.abc import Iterable, Sequence

from sextant.agent.answers.judgements import LETTERS
from sextant.agent.prompting.disagreement import describe_place
from sextant.agent.state import LookedPlace
from sextant.base.json_types import Document
from sextant.base.printable import pluralise
from sextant.geo.sphere import compute_great_circle_km

APART_KM = 50.0  # places nearer than this are one: a judgement reaches 25 km


def find_leading_places(scored: Iterable[Document], count: int) -> list[tuple[float, float]]:
    """Return up to ``count`` positions (degrees) of the best candidates that lie apart, the best first.

    Args:
        scored: candidates with ``latitude``, ``longitude`` and ``score``, the best first.
    """
    kept: list[tuple[float, float]] = []
    for one in scored:
        place = float(one["latitude"]), float(one["longitude"])
        if all(float(compute_great_circle_km(place, other)) > APART_KM for other in kept):
            kept.append(place)
        if len(kept) == count:
            break
    return kept


def list_letters(looked: Sequence[LookedPlace]) -> list[str]:
    """Return the letter of each place."""
    return list(LETTERS[: len(looked)])


def list_places(looked: Sequence[LookedPlace]) -> str:
    """List the places for the prompt, one a line."""
    lines = []
    for letter, place in zip(list_letters(looked), looked, strict=True):
        pictures = pluralise(place["pictures"], "picture")
        lines.append(f"Place {letter}: {describe_place(place['latitude'], place['longitude'])}, {pictures}")
    return "\n".join(lines)
