"""Cross-fit: judge every photo by a model that has seen none of its photographer's photos."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.model_file import Model
from sextant.eval.fitting.fit import MEMBERS, Progress, fit_model
from sextant.eval.fitting.folds import folds_by_group
from sextant.eval.fitting.profiles import with_profiles
from sextant.eval.fitting.recorded import Record

FOLDS = 5


@dataclass(frozen=True)
class CrossFit:
    """The models of all folds: `records[i]` is judged by `models[fold_of[i]]`, which never saw its author."""

    records: list[Record]
    fold_of: NDArray[np.intp]
    models: list[Model]


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
    records = with_profiles(records)
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
    return CrossFit([record.only(models) for record in records], fold_of, fitted)


def _each(parts: list[Fold], jobs: int) -> Iterator[Model]:
    if jobs == 1:
        yield from map(fit_fold, parts)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(fit_fold, parts)


def fit_fold(part: Fold) -> Model:
    """Fit on all other folds."""
    return fit_model(part.fit, {"fold": part.number}, part.models, part.members, part.without)
