"""Make retrieval profiles for records without one, from the photos of other photographers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sextant.eval.fitting.folds import folds_by_group
from sextant.eval.fitting.recorded import Record
from sextant.gallery.profile import RetrievalProfile, fit_profile

PROFILE_FOLDS = 5


def with_profiles(records: Sequence[Record]) -> list[Record]:
    """Give each record with retrieved photos and without a profile the one of the other folds' records.

    The split is by photographer, so that no profile has seen a photo of the record's photographer.
    """
    bare = [row for row, record in enumerate(records) if record.nearest and record.profile is None]
    if not bare:
        return list(records)
    groups = [records[row].group for row in bare]
    folds = min(PROFILE_FOLDS, len(set(groups)))
    fold_of = folds_by_group(groups, folds)
    found = list(records)
    for fold in range(folds):
        others = [records[row] for row, own in zip(bare, fold_of, strict=True) if own != fold]
        profile = profile_of_records(others)
        for row, own in zip(bare, fold_of, strict=True):
            if own == fold:
                found[row] = replace(records[row], profile=profile)
    return found


def profile_of_records(records: Sequence[Record]) -> RetrievalProfile:
    """Learn the profile of the gallery that these records' photos were retrieved from."""
    cosines = [record.similarities[0] if record.similarities else None for record in records]
    known = None if any(cosine is None for cosine in cosines) else np.array(cosines, dtype=float)
    return fit_profile(
        [np.array(record.nearest, dtype=float).reshape(-1, 2) for record in records],
        np.array([(record.latitude, record.longitude) for record in records], dtype=float).reshape(-1, 2),
        [record.group for record in records],
        known,
        "author",
    )
