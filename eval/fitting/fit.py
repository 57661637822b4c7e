"""Fit a verification model on recorded candidates: hit rates, posterior, scorer, calibration."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.calibration import IDENTITY
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.model_file import Model
from sextant.agent.verification.pool import Pool
from sextant.agent.verification.reliability import Reliability, model_name, neutral_of
from sextant.agent.verification.scoring.pool_features import featurise
from sextant.agent.verification.scoring.scorer import Scorer
from sextant.agent.verification.stopping_rule import Gain
from sextant.base.errors import WrongUse
from sextant.eval.fitting.augment import thinned
from sextant.eval.fitting.calibration_fit import choose_points, recalibrate
from sextant.eval.fitting.hit_rates_fit import fit_hit_rates
from sextant.eval.fitting.parts import give_profiles
from sextant.eval.fitting.pooling_fit import fit_pooling
from sextant.eval.fitting.pools import examples_of
from sextant.eval.fitting.recorded import Record
from sextant.eval.fitting.training import TrainingPool, train_scorer
from sextant.geo.sphere import compute_great_circle_km

Progress = Callable[[str], None]

MEMBERS = 8  # networks of a scorer
THINNED_WEIGHT = 0.3  # of a thinned pool beside the whole one
UNSEEN_MODELS = 1 / 3  # of the thinned pools are seen as if the models were unknown, as tomorrow's will be
_PRIOR_ANSWERS = 20.0  # a model's reliability starts from the mean of all as if it had answered so often
# Before any model is known: a middling model of the development data.
_FIRST_NEUTRAL = (0.05, 0.2, 0.42, 0.68, 0.85)
_LEAST_LISTS = 200  # photos with a list of a gallery of much worth that a scorer is trained on


def reliability_of(records: Sequence[Record], called: tuple[str, ...] = ()) -> Reliability:
    """Return how often each model answers, and how often within each radius, drawn towards a middling model.

    A model nobody has recorded is taken for a middling one of those `called` (all when empty).
    """
    hits: dict[str, list[NDArray[np.bool_]]] = {}
    calls: Counter[str] = Counter()
    for record in records:
        for answer in record.answers:
            name, said = model_name(answer.model), answer.outcome
            calls[name] += 1
            if said.latitude is not None and said.longitude is not None:
                away = compute_great_circle_km((said.latitude, said.longitude), (record.latitude, record.longitude))
                hits.setdefault(name, []).append(away <= np.array(RADII_KM))
    known = {name: _drawn_in(rows) for name, rows in sorted(hits.items())}
    answered = {name: round(len(rows) / calls[name], 4) for name, rows in sorted(hits.items())}
    middling = [row for name, row in known.items() if name in called] or list(known.values())
    neutral = neutral_of(middling) if middling else _FIRST_NEUTRAL
    return Reliability(known, neutral, answered)


def _drawn_in(rows: Sequence[NDArray[np.bool_]]) -> tuple[float, ...]:
    within = (np.sum(rows, 0) + _PRIOR_ANSWERS * np.array(_FIRST_NEUTRAL)) / (len(rows) + _PRIOR_ANSWERS)
    return tuple(round(float(value), 4) for value in within)


def call_order(reliability: Reliability) -> tuple[str, ...]:
    """Return the order in which calls are simulated: models by the worth of one call (a refusal: 0), best first."""
    worth = {name: reliability.answered.get(name, 1.0) * sum(row) for name, row in reliability.by_model.items()}
    return tuple(sorted(worth, key=lambda name: (-worth[name], name)))


def fit_scorer(
    records: Sequence[Record],
    models: tuple[str, ...],
    reliability: Reliability,
    members: int,
    without: tuple[str, ...] = (),
    seed: int = 0,
) -> Scorer | None:
    """Return a scorer from the whole pool (of the models called) and one thinned pool of each record.

    It chooses beside lists of galleries of much worth alone, and learns from these. None with no network, or where too
    few such lists are given.
    """
    lists = [record for record in records if record.nearest and record.profile and record.profile.rich]
    if not members or len(lists) < _LEAST_LISTS:
        return None
    chance = np.random.default_rng(seed)
    examples: list[TrainingPool] = []
    names: list[str] = []
    for record in lists:
        for view, known, weight in _views(record, models, reliability, chance):
            if view.candidates:
                seen = featurise(view, known)
                table, names, _ = seen.scored
                away = compute_great_circle_km(seen.points.positions, (record.latitude, record.longitude))
                examples.append(TrainingPool(table, away, weight))
    return train_scorer(examples, names, members, seed, without)


def _views(
    record: Record, models: tuple[str, ...], reliability: Reliability, chance: np.random.Generator
) -> Iterator[tuple[Pool, Reliability, float]]:
    """Yield the whole pool, and a thinned one, in which now and then no model is known; with their weights."""
    called = record.only(models)
    yield called.pool(), reliability, 1.0
    if chance.random() < UNSEEN_MODELS:
        yield thinned(called, chance), reliability.of_strangers(), THINNED_WEIGHT
    else:
        yield thinned(record, chance), reliability, THINNED_WEIGHT


def fit_model(
    records: Sequence[Record],
    provenance: dict[str, Any],
    models: tuple[str, ...] = (),
    members: int = MEMBERS,
    without: tuple[str, ...] = (),
    scorer: Scorer | None = None,
) -> Model:
    """Fit every part of a model on the records.

    Args:
        records: with profiles, see `with_profiles`.
        models: the models that are called; all when empty. What answers are worth is learned from all.
        members: networks of the scorer.
        without: parts (`parts.PARTS`) and groups of the scorer's features to leave out.
        scorer: a trained one to keep instead of training.

    Raises:
        WrongUse: no record holds a candidate.
    """
    records = give_profiles(records, without)
    reliability = reliability_of(records, models)
    hit_rates = fit_hit_rates(records, by_class="classes" not in without)
    examples = examples_of(records, reliability, hit_rates, call_order(reliability))
    if not examples:
        raise WrongUse("no record has a candidate to fit on")
    trained = scorer or fit_scorer(records, models, reliability, members, without)
    pooling = fit_pooling(examples, self_agreement="self_agreement" not in without)
    bare = Model(reliability, hit_rates, pooling, IDENTITY, IDENTITY, {}, Gain(0.0), None, provenance)
    return replace(recalibrate(bare, choose_points(examples, bare)), scorer=trained)
