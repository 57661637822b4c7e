"""Cross-fitting: every photo is judged by a model that has seen none of its photographer's photos."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.calibration import Company
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.pool import Pool
from sextant.agent.verification.pool_features import look_at
from sextant.agent.verification.reliability import Reliability, model_name, neutral_of
from sextant.agent.verification.scorer import RINGS, Scorer, Scores
from sextant.agent.verification.utility import stacked_within
from sextant.base.arrays import Floats
from sextant.base.errors import WrongUse
from sextant.eval.fitting.augment import thinned
from sextant.eval.fitting.recorded import Record
from sextant.eval.fitting.training import Example, train_scorer
from sextant.eval.fitting.wording_fit import fit_telling
from sextant.geo.sphere import great_circle_km

Progress = Callable[[str], None]

FOLDS = 5
MEMBERS = 4  # networks of a fold
THINNED_WEIGHT = 0.3  # of a thinned pool beside the whole one
STRANGERS = 1 / 3  # of the thinned pools are seen as if the models were unknown, as tomorrow's will be
_PRIOR_ANSWERS = 20.0  # a model's reliability starts from the mean of all as if it had answered so often
# Before any model is known: a middling model of the development data.
_FIRST_NEUTRAL = (0.05, 0.2, 0.42, 0.68, 0.85)


@dataclass(frozen=True)
class Judged:
    """One pool as a held-out scorer sees it; an empty pool has no points.

    `stage` is the number of calls made, -1 where the models were taken for unknown; `stacked` (m, 5) is P before
    calibration, `told` (5,) what the answers tell of their exactness.
    """

    truth: tuple[float, float]
    stage: int
    situation: int
    company: Company
    positions: Floats
    scores: Scores
    stacked: Floats
    told: Floats


def folds_by_group(groups: Sequence[str], folds: int) -> NDArray[np.intp]:
    """A fold for each row, no group in two: the largest groups first, each to the emptiest fold.

    Raises:
        WrongUse: fewer groups than folds.
    """
    names, sizes = np.unique(np.asarray(groups), return_counts=True)
    if len(names) < folds:
        raise WrongUse(f"{len(names)} photographers cannot be split into {folds} folds; pass fewer with --folds")
    load = np.zeros(folds)
    fold_of: dict[str, int] = {}
    for row in np.argsort(-sizes, kind="stable"):
        fold = int(np.argmin(load))
        fold_of[str(names[row])] = fold
        load[fold] += sizes[row]
    return np.array([fold_of[group] for group in groups], dtype=np.intp)


def reliability_of(records: Sequence[Record], called: tuple[str, ...] = ()) -> Reliability:
    """How often each model answers, and how often within each radius, drawn towards a middling model.

    A model nobody has recorded is taken for a middling one of those `called` (all when empty).
    """
    hits: dict[str, list[NDArray[np.bool_]]] = {}
    calls: Counter[str] = Counter()
    for record in records:
        for answer in record.answers:
            name, said = model_name(answer.model), answer.outcome
            calls[name] += 1
            if said.latitude is not None and said.longitude is not None:
                away = great_circle_km((said.latitude, said.longitude), (record.latitude, record.longitude))
                hits.setdefault(name, []).append(away <= np.array(RADII_KM))
    known = {name: _drawn_in(rows) for name, rows in sorted(hits.items())}
    answered = {name: round(len(rows) / calls[name], 4) for name, rows in sorted(hits.items())}
    middling = [row for name, row in known.items() if name in called] or list(known.values())
    neutral = neutral_of(middling) if middling else _FIRST_NEUTRAL
    plain = Reliability(known, neutral, answered)
    return replace(plain, telling=fit_telling(records, plain))


def _drawn_in(rows: Sequence[NDArray[np.bool_]]) -> tuple[float, ...]:
    within = (np.sum(rows, 0) + _PRIOR_ANSWERS * np.array(_FIRST_NEUTRAL)) / (len(rows) + _PRIOR_ANSWERS)
    return tuple(round(float(value), 4) for value in within)


def call_order(reliability: Reliability) -> tuple[str, ...]:
    """The order in which calls are simulated: models by what one call is worth, a refusal nothing, best first."""
    worth = {name: reliability.answered.get(name, 1.0) * sum(row) for name, row in reliability.by_model.items()}
    return tuple(sorted(worth, key=lambda name: (-worth[name], name)))


def fit_scorer(
    records: Sequence[Record],
    models: tuple[str, ...],
    reliability: Reliability,
    members: int,
    without: tuple[str, ...] = (),
    seed: int = 0,
) -> Scorer:
    """A scorer from the whole pool (of the models called) and one thinned pool of each record."""
    chance = np.random.default_rng(seed)
    examples: list[Example] = []
    names: list[str] = []
    for record in records:
        for view, known, weight in _views(record, models, reliability, chance):
            if view.candidates:
                seen = look_at(view, known)
                away = great_circle_km(seen.points.positions, (record.latitude, record.longitude))
                examples.append(Example(seen.table, away, weight))
                names = seen.names
    if not examples:
        raise WrongUse("no record holds a candidate; there is nothing to fit on")
    return train_scorer(examples, names, members, seed, without)


def _views(
    record: Record, models: tuple[str, ...], reliability: Reliability, chance: np.random.Generator
) -> Iterator[tuple[Pool, Reliability, float]]:
    """The whole pool, and a thinned one, in which now and then no model is known; with their weights."""
    called = record.only(models)
    yield called.pool(), reliability, 1.0
    if chance.random() < STRANGERS:
        yield thinned(called, chance), reliability.of_strangers(), THINNED_WEIGHT
    else:
        yield thinned(record, chance), reliability, THINNED_WEIGHT


def judge(record: Record, pool: Pool, stage: int, reliability: Reliability, scorer: Scorer) -> Judged:
    """One pool through a scorer; an empty pool is judged as empty."""
    truth = (record.latitude, record.longitude)
    if not pool.candidates:
        nothing = Scores(np.zeros((0, 5)), np.zeros(0), np.zeros((0, RINGS)))
        return Judged(truth, stage, 0, Company(0, 0, 0), np.zeros((0, 2)), nothing, np.zeros((0, 5)), np.zeros(5))
    seen = look_at(pool, reliability)
    scores, positions = scorer(seen.table, seen.names), seen.points.positions
    stacked = stacked_within(seen.apart_km, scores, seen.votes, seen.situation, seen.retrieved)
    return Judged(truth, stage, seen.situation, seen.company, positions, scores, stacked, seen.told)


@dataclass(frozen=True)
class CrossFit:
    """The scorers of all folds, and every record judged by the one that never saw its photographer.

    `judged[i]` are the stages of `records[i]`: after no call, one call, … all calls. `as_strangers[i]` are pools of it
    judged as if its models were unknown.
    """

    records: list[Record]
    fold_of: NDArray[np.intp]
    reliabilities: list[Reliability]
    scorers: list[Scorer]
    judged: list[list[Judged]]
    as_strangers: list[list[Judged]]


@dataclass(frozen=True)
class Fold:
    """One part of the split and what is needed to work on it, in a process of its own."""

    number: int
    fit: list[Record]
    held_out: list[Record]
    models: tuple[str, ...]
    members: int
    without: tuple[str, ...]


@dataclass(frozen=True)
class FittedFold:
    """What came of one fold; the lists follow its held-out records."""

    reliability: Reliability
    scorer: Scorer
    judged: list[list[Judged]]
    as_strangers: list[list[Judged]]


def cross_fit(
    records: Sequence[Record],
    models: tuple[str, ...] = (),
    folds: int = FOLDS,
    members: int = MEMBERS,
    progress: Progress = lambda line: None,
    jobs: int = 1,
    without: tuple[str, ...] = (),
) -> CrossFit:
    """Fit a scorer for each fold on the other folds, and judge the fold's records with it.

    A record's calls are made in the order of the fold's reliabilities, best model first; `models` names the ones
    that are called, all when empty. Thinned pools are drawn from all answers either way. `jobs` processes work on
    the folds; the result does not depend on their number. `without` names feature groups to leave out.
    """
    fold_of = folds_by_group([record.group for record in records], folds)
    called = [record.only(models) for record in records]
    fitted = CrossFit(called, fold_of, [], [], [[] for _ in records], [[] for _ in records])
    parts = [
        Fold(
            number,
            [record for record, mine in zip(records, fold_of, strict=True) if mine != number],
            [record for record, mine in zip(called, fold_of, strict=True) if mine == number],
            models,
            members,
            without,
        )
        for number in range(folds)
    ]
    for number, done in enumerate(_each(parts, jobs)):
        rows = np.flatnonzero(fold_of == number).tolist()
        for row, stages, strangers in zip(rows, done.judged, done.as_strangers, strict=True):
            fitted.judged[row] = stages
            fitted.as_strangers[row] = strangers
        fitted.reliabilities.append(done.reliability)
        fitted.scorers.append(done.scorer)
        progress(f"fold {number + 1} of {folds}")
    return fitted


def _each(parts: list[Fold], jobs: int) -> Iterator[FittedFold]:
    if jobs == 1:
        yield from map(fit_fold, parts)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(fit_fold, parts)


def fit_fold(part: Fold) -> FittedFold:
    """Fit on all other folds, judge this one."""
    reliability = reliability_of(part.fit, part.models)
    scorer = fit_scorer(part.fit, part.models, reliability, part.members, part.without)
    chance = np.random.default_rng(part.number)
    return FittedFold(
        reliability,
        scorer,
        [judge_stages(record, reliability, scorer) for record in part.held_out],
        [judge_strangers(record, reliability, scorer, chance) for record in part.held_out],
    )


def judge_stages(record: Record, reliability: Reliability, scorer: Scorer) -> list[Judged]:
    """The record after no call, one call, … all calls; the last is the whole pool."""
    order = call_order(reliability)
    stages = range(len(record.answers) + 1)
    return [judge(record, record.pool(stage, order), stage, reliability, scorer) for stage in stages]


def judge_strangers(
    record: Record, reliability: Reliability, scorer: Scorer, chance: np.random.Generator
) -> list[Judged]:
    """The record with one answer of a model taken for unknown, any one; with two; and with all, where it has more."""
    unknown = reliability.of_strangers()
    drawn = [record.answers[index] for index in chance.permutation(len(record.answers)).tolist()]
    counts = sorted({count for count in (1, 2, len(drawn)) if 0 < count <= len(drawn)})
    pools = [replace(record, answers=tuple(drawn[:count])) for count in counts]
    return [judge(one, one.pool(), -1, unknown, scorer) for one in pools]
