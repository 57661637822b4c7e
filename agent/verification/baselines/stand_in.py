"""What judges in place of `similarity` where nothing can compare a photo with a place: only `aligned:` encoders can."""

from collections.abc import Iterable

from sextant.agent.verification.pool import Candidate

STAND_IN = "calibrated"
NOT_ALIGNED = (
    "no aligned: encoder is at hand to compare the photo with places, so 'calibrated' weighed the candidates in place "
    "of 'similarity'; docs/recipes.md says how to get an aligned gallery"
)


def stands_in(strategy: str, *, compares_places: bool) -> bool:
    """Return whether another strategy has to judge: `similarity` was asked for, and places cannot be compared."""
    return strategy == "similarity" and not compares_places


def judging(strategy: str, candidates: Iterable[Candidate]) -> str:
    """Return the strategy that judges recorded candidates: `similarity` only where one of them has a position score."""
    scored = any(candidate.position_score is not None for candidate in candidates)
    return STAND_IN if stands_in(strategy, compares_places=scored) else strategy
