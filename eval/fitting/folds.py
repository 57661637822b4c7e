"""Split records into folds by photographer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sextant.base.errors import WrongUse


def folds_by_group(groups: Sequence[str], folds: int) -> NDArray[np.intp]:
    """Choose a fold for each row, no group in two: the largest groups first, each to the emptiest fold.

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
