"""The default strategy: a fitted scorer, calibrated probabilities, conformal regions, and a named rival."""

import numpy as np

from sextant.agent.verification.aligned import unused_words
from sextant.agent.verification.area import Area
from sextant.agent.verification.calibration import inputs_of, kind_of
from sextant.agent.verification.decision import (
    RADII_KM,
    RADIUS_NAMES,
    Optimise,
    Probabilities,
    Rival,
    Scored,
    Verdict,
)
from sextant.agent.verification.model_file import SHARES, Model, shipped_model
from sextant.agent.verification.pool import Candidate, Pool
from sextant.agent.verification.pool_features import Seen, look_at
from sextant.agent.verification.retrieval_trust import distrust_words, estimates, held_back
from sextant.agent.verification.reweight import tilted
from sextant.agent.verification.spread import spread_of
from sextant.agent.verification.stopping_rule import CALL_COST, stopping
from sextant.agent.verification.utility import expected_utility
from sextant.agent.verification.wording_shift import told_words
from sextant.base.arrays import Floats
from sextant.geo.sphere import all_pairs_km, great_circle_km

_CITY_KM = 25.0  # what the wording tells is spoken of at this radius
_RIVAL_KM = 25.0  # a rival lies outside the leading region, and never nearer than this


def calibrated(
    pool: Pool,
    optimise: Optimise = "balanced",
    target_radius_km: float = 25.0,
    model: Model | None = None,
    call_cost: float = CALL_COST,
) -> Verdict:
    """Answer with the point of highest expected utility; probabilities and regions hold as often as they say."""
    if not pool.candidates:
        return Verdict(reasons=("no candidate",), strategy="calibrated")
    model = model or shipped_model()
    seen = look_at(pool, model.reliability)
    stacked, mixture = estimates(pool, seen, model)
    inputs = inputs_of(stacked, seen.company, seen.told)
    kind = kind_of(seen.situation, seen.company)
    probabilities = model.calibration(inputs, kind)
    probabilities, mixture = held_back(probabilities, mixture, seen)
    worth = expected_utility(stacked, optimise)
    best = int(np.argmax(worth))
    mixture = tilted(mixture, seen.apart_km[best], seen.told, seen.situation)
    spread = spread_of(seen.points.positions, mixture, seen.apart_km)
    regions = [Area(float(name) / 100, tuple(spread.caps(model.quantiles[name][kind]))) for name in SHARES]
    scored = _scored(pool, seen.points.positions, probabilities, worth)
    stop = stopping(probabilities[best], seen.voices.models, target_radius_km, model.gain, call_cost)
    how_sure, *why_stop = stop.reasons
    latitude, longitude = map(float, seen.points.positions[best])
    return Verdict(
        latitude=latitude,
        longitude=longitude,
        probability=named(probabilities[best]),
        region_50=regions[0],
        region_90=regions[1],
        scored=scored,
        rival=_rival(seen.points.positions, probabilities, worth, best, regions[0], scored),
        agreement=stop.agreement,
        expected_gain=stop.expected_gain,
        reasons=(how_sure, *_told(seen, model, kind), *why_stop, *distrust_words(pool), *_unused(pool, model)),
        calibrated=True,
        strategy="calibrated",
    )


def _told(seen: Seen, model: Model, kind: int) -> tuple[str, ...]:
    shift = model.calibration.told_shift(seen.told, kind)
    return told_words(float(shift[RADII_KM.index(_CITY_KM)]))


def _unused(pool: Pool, model: Model) -> tuple[str, ...]:
    return unused_words(pool.candidates, model.scorer.names)


def named(probabilities: Floats) -> Probabilities:
    """Probabilities under the radii's names, to four digits."""
    return {name: round(float(value), 4) for name, value in zip(RADIUS_NAMES, probabilities, strict=True)}


def _scored(pool: Pool, positions: Floats, probabilities: Floats, worth: Floats) -> tuple[Scored, ...]:
    """Every candidate with the score of its point, best first; ties keep the pool's order."""
    point = all_pairs_km(pool.positions, positions).argmin(1)
    order = np.argsort(-worth[point], kind="stable")
    scores, chances = (
        worth.round(4).tolist(),
        [dict(zip(RADIUS_NAMES, row, strict=True)) for row in probabilities.round(4).tolist()],
    )
    return tuple(
        Scored(pool.candidates[row], scores[at], chances[at])
        for row, at in zip(order.tolist(), point[order].tolist(), strict=True)
    )


def _rival(
    positions: Floats, probabilities: Floats, worth: Floats, best: int, region: Area, scored: tuple[Scored, ...]
) -> Rival | None:
    """The best point outside the leading part of the region, backed by the strongest candidate near it."""
    latitude, longitude, radius_km = region.caps[0]
    outside = great_circle_km(positions, positions[best]) > _RIVAL_KM
    outside &= great_circle_km(positions, (latitude, longitude)) > radius_km
    if not outside.any():
        return None
    row = int(np.argmax(np.where(outside, worth, -1.0)))
    return Rival(
        float(positions[row][0]),
        float(positions[row][1]),
        round(float(worth[row]), 4),
        named(probabilities[row]),
        _behind(positions[row], scored),
    )


def _behind(place: Floats, scored: tuple[Scored, ...]) -> Candidate:
    """The best candidate within the largest radius that holds any; the nearest one does by the end."""
    candidates = [entry.candidate for entry in scored]
    away = great_circle_km(np.array([(one.latitude, one.longitude) for one in candidates]), place)
    for radius in RADII_KM[1:3]:
        if (away <= radius).any():
            return candidates[int(np.argmax(away <= radius))]
    return candidates[int(np.argmin(away))]
