"""Split rows into training and validation by photographer."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.training.cache import Authors


def split_by_author(
    authors: Authors, places: NDArray[np.int64], share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the training and validation rows, ascending.

    Photographers are ordered by a seeded hash and join the validation side until it holds ``share`` of the rows;
    one too large for what is still open is passed over. Rows without a photographer go by their place.

    Args:
        authors: of n rows.
        places: (n,) identity of the position.
        share: of the rows that validate, 0 (none) to below 1.

    Raises:
        WrongUse: too few photographers for both sides.
    """
    rows = np.arange(len(authors.codes))
    if share == 0:
        return rows, rows[:0]
    known = len(authors.names)
    unnamed = np.isin(authors.codes, [number for number, name in enumerate(authors.names) if not name])
    numbers, group_of = np.unique(np.where(unnamed, known + places, authors.codes), return_inverse=True)
    groups = [authors.names[number] if number < known else f"place {number - known}" for number in numbers.tolist()]
    sizes = np.bincount(group_of, minlength=len(groups))
    wanted = round(share * len(rows))
    order = sorted(range(len(groups)), key=lambda group: _hash(groups[group], seed))
    chosen = np.zeros(len(groups), dtype=bool)
    held = 0
    for group in order:
        if held + sizes[group] <= max(wanted, 1):
            chosen[group] = True
            held += int(sizes[group])
    validation = chosen[group_of]
    if validation.sum() < 1 or (~validation).sum() < 2:
        raise WrongUse(
            f"{len(rows)} photos of {len(groups)} photographers cannot be split with a validation share of {share!r}; "
            "give more photos, another share, or 0 to train without validation"
        )
    return rows[~validation], rows[validation]


def _hash(group: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{group}".encode()).digest()
