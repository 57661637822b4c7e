"""Say what was looked up for the photo's text, what geometry found, and where these disagree with the answer."""

from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.pool import Candidate, Finding, Pool, positions_of
from sextant.agent.verification.scoring.judgements import keep_consistent
from sextant.agent.verification.scoring.pool_features import PoolFeatures
from sextant.agent.verification.scoring.scenes import CERTAIN
from sextant.agent.verification.scoring.signs import TOGETHER
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_great_circle_km

_SIGN_AGREES = "text in the photo names a place that agrees with other evidence"
_CONTRADICTED = "text in the photo names a place that other evidence contradicts; answers there count less"
_TWO_SAME = "a second look called several places the same as the photo's; it was not weighed"
_SIGN_ALONE = "the answer lies where text in the photo names a place; only replies that read that text speak for it"
_SIGNS_ELSEWHERE = "text in the photo names a place that nothing else agrees with; it was not weighed"


def looked_up_words(features: PoolFeatures, pool: Pool, best: Floats) -> tuple[str, ...]:
    """Return sentences about signs, the map and matched scenes, for the answer at ``best`` (2,) degrees."""
    words = [_CONTRADICTED] if features.doubts.any() else []
    if len(keep_consistent(pool.judgements)) < len(pool.judgements):
        words.append(_TWO_SAME)
    signs = [one for one in features.signs.candidates if one.origin == "named"]
    weighed = {one.id for one in signs}
    if any(backed and one.origin == "named" for one, backed in zip(
        features.signs.candidates, features.signs.backed.tolist(), strict=True
    )):  # fmt: skip
        words.append(_SIGN_AGREES)
    elif any(one.id not in weighed for one in pool.signs if one.origin == "named"):
        words.append(_SIGNS_ELSEWHERE)
    if _rests_on_text(features, pool, best):
        words.append(_SIGN_ALONE)
    for one in features.signs.candidates:
        if one.origin == "map" and (one.agreeing or 0) >= TOGETHER:
            words.append(_describe_map(one, best))
    for one in features.scenes:
        if (one.confidence or 0.0) >= CERTAIN:
            words.append(_describe_scene(one, best))
    return tuple(dict.fromkeys(words))


def _rests_on_text(features: PoolFeatures, pool: Pool, best: Floats) -> bool:
    """Return whether the answer lies at a text's place, and nothing that did not read the text speaks for it."""
    near = [
        backed for one, backed in zip(features.signs.candidates, features.signs.backed.tolist(), strict=True)
        if one.origin == "named" and _measure_km(one, best) <= RADII_KM[1]
    ]  # fmt: skip
    agrees = any(
        Finding.AGREES in (one.retrieval, one.map, one.language, one.driving_side)
        for one in pool.checks
        if float(compute_great_circle_km((one.latitude, one.longitude), best)) <= RADII_KM[1]
    )
    return bool(near) and not any(near) and not agrees


def _describe_map(one: Candidate, best: Floats) -> str:
    where = "at the answer" if _measure_km(one, best) <= RADII_KM[0] else "at another place than the answer"
    several = f", one of {one.alike} such places in the region" if (one.alike or 1) > 1 else ""
    return f"the map has {one.agreeing} texts of the photo together {where}{several}"


def _describe_scene(one: Candidate, best: Floats) -> str:
    same = f"a reference shows the same scene ({one.inliers} matched features)"
    return same if _measure_km(one, best) <= RADII_KM[0] else f"{same}, but at another place than the answer"


def _measure_km(one: Candidate, best: Floats) -> float:
    return float(compute_great_circle_km(positions_of([one])[0], best))
