"""The default strategy: a posterior over the pool, calibrated probabilities, conformal regions, and a named rival."""

from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from sextant.agent.effect_words import describe_effect
from sextant.agent.verification.area import Area
from sextant.agent.verification.calibration import Calibration, region_bucket
from sextant.agent.verification.choice import choose
from sextant.agent.verification.conditioning import condition_probabilities
from sextant.agent.verification.decision import (
    RADII_KM,
    RADIUS_NAMES,
    Basis,
    Probabilities,
    Rival,
    RivalPoint,
    Scored,
    Verdict,
)
from sextant.agent.verification.evidence import calibrated_posterior, gather_evidence
from sextant.agent.verification.hit_rates import wording_words
from sextant.agent.verification.model_file import SHARES, Model, shipped_model
from sextant.agent.verification.points import CENTRE, NAMED
from sextant.agent.verification.pool import Candidate, Pool, positions_of
from sextant.agent.verification.posterior import ring_mixture
from sextant.agent.verification.scoring.aligned import unused_words
from sextant.agent.verification.scoring.effects import Trail, find_effects
from sextant.agent.verification.scoring.judgements import (
    keep_consistent,
    keep_leading,
    list_likely,
    weigh_judgements,
)
from sextant.agent.verification.scoring.pool_features import PoolFeatures, featurise
from sextant.agent.verification.scoring.retrieval_trust import distrust_words
from sextant.agent.verification.scoring.scenes import weigh_scenes
from sextant.agent.verification.scoring.signs import raise_by_signs
from sextant.agent.verification.scoring.text_trust import hold_to_trust
from sextant.agent.verification.spread import spread_of
from sextant.agent.verification.stopping_rule import CALL_COST, stopping
from sextant.agent.verification.utility import expected_utility
from sextant.base.arrays import Floats
from sextant.base.documents.answer import EffectDocument
from sextant.base.settings import Optimise
from sextant.geo.polygons import is_inside
from sextant.geo.sphere import compute_all_pairs_km, compute_great_circle_km

_SIGNS_ALONE = "text in the photo names a place, and nothing else was proposed"
_RIVAL_KM = 25.0  # a rival lies outside the leading region, and never nearer than this


def calibrated(
    pool: Pool,
    optimise: Optimise = "balanced",
    target_radius_km: float = 25.0,
    model: Model | None = None,
    call_cost: float = CALL_COST,
    within: BaseGeometry | None = None,
) -> Verdict:
    """Answer with the point of highest expected utility; probabilities and regions hold as often as they say."""
    if not pool.without_looked_up().candidates:
        return Verdict(reasons=(_SIGNS_ALONE if pool.signs else "no candidate",), strategy="calibrated")
    model = model or shipped_model()
    features = featurise(pool, model.reliability)
    positions, answers = features.points.positions, features.opinions.candidates
    evidence = gather_evidence(features, model.hit_rates)
    judgements, pooling = keep_consistent(pool.judgements), model.pooling

    def calibrate(calibration: Calibration) -> Floats:
        return calibrated_posterior(evidence, features.kind, pooling, calibration)

    def compare(found: Floats) -> Floats:
        return weigh_scenes(weigh_judgements(found, positions, judgements), positions, features.scenes)

    unseen = calibrate(model.preference)
    probabilities, preference = compare(calibrate(model.calibration)), compare(unseen)
    likely = features.lie_near(list_likely(judgements))
    seen_again = features.matched | keep_leading(likely, expected_utility(preference, optimise))
    worth = choose(features, preference, optimise, model.scorer, seen_again)
    compared = first = int(np.argmax(worth))
    if judgements or features.scenes:
        first = int(np.argmax(choose(features, unseen, optimise, model.scorer, np.zeros_like(seen_again))))
    regions = _regions(features, probabilities, worth, model, within)
    if features.signs.candidates:
        probabilities = raise_by_signs(probabilities, positions, features.signs)
        proven = seen_again | features.mapped
        preference = raise_by_signs(preference, positions, features.signs)
        raised = choose(features, preference, optimise, model.scorer, proven)
        worth = np.where(_within_reach(features, compared, regions[-1]), raised, worth)
    if pool.signs:
        probabilities = hold_to_trust(probabilities, features, pool, seen_again)
        regions = _regions(features, probabilities, worth, model, within)
    best = int(np.argmax(worth))
    if within is not None:
        chances = condition_probabilities(positions[best], probabilities[best], partial(is_inside, within))
        probabilities = np.where(np.arange(len(positions))[:, None] == best, chances, probabilities)
    weighed = (*features.pool.candidates, *features.signs.candidates, *features.scenes)
    alone = tuple(Scored(one, 0.0) for one in (*pool.signs, *pool.scenes) if one not in weighed)
    scored = _scored(weighed, positions, probabilities, worth)
    latitude, longitude = map(float, positions[best])
    effects = find_effects(features, pool, Trail(positions[first], positions[compared], positions[best]))
    here = {"latitude": latitude, "longitude": longitude}
    effect_notes = [describe_effect(cast(EffectDocument, one.to_json()), here) for one in effects]
    near = (evidence.away_km[best] <= target_radius_km) & ~features.contradicted
    stop = stopping(
        probabilities[best], unanimous(answers, near), bool(answers), target_radius_km, model.gain, call_cost
    )
    how_sure, *why_stop = stop.reasons
    used = () if model.scorer is None else unused_words(pool.candidates, model.scorer.names)
    return Verdict(
        latitude=latitude,
        longitude=longitude,
        probability=named(probabilities[best]),
        region_50=regions[0],
        region_90=regions[1],
        scored=(*scored, *alone),
        rival=_rival(features, probabilities, worth, best, regions[0], scored),
        agreement=stop.agreement,
        unanimous=stop.unanimous,
        expected_gain=stop.expected_gain,
        reasons=(
            how_sure,
            *wording_words(model.hit_rates, answers),
            *why_stop,
            *distrust_words(pool),
            *effect_notes,
            *used,
        ),
        effects=effects,
        calibrated=True,
        basis=basis_of(features, model),
        strategy="calibrated",
    )


