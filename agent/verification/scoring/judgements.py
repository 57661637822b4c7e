"""What a second look adds: a model compared the photo with pictures of the leading places.

The truth lies at one of the judged places or elsewhere. Each judgement multiplies the odds of its place, and the others
give way, so that the probabilities stay those of one truth. It chooses among proposed places; it adds none.

A reply that calls two places the same contradicts itself, since the places lie apart; nothing of it is weighed. A judge
at chance does so more often than not, one that is right in four of five seldom.

How far a judgement moves the odds follows the class of its model. Strong models choose well among candidates they see
(27.7 instead of 18.7 % within 1 km in pinpoint-rl's records), models of 4 to 27 B choose worse than the rank order:
theirs weigh nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sextant.agent.answers.judgements import Likeness
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.hit_rates import model_class
from sextant.agent.verification.pool import Judgement
from sextant.agent.verification.reliability import model_name
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_all_pairs_km

# Log odds by the class of the model. Not fitted on replies of models, of which none are recorded; chosen on one half of
# im2gps3k-dev with scripted ones, by ``python -m bench.street.second_look`` (docs/verification.md).
WEIGHTS: Mapping[str, Mapping[Likeness, float]] = {
    "strong": {Likeness.SAME_PLACE: 1.0, Likeness.SAME_KIND: -0.4, Likeness.NOT: -1.0},
}
_CITY = 1


def find_weight(judgement: Judgement) -> float:
    """Return the log odds that a judgement adds to its place."""
    by_class = WEIGHTS.get(model_class(model_name(judgement.model)), {})
    return by_class.get(judgement.likeness, 0.0)


def may_judge(model: str) -> bool:
    """Return whether the judgement of a model weighs anything: the others are not asked."""
    return model_class(model_name(model)) in WEIGHTS


def keep_consistent(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Keep the judgements of replies that call at most one place the same as the photo's."""
    same = Counter(one.call for one in judgements if one.likeness is Likeness.SAME_PLACE)
    return tuple(one for one in judgements if same[one.call] <= 1)


def weigh_judgements(probabilities: Floats, positions: Floats, judgements: Sequence[Judgement]) -> Floats:
    """Move P(within each radius) of points (m, 5) towards the places that look like the photo.

    Args:
        probabilities: (m, 5) calibrated.
        positions: (m, 2) degrees.
        judgements: of places more than 25 km apart; several of one place count with their mean.
    """
    places, weights = _join(judgements)
    if not len(places) or not np.any(weights):
        return probabilities
    away = compute_all_pairs_km(positions, places)
    near = away <= RADII_KM[_CITY]
    mass = np.array([probabilities[near[:, place], _CITY].max(initial=0.0) for place in range(len(places))])
    mass = mass / max(1.0, mass.sum())
    change = np.exp(weights)
    total = float((mass * change).sum() + 1.0 - mass.sum())
    found = np.empty_like(probabilities)
    for column, radius in enumerate(RADII_KM):
        # Within a kilometre of a point lies its own share of the place; within 200 km the whole place.
        inside = near if column <= _CITY else away <= radius
        held = inside * mass[None]
        scale = np.minimum(1.0, probabilities[:, column] / np.maximum(held.sum(1), 1e-12))
        held = held * scale[:, None]
        rest = probabilities[:, column] - held.sum(1)
        if column < _CITY:
            held, rest = _keep_share(probabilities[:, column], inside, held)
        found[:, column] = ((held * change[None]).sum(1) + rest) / total
    return np.maximum.accumulate(np.clip(found, 0.0, 1.0), axis=1)


def list_likely(judgements: Sequence[Judgement]) -> Floats:
    """Return the places (n, 2) that models whose word weighs call the same as the photo's."""
    kept = [one for one in judgements if one.likeness is Likeness.SAME_PLACE and find_weight(one) > 0]
    return np.array([(one.latitude, one.longitude) for one in kept], dtype=float).reshape(-1, 2)


def _keep_share(chances: Floats, inside: NDArray[np.bool_], held: Floats) -> tuple[Floats, Floats]:
    """Take all of a point's chance as the place's that it lies in: below city scale a place holds many points."""
    alone = inside / np.maximum(inside.sum(1, keepdims=True), 1)
    return alone * chances[:, None], np.where(inside.any(1), 0.0, chances)


def _join(judgements: Sequence[Judgement]) -> tuple[Floats, Floats]:
    """Return the places (n, 2) and the mean judgement of each, (n,): several replies count as one."""
    said: dict[tuple[float, float], list[float]] = {}
    for one in judgements:
        said.setdefault((one.latitude, one.longitude), []).append(find_weight(one))
    places = np.array(list(said), dtype=float).reshape(-1, 2)
    return places, np.array([float(np.mean(weights)) for weights in said.values()])
