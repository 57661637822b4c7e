"""What a second look adds: a model compared the photo with pictures of the leading places.

The truth lies at one of the judged places or elsewhere. Each judgement multiplies the odds of its place, and the others
give way, so that the probabilities stay those of one truth. It chooses among proposed places; it adds none.

A reply that calls two places the same contradicts itself, since the places lie apart; nothing of it is weighed. A judge
at chance does so more often than not, one that is right in four of five seldom.

How skilled a model is at this is not known: no replies of real models to such sheets are recorded. So the odds are
those of a judge whose skill is uncertain, by the marginal likelihood of all it said: most weight lies on chance, and a
pattern that skilled judges give more often than chance (one place the same, three not) counts more than another.

Strong models choose well among candidates they see (27.7 instead of 18.7 % within 1 km in pinpoint-rl's records),
models of 4 to 27 B choose worse than the rank order: theirs weigh nothing.
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

# How probable it is that a strong model is right about a place so often. Not fitted on replies of models; chosen on
# one half of im2gps3k-dev with scripted judges, so that one at chance does no harm, by
# ``python -m bench.street.second_look`` (docs/verification.md).
SKILLS: Mapping[float, float] = {0.5: 0.9, 0.8: 0.05, 0.95: 0.05}
_CITY = 1


def may_judge(model: str) -> bool:
    """Return whether the judgement of a model weighs anything: the others are not asked."""
    return model_class(model_name(model)) == "strong"


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
    places, weights = measure_odds(judgements)
    if not len(places):
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


def measure_odds(judgements: Sequence[Judgement]) -> tuple[Floats, Floats]:
    """Return the judged places (n, 2) and the log odds (n,) that each gains against a truth elsewhere.

    Several replies about one place count as one: their mean.
    """
    said: dict[tuple[float, float], list[bool]] = {}
    for one in judgements:
        if may_judge(one.model):
            said.setdefault((one.latitude, one.longitude), []).append(one.likeness is Likeness.SAME_PLACE)
    if not said:
        return np.zeros((0, 2)), np.zeros(0)
    right, prior = np.array(list(SKILLS))[:, None], np.log(np.array(list(SKILLS.values())))
    same = np.array([float(np.mean(replies)) for replies in said.values()])
    there = same * np.log(right) + (1 - same) * np.log(1 - right)  # log likelihood (s, n) if the truth is at a place
    elsewhere = same * np.log(1 - right) + (1 - same) * np.log(right)
    none = prior + elsewhere.sum(1)
    found = np.logaddexp.reduce(none[:, None] + there - elsewhere, axis=0) - np.logaddexp.reduce(none)
    return np.array(list(said), dtype=float), np.asarray(found)


def list_likely(judgements: Sequence[Judgement]) -> Floats:
    """Return the places (n, 2) that models whose word weighs call the same as the photo's."""
    kept = [one for one in judgements if one.likeness is Likeness.SAME_PLACE and may_judge(one.model)]
    return np.array([(one.latitude, one.longitude) for one in kept], dtype=float).reshape(-1, 2)


def keep_leading(likely: NDArray[np.bool_], utility: Floats) -> NDArray[np.bool_]:
    """Keep points (m,) that were called the same where one has the highest utility (m,), judgements counted.

    Elsewhere a judgement that may be chance does not make a point the answer against what models said.
    """
    leads = likely.any() and utility[likely].max() >= utility.max()
    return likely if leads else np.zeros_like(likely)


def _keep_share(chances: Floats, inside: NDArray[np.bool_], held: Floats) -> tuple[Floats, Floats]:
    """Take all of a point's chance as the place's that it lies in: below city scale a place holds many points."""
    alone = inside / np.maximum(inside.sum(1, keepdims=True), 1)
    return alone * chances[:, None], np.where(inside.any(1), 0.0, chances)