def _regions(
    features: PoolFeatures, probabilities: Floats, worth: Floats, model: Model, within: BaseGeometry | None
) -> list[Area]:
    """Return the regions of `SHARES` round the point of most worth, of the posterior where nothing rules it out."""
    mixture = ring_mixture(probabilities, features.apart_km, int(np.argmax(worth)))
    allows = None if within is None else partial(is_inside, within)
    spread = spread_of(features.points.positions, mixture, features.apart_km, allows)
    bucket = region_bucket(sum(one.origin == "answer" for one in features.opinions.candidates))
    levels = {name: model.quantiles[name][features.kind][bucket] for name in SHARES}
    return [Area(float(name) / 100, tuple(spread.caps(level)), within) for name, level in levels.items()]


def _within_reach(features: PoolFeatures, best: int, region: Area) -> NDArray[np.bool_]:
    """Return which points a sign may move the answer to: within 25 km of it and inside its region."""
    inside = np.array([region.contains(*place) for place in features.points.positions.tolist()], dtype=bool)
    inside[best] = True
    return np.asarray(inside & (features.apart_km[best] <= _RIVAL_KM), dtype=bool)


def unanimous(answers: tuple[Candidate, ...], near: NDArray[np.bool_]) -> int:
    """Return how many answers agree, where all do; 0 where one lies elsewhere. Alternatives do not count."""
    first = [bool(close) for one, close in zip(answers, near.tolist(), strict=True) if one.origin == "answer"]
    return len(first) if all(first) else 0


def basis_of(features: PoolFeatures, model: Model) -> Basis:
    """Return what the probabilities rest on: the user's labelled photos, what was measured here, or other photos."""
    if model.own is not None and model.own.covers(features.pool):
        return "own"
    measured = features.pool.profile.known or not len(features.retrieved)
    known = all(model.hit_rates.knows(one.model) for one in features.opinions.candidates)
    return "profile" if measured and known and len(features.retrieved) else "borrowed"


def named(probabilities: Floats) -> Probabilities:
    """Return probabilities under the radii's names, to four digits."""
    return {name: round(float(value), 4) for name, value in zip(RADIUS_NAMES, probabilities, strict=True)}


def _scored(
    candidates: tuple[Candidate, ...], positions: Floats, probabilities: Floats, worth: Floats
) -> tuple[Scored, ...]:
    """Every candidate with the score of its point, best first; ties keep the candidates' order."""
    point = compute_all_pairs_km(positions_of(candidates), positions).argmin(1)
    order = np.argsort(-worth[point], kind="stable")
    scores, chances = (
        worth.round(4).tolist(),
        [dict(zip(RADIUS_NAMES, row, strict=True)) for row in probabilities.round(4).tolist()],
    )
    return tuple(
        Scored(candidates[row], scores[at], chances[at])
        for row, at in zip(order.tolist(), point[order].tolist(), strict=True)
    )


def _rival(
    features: PoolFeatures, probabilities: Floats, worth: Floats, best: int, region: Area, scored: tuple[Scored, ...]
) -> Rival | None:
    """Return the best point outside the leading part of the region, with the strongest candidate behind it."""
    positions = features.points.positions
    latitude, longitude, radius_km = region.caps[0]
    outside = compute_great_circle_km(positions, positions[best]) > _RIVAL_KM
    outside &= compute_great_circle_km(positions, (latitude, longitude)) > radius_km
    if not outside.any():
        return None
    row = int(np.argmax(np.where(outside, worth, -1.0)))
    kind = features.points.kind[row]
    if kind == NAMED:
        behind = features.opinions.candidates[features.points.source[row]]
    else:
        behind = _behind(positions[row], scored)
    return Rival(
        float(positions[row][0]),
        float(positions[row][1]),
        round(float(worth[row]), 4),
        named(probabilities[row]),
        behind,
        {CENTRE: RivalPoint.MIDDLE, NAMED: RivalPoint.NAMED}.get(int(kind)),
    )


def _behind(place: Floats, scored: tuple[Scored, ...]) -> Candidate:
    """Return the best candidate within the largest radius that holds any; the nearest one does by the end."""
    candidates = [entry.candidate for entry in scored]
    away = compute_great_circle_km(np.array([(one.latitude, one.longitude) for one in candidates]), place)
    for radius in RADII_KM[1:3]:
        if (away <= radius).any():
            return candidates[int(np.argmax(away <= radius))]
    return candidates[int(np.argmin(away))]
