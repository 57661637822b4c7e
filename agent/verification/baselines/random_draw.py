"""One candidate drawn at random: what a verification is worth is how far it is above this (G3's own comparison)."""

import hashlib

from sextant.agent.verification.decision import Optimise, Scored, Verdict
from sextant.agent.verification.pool import Pool


def random_draw(pool: Pool, optimise: Optimise = "balanced", target_radius_km: float = 25.0) -> Verdict:
    """Return a random candidate, each equally likely; equal candidates give the same choice, in any order."""
    if not pool.candidates:
        return Verdict(reasons=("no candidate",), strategy="random")
    ordered = sorted(pool.candidates, key=lambda one: (one.latitude, one.longitude, one.origin, one.id or ""))
    places = repr([(one.latitude, one.longitude) for one in ordered])
    number = int.from_bytes(hashlib.sha256(places.encode()).digest()[:8]) % len(ordered)
    drawn = ordered[number]
    others = (*ordered[:number], *ordered[number + 1 :])
    return Verdict(
        latitude=drawn.latitude,
        longitude=drawn.longitude,
        scored=(Scored(drawn, 1.0), *(Scored(one, 0.0) for one in others)),
        reasons=(f"drawn at random from {len(pool.candidates)} candidates",),
        strategy="random",
    )
