"""The leading places of a verdict, for a later round that looks at them again."""

from collections.abc import Iterable

from sextant.base.json_types import Document
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
