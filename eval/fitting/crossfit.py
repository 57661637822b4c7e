"""Cross-fitting: every photo is judged by a model that has seen none of its photographer's photos.

What answers and lists are worth, the scorer and the levels of regions are fitted on the other folds. The calibration is
fitted to held-out judgements of all photos but those of one part of the fold: a photographer's photos are alike, so
that every photographer who is left out shifts it.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.model_file import Model
from sextant.eval.fitting.calibration_fit import ChosenPoint, choose_points, fit_calibration, recalibrate
from sextant.eval.fitting.fit import MEMBERS, Progress, call_order, fit_model
from sextant.eval.fitting.folds import folds_by_group
from sextant.eval.fitting.parts import give_profiles
from sextant.eval.fitting.pools import MOST_EXAMPLES, examples_of
from sextant.eval.fitting.recorded import Record

FOLDS = 5
_PARTS = 8  # of a fold


@dataclass(frozen=True)
class CrossFit:
    """The models of all parts: `records[i]` is judged by `models[part_of[i]]`, which never saw its author.

    `choices` are what these models answer to examples of all folds, from which a model of all photos is calibrated.
    """

    records: list[Record]
    part_of: NDArray[np.intp]
    models: list[Model]
    choices: list[ChosenPoint]


@dataclass(frozen=True)
class Fold:
    """One part of the split and what is needed to fit on the others, in a process of its own."""

    number: int
    fit: list[Record]
    models: tuple[str, ...]
    members: int
    without: tuple[str, ...]


def cross_fit(
    records: Sequence[Record],
    models: tuple[str, ...] = (),
    folds: int = FOLDS,
    members: int = MEMBERS,
    progress: Progress = lambda line: None,
    jobs: int = 1,
    without: tuple[str, ...] = (),
) -> CrossFit:
    """Fit a model for each fold on the other folds.

    `models` names the ones that are called, all when empty; what answers are worth is learned from all answers either
    way. `jobs` processes work on the folds; the result does not depend on their number. `without` names what to leave
    out, see `fit_model`.

    Raises:
        WrongUse: fewer photographers than folds.
    """
    records = give_profiles(records, without)
    fold_of = folds_by_group([record.group for record in records], folds)
    parts = [
        Fold(
            number,
            [record for record, mine in zip(records, fold_of, strict=True) if mine != number],
            models,
            members,
            without,
        )
        for number in range(folds)
    ]
    fitted: list[Model] = []
    for model in _each(parts, jobs):
        fitted.append(model)
        progress(f"fold {len(fitted)} of {folds}")
    part_of, calibrated, choices = np.zeros(len(records), dtype=np.intp), list[Model](), list[list[ChosenPoint]]()
    for number, model in enumerate(fitted):
        own = [record for record, mine in zip(records, fold_of, strict=True) if mine == number]
        choices.append(choose_held_out(own, model, folds))
    for number, model in enumerate(fitted):
        others = [one for fold, own in enumerate(choices) if fold != number for one in own]
        parts_of_fold = _calibrate_parts(recalibrate(model, others), choices[number], others)
        for row in np.flatnonzero(fold_of == number).tolist():
            part_of[row] = len(calibrated) + parts_of_fold.number_of(records[row].group)
        calibrated += parts_of_fold.models
    together = [one for own in choices for one in own]
    return CrossFit([record.only(models) for record in records], part_of, calibrated, together)


@dataclass(frozen=True)
class _Parts:
    """The parts of a fold: models by part, and the part of each photographer; the first of one without an example."""

    models: list[Model]
    numbers: dict[str, int]

    def number_of(self, group: str) -> int:
        return self.numbers.get(group, 0)


def _calibrate_parts(model: Model, own: Sequence[ChosenPoint], others: Sequence[ChosenPoint]) -> _Parts:
    """Calibrate a fold's model for each part of the fold, on the other parts' photos and the other folds'."""
    groups = sorted({one.example.group for one in own})
    if not groups:
        return _Parts([model], {})
    found = folds_by_group(groups, min(_PARTS, len(groups)))
    numbers = dict(zip(groups, found.tolist(), strict=True))
    models = []
    for part in range(int(found.max()) + 1):
        rest = [one for one in own if numbers[one.example.group] != part]
        models.append(replace(model, calibration=fit_calibration([*others, *rest])))
    return _Parts(models, numbers)


def choose_held_out(records: Sequence[Record], model: Model, folds: int) -> list[ChosenPoint]:
    """Choose the points of examples of a fold's records, by the model that has not seen them."""
    order = call_order(model.reliability)
    examples = examples_of(records, model.reliability, model.hit_rates, order, most=MOST_EXAMPLES // folds)
    return choose_points(examples, model)


def _each(parts: list[Fold], jobs: int) -> Iterator[Model]:
    if jobs == 1:
        yield from map(fit_fold, parts)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(fit_fold, parts)


def fit_fold(part: Fold) -> Model:
    """Fit on all other folds."""
    return fit_model(part.fit, {"fold": part.number}, part.models, part.members, part.without)
