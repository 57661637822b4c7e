"""The plainest strategy: the first answer, or the most similar photo. What everything else must beat."""

from sextant.agent.verification.decision import Scored, Verdict
from sextant.agent.verification.pool import Pool
from sextant.base.settings import Optimise


def top1(pool: Pool, optimise: Optimise = "balanced", target_radius_km: float = 25.0) -> Verdict:
    """Return the first answer given, else the most similar photo; no probability is claimed, nothing is agreed on."""
    others = (one for one in pool.candidates if one.origin not in ("answer", "nearest"))
    ranked = (*pool.answers, *pool.nearest, *others)
    if not ranked:
        return Verdict(reasons=("no candidate",), strategy="top1")
    best = ranked[0]
    return Verdict(
        latitude=best.latitude,
        longitude=best.longitude,
        scored=tuple(Scored(candidate, 1.0 / (place + 1)) for place, candidate in enumerate(ranked)),
        reasons=({"answer": "the first answer", "nearest": "the most similar photo"}.get(best.origin, best.origin),),
        strategy="top1",
    )
