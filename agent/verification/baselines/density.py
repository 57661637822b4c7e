"""The classic baseline: where the pool is densest, at several scales at once. Nothing is fitted."""

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.area import area_of
from sextant.agent.verification.decision import RADII_KM, RADIUS_NAMES, UTILITIES, Rival, Scored, Verdict
from sextant.agent.verification.pool import Candidate, Pool
from sextant.base.settings import Optimise
from sextant.geo.regions import find_smallest_region
from sextant.geo.sphere import compute_great_circle_km, find_weighted_centre

_ANSWER_WEIGHT = 4.0  # one model's answer counts as much as this many retrieved photos of middling rank
_ALTERNATIVE_WEIGHT = 1.0
_PEAK_WEIGHT = 1.0  # a peak of the heat map counts as much as the most similar photo
_AGREEMENT_SHARE = 0.6
_LEAST_RADIUS_KM = 25.0
_CAMP_KM = 100.0


def weights_of(candidates: tuple[Candidate, ...]) -> NDArray[np.float64]:
    """Return a weight for each candidate: retrieved ones fade with rank, a position from the file outweighs all."""
    weight_of = {"answer": _ANSWER_WEIGHT, "alternative": _ALTERNATIVE_WEIGHT, "heatmap": _PEAK_WEIGHT, "gps": 1000.0}
    return np.array(
        [weight_of.get(candidate.origin, (1.0 + (candidate.rank or 0)) ** -0.5) for candidate in candidates]
    )


def density(pool: Pool, optimise: Optimise = "balanced", target_radius_km: float = 25.0) -> Verdict:
    """Answer with the place that has most of the pool's weight within the five radii, each counted as stated.

    The probabilities are shares of the pool's weight, not calibrated, and marked so.
    """
    if not pool.candidates:
        return Verdict(reasons=("no candidate",), strategy="density")
    weights = weights_of(pool.candidates)
    shares = _shares(pool.positions, pool, weights)
    utility = np.array(UTILITIES[optimise])
    scores = shares @ utility / utility.sum()
    order = np.lexsort((np.arange(len(scores)), -scores))
    place, share = _place(pool, weights, shares[order[0]], int(order[0]), utility)
    scored = tuple(
        Scored(pool.candidates[index], float(scores[index]), _named(shares[index])) for index in order.tolist()
    )
    region_90, region_50 = (
        area_of(find_smallest_region(pool.positions, weights, share, _CAMP_KM, _LEAST_RADIUS_KM), share)
        for share in (0.9, 0.5)
    )
    near = compute_great_circle_km(place, pool.positions) <= target_radius_km
    opinions = {pool.candidates[index].voice for index in np.flatnonzero(near)}
    target_share = float(weights[near].sum() / weights.sum())
    agreement = target_share >= _AGREEMENT_SHARE and (len(opinions) > 1 or len(pool.candidates) > 1)
    return Verdict(
        latitude=place[0],
        longitude=place[1],
        probability=_named(share),
        region_50=region_50,
        region_90=region_90,
        scored=scored,
        rival=_rival(scored, place),
        agreement=agreement,
        reasons=(f"{target_share:.0%} of the pool's weight lies within {target_radius_km:g} km of the answer",),
        strategy="density",
    )


def _shares(places: NDArray[np.float64], pool: Pool, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the pool's weight within each radius of each place, shape (places, radii)."""
    distances = compute_great_circle_km(places[:, None, :], pool.positions[None, :, :])
    within = distances[:, :, None] <= np.array(RADII_KM)
    shares: NDArray[np.float64] = np.einsum("pcr,c->pr", within, weights) / weights.sum()
    return shares


def _place(
    pool: Pool, weights: NDArray[np.float64], share: NDArray[np.float64], leader: int, utility: NDArray[np.float64]
) -> tuple[tuple[float, float], NDArray[np.float64]]:
    """Return the leader, or the weighted centre of what lies within 25 km of it where that scores higher."""
    near = compute_great_circle_km(pool.positions[leader], pool.positions) <= 25.0
    centre = tuple(float(value) for value in find_weighted_centre(pool.positions[near], weights[near]))
    centre_share = _shares(np.array([centre]), pool, weights)[0]
    if float(centre_share @ utility) > float(share @ utility):
        return (centre[0], centre[1]), centre_share
    return (pool.candidates[leader].latitude, pool.candidates[leader].longitude), share


def _rival(scored: tuple[Scored, ...], place: tuple[float, float]) -> Rival | None:
    """Return the best candidate farther from the answer than a region is wide."""
    for entry in scored:
        candidate = entry.candidate
        if float(compute_great_circle_km(place, (candidate.latitude, candidate.longitude))) > 200.0:
            return Rival(candidate.latitude, candidate.longitude, entry.score, entry.probabilities, candidate)
    return None


def _named(shares: NDArray[np.float64]) -> dict[str, float | None]:
    return {name: float(share) for name, share in zip(RADIUS_NAMES, shares, strict=True)}
