"""Make the pools for a fit: each recorded photo after 0 to 60 calls, and parts of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sextant.agent.verification.evidence import Evidence, gather_evidence
from sextant.agent.verification.hit_rates import HitRates
from sextant.agent.verification.pool import Pool
from sextant.agent.verification.reliability import Reliability
from sextant.agent.verification.scoring.pool_features import PoolFeatures, featurise
from sextant.base.arrays import Floats
from sextant.eval.fitting.recorded import Record, RecordedAnswer
from sextant.geo.sphere import compute_great_circle_km

STAGES = (1, 2, 4, 8, 16, 60)  # calls after which a photo's pool is looked at
MOST_EXAMPLES = 8000
_DRAWN = 2  # further pools of a photo, of random answers, and as many of one model's answers alone
_UNKNOWN = 1 / 3  # of the drawn pools are seen as if no model had been recorded
_LESS_RETRIEVED = (1, 5, 10)  # photos left of a list, as some presets ask for
_ALONE, _WITHOUT = (
    0.5,
    0.25,
)  # of photos with a list are looked at without an answer, and of those with answers without it


@dataclass(frozen=True)
class Example:
    """One pool with the true place: `group` is its photographer, `stage` the number of calls, -1 for a drawn pool."""

    group: str
    image: str
    stage: int
    calls: int
    truth: tuple[float, float]
    features: PoolFeatures
    evidence: Evidence

    @property
    def answers(self) -> int:
        """Number of answers in the pool, alternatives apart."""
        return sum(one.origin == "answer" for one in self.features.opinions.candidates)

    @property
    def away_km(self) -> Floats:
        """Distances (m,) of the points from the true place."""
        return np.asarray(compute_great_circle_km(self.features.points.positions, self.truth))


def examples_of(
    records: Sequence[Record],
    reliability: Reliability,
    hit_rates: HitRates,
    order: tuple[str, ...],
    seed: int = 0,
    most: int = MOST_EXAMPLES,
) -> list[Example]:
    """Make `most` examples of the records in random order, or a few more; a pool without a candidate makes none."""
    chance = np.random.default_rng(seed)
    unknown = hit_rates.as_unknown()
    found: list[Example] = []
    for row in chance.permutation(len(records)).tolist():
        record = records[row]
        if len(found) >= most:
            break
        for stage, pool, known in _pools(record, order, chance):
            if pool.candidates:
                features = featurise(pool, reliability)
                evidence = gather_evidence(features, hit_rates if known else unknown)
                truth = (record.latitude, record.longitude)
                calls = len(record.answers)
                found.append(Example(record.group, record.image, stage, calls, truth, features, evidence))
    return found


def _pools(record: Record, order: tuple[str, ...], chance: np.random.Generator) -> Iterator[tuple[int, Pool, bool]]:
    """Yield stages of a run, then drawn pools; with whether the models are known."""
    count = len(record.answers)
    for stage in sorted({min(stage, count) for stage in STAGES if count}):
        yield stage, record.pool(stage, order), True
    if record.nearest:
        if not count or chance.random() < _ALONE:
            yield 0, replace(record, answers=()).pool(), True
        short = int(chance.choice(_LESS_RETRIEVED))
        shorter = replace(record, nearest=record.nearest[:short], similarities=record.similarities[:short])
        if chance.random() < _ALONE:
            yield -1, shorter.pool(), True
        if count and chance.random() < _WITHOUT:
            yield -1, replace(record, nearest=(), farthest=(), similarities=()).pool(), True
    for _ in range(_DRAWN if count > 1 else 0):
        yield -1, _draw(record, record.answers, chance).pool(), bool(chance.random() >= _UNKNOWN)
    several = _list_models_with_several(record)
    for _ in range(_DRAWN if several else 0):
        model = several[int(chance.integers(len(several)))]
        own = [answer for answer in record.answers if answer.model == model]
        yield -1, _draw(record, own, chance).pool(), bool(chance.random() >= _UNKNOWN)


def _draw(record: Record, answers: Sequence[RecordedAnswer], chance: np.random.Generator) -> Record:
    """Keep some of the answers, few more often than many."""
    count = len(answers)
    wanted = min(count, round(float(np.exp(chance.uniform(0, np.log(count + 1))))))
    return replace(record, answers=tuple(answers[row] for row in chance.permutation(count)[:wanted].tolist()))


def _list_models_with_several(record: Record) -> list[str]:
    """List the models that answered more than once, as one model asked under several prompts does."""
    return sorted(model for model, times in Counter(one.model for one in record.answers).items() if times > 1)
