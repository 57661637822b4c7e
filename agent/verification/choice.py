"""Which point to answer with: expected utility of the posterior, and beside a gallery of much worth the scorer's."""

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.calibration import PoolKind
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.hit_rates import model_class
from sextant.agent.verification.points import SAID
from sextant.agent.verification.reliability import model_name
from sextant.agent.verification.scoring.pool_features import PoolFeatures
from sextant.agent.verification.scoring.scorer import Scorer
from sextant.agent.verification.utility import expected_utility, stacked_within
from sextant.base.arrays import Floats
from sextant.base.settings import Optimise
from sextant.gallery.profile import RICH_FIRST_HIT
from sextant.geo.sphere import compute_all_pairs_km

# P(25 km) of a gallery's first hit: from `RICH_FIRST_HIT` on the scorer has a say, from here on the whole. It was
# trained on the lists of one large gallery whose first hit is within 25 km in 35 of 100.
_WORTH_FULL = 0.25
_CITY = 1
_SAME_PLACE_KM = 0.2
_OVERRULING = 2  # models that agree within 25 km may overrule a strong one
_PROVEN_FIRST = 1e-6
_PASSED_OVER = 0.1  # of its utility is left to a point that may not be the answer: it stays in the ranking


def choose(
    features: PoolFeatures,
    probabilities: Floats,
    optimise: Optimise,
    scorer: Scorer | None,
    proven: NDArray[np.bool_],
) -> Floats:
    """Return the utility (m,) of each point as the answer, 0 to 1.

    Args:
        probabilities: (m, 5) calibrated P(within each radius).
        proven: (m,) points that may be the answer whatever models said: the scorer never saw matched scenes or maps, so
            it does not take away what they prove.
        scorer: learned from the lists of a large gallery and answers of middling models.
    """
    # Points within a kilometre of a proven place are as probable as it; the answer is the place itself.
    plain = expected_utility(probabilities, optimise) + _PROVEN_FIRST * proven
    share = scorer_share(features) if scorer else 0.0
    if scorer is None or share <= 0:
        return np.where(_may_answer(features) | proven, plain, _PASSED_OVER * plain)
    table, names, votes = features.scored
    scores = scorer(table, names)
    stacked = stacked_within(features.apart_km, scores, votes, features.kind, len(features.retrieved))
    mixed = (1 - share) * plain + share * expected_utility(stacked, optimise)
    # Nor did it see text that other evidence contradicts: answers that repeat it are worth what is left of them.
    doubted = features.lie_near(features.opinions.positions[features.doubts > 0])
    mixed = np.where(doubted, np.minimum(mixed, plain), mixed)
    return np.asarray(np.where(proven, np.maximum(mixed, plain), mixed))


def _may_answer(features: PoolFeatures) -> NDArray[np.bool_]:
    """Return which points may be the answer: where a strong model answered, its places and those that others agree on.

    A strong model may have been shown the retrieved photos and left them; neither a list nor one weaker model overrules
    it. Two others that agree do where they are more probable, and so does anything where it repeats text that other
    evidence contradicts.
    """
    answers = features.opinions.candidates
    names = [model_name(one.model) for one in answers]
    strong = np.array(
        [model_class(name) == "strong" and one.origin == "answer" for name, one in zip(names, answers, strict=True)],
        dtype=bool,
    )
    strong = strong & ~features.contradicted
    if not strong.any():
        return np.ones(len(features.points.positions), dtype=bool)
    away = compute_all_pairs_km(features.points.positions, features.opinions.positions)
    agreed = np.zeros(len(away), dtype=int)
    for name in sorted(set(names)):
        agreed += (away[:, [one == name for one in names]] <= RADII_KM[_CITY]).any(1)
    own = features.points.kind == SAID
    return np.asarray((away[:, strong] <= _SAME_PLACE_KM).any(1) | (own & (agreed >= _OVERRULING)), dtype=bool)


def scorer_share(features: PoolFeatures) -> float:
    """Say how far the scorer's own choice is followed, 0 to 1: not beside weak galleries, nor strong models.

    It was trained beside one model's answer, so that it counts less with each further model.
    """
    profile = features.pool.profile
    if features.kind == PoolKind.ANSWERED or not profile.rich:
        return 0.0
    if any(model_class(model_name(one.model)) == "strong" for one in features.opinions.candidates):
        return 0.0
    worth = (profile.first_within[_CITY] - RICH_FIRST_HIT) / (_WORTH_FULL - RICH_FIRST_HIT)
    return float(np.clip(worth, 0.0, 1.0)) * features.pool.retrieval_trust / max(1, features.opinions.models)
