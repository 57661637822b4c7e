"""Find what text in the photo, the map, matched scenes and a second look did to the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from sextant.agent.verification.decision import RADII_KM, Effect, EffectKind, EffectSource
from sextant.agent.verification.pool import Candidate, Pool, positions_of
from sextant.agent.verification.scoring.judgements import keep_consistent
from sextant.agent.verification.scoring.pool_features import PoolFeatures
from sextant.agent.verification.scoring.scenes import CERTAIN
from sextant.agent.verification.scoring.signs import TOGETHER
from sextant.agent.verification.scoring.text_trust import rests_on_text
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_great_circle_km

_STREET_KM = RADII_KM[0]
_SAME_KM = 0.05  # nearer points are one answer


@dataclass(frozen=True)
class Trail:
    """Where the answer lay, (2,) degrees each: by models and retrieval alone, with pictures compared, with text."""

    first: Floats
    compared: Floats
    final: Floats


def find_effects(features: PoolFeatures, pool: Pool, trail: Trail) -> tuple[Effect, ...]:
    """Find the effects on an answer, the most important first."""
    found = [*_find_moves(features, trail)]
    if features.doubts.any():
        found.append(Effect(EffectSource.TEXT, EffectKind.CONTRADICTED))
    if len(keep_consistent(pool.judgements)) < len(pool.judgements):
        found.append(Effect(EffectSource.LOOK, EffectKind.CONTRADICTED))
    found += _find_text(features, pool, trail.final)
    found += [
        _compare_place(EffectSource.MAP, one, trail.final, one.agreeing)
        for one in features.signs.candidates
        if one.origin == "map" and (one.agreeing or 0) >= TOGETHER
    ]
    found += [
        _compare_place(EffectSource.SCENE, one, trail.final, one.inliers)
        for one in features.scenes
        if (one.confidence or 0.0) >= CERTAIN
    ]
    return tuple(dict.fromkeys(found))


def _find_moves(features: PoolFeatures, trail: Trail) -> list[Effect]:
    found = []
    if _measure_km(trail.first, trail.compared) > _SAME_KM:
        source = EffectSource.SCENE if _is_near(features.scenes, trail.compared) else EffectSource.LOOK
        found.append(_make_move(source, trail.first))
    if _measure_km(trail.compared, trail.final) > _SAME_KM:
        placed = [one for one in features.signs.candidates if one.origin == "map"]
        source = EffectSource.MAP if _is_near(placed, trail.final) else EffectSource.TEXT
        found.append(_make_move(source, trail.compared))
    return found


def _make_move(source: EffectSource, before: Floats) -> Effect:
    latitude, longitude = map(float, before)
    return Effect(source, EffectKind.MOVED, latitude, longitude)


def _find_text(features: PoolFeatures, pool: Pool, best: Floats) -> list[Effect]:
    found = []
    signs = zip(features.signs.candidates, features.signs.backed.tolist(), strict=True)
    named = [(one, backed) for one, backed in signs if one.origin == "named"]
    weighed = {one.id for one, _ in named}
    if rests_on_text(features, pool, best):
        found.append(Effect(EffectSource.TEXT, EffectKind.ALONE))
    elif any(backed for _, backed in named):
        found.append(Effect(EffectSource.TEXT, EffectKind.AGREES))
    if any(one.id not in weighed for one in pool.signs if one.origin == "named"):
        found.append(Effect(EffectSource.TEXT, EffectKind.IGNORED))
    return found


def _compare_place(source: EffectSource, one: Candidate, best: Floats, count: int | None) -> Effect:
    """Say whether a place found for the photo is the answer's."""
    alike = one.alike if (one.alike or 1) > 1 else None
    if _is_near([one], best):
        return Effect(source, EffectKind.AGREES, count=count, alike=alike)
    return Effect(source, EffectKind.ELSEWHERE, one.latitude, one.longitude, count, alike)


def _is_near(candidates: Sequence[Candidate], best: Floats) -> bool:
    return any(_measure_km(positions_of([one])[0], best) <= _STREET_KM for one in candidates)


def _measure_km(one: Floats, other: Floats) -> float:
    return float(compute_great_circle_km(one, other))
