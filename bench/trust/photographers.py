"""Measure whether anything in a pool tells photographers with easy photos from those with hard ones.

    python -m bench.trust.photographers recorded.jsonl.gz own-gallery.jsonl.gz

One half of the photographers (by SHA-1 of the name) has easier photos than the other: the same model is right more
often. A learner that knows far more than the shipped model (gradient boosting over the reply's words, kind of place,
digits and position, and optionally the retrieved list) is trained on other photographers, ten folds, to predict whether
the photo's one answer is within a radius. Printed is what it states for each half beside what happened. Where both
halves are stated alike, no calibration can be right for both: one of them is off by half of their difference at least.
"""

import hashlib
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from sextant.base.arrays import Floats
from sextant.eval.fitting.recorded import Record, read_records
from sextant.geo.sphere import compute_great_circle_km

_RADII_KM = (1, 25, 200, 750, 2500)
_COMMON = 8  # a word in at least so many replies is a feature


def half_of(author: str) -> int:
    """Return the half of a photographer, 0 or 1."""
    return int(hashlib.sha1(f"half{author}".encode(), usedforsecurity=False).hexdigest(), 16) % 2


def describe_reply(record: Record, words: Sequence[str]) -> list[float]:
    """Return the features of a photo's one answer."""
    outcome = record.answers[0].outcome
    place = (outcome.place or "").lower()
    said = set(re.findall(r"\w+", place))
    digits = [len(str(value).partition(".")[2]) for value in (outcome.latitude, outcome.longitude)]
    position = [float(value or 0.0) for value in (outcome.latitude, outcome.longitude)]
    return [*digits, *position, len(place), place.count(","), len(said), *(float(word in said) for word in words)]


def describe_list(record: Record) -> list[float]:
    """Return how the retrieved photos lie about the answer and about the first of them."""
    outcome = record.answers[0].outcome
    answer = compute_great_circle_km(record.nearest, (outcome.latitude, outcome.longitude))
    first = compute_great_circle_km(record.nearest, record.nearest[0])
    counts = [float((away < radius).sum()) for away in (answer, first) for radius in _RADII_KM]
    return [float(answer.min()), float(np.median(answer)), *counts, *record.similarities[:3]]


def predict(features: Floats, right: Floats, groups: Sequence[str]) -> Floats:
    """Return the probability of each photo (n,), by a learner that saw none of its photographer's photos."""
    stated = np.zeros(len(right))
    for fit, held in GroupKFold(10).split(features, right, groups):
        learner = HistGradientBoostingClassifier(max_iter=80, learning_rate=0.05, min_samples_leaf=25, max_depth=4)
        stated[held] = learner.fit(features[fit], right[fit]).predict_proba(features[held])[:, 1]
    return stated


def print_halves(path: Path) -> None:
    """Print what is stated and what happened in each half, for each kind of feature and each radius."""
    records = [one for one in read_records(path) if one.answers and one.answers[0].outcome.latitude is not None]
    outcomes = [one.answers[0].outcome for one in records]
    said = Counter(word for one in outcomes for word in set(re.findall(r"\w+", (one.place or "").lower())))
    words = sorted(word for word, count in said.items() if count >= _COMMON)
    tables = {"reply": np.array([describe_reply(one, words) for one in records])}
    if all(len(one.nearest) > 1 for one in records):
        tables["reply and list"] = np.hstack([tables["reply"], [describe_list(one) for one in records]])
    groups = [one.group for one in records]
    half = np.array([half_of(group) for group in groups])
    away = compute_great_circle_km(
        [(one.latitude, one.longitude) for one in outcomes], [(one.latitude, one.longitude) for one in records]
    )
    print(f"{path.name}: {len(records)} photos of {len(set(groups))} photographers, halves {np.bincount(half)}")
    for name, table in tables.items():
        for radius in _RADII_KM:
            right = (away < radius).astype(int)
            stated = predict(table, right, groups)
            shares = [f"{100 * stated[half == h].mean():.1f} / {100 * right[half == h].mean():.1f}" for h in (0, 1)]
            print(f"  {name}, within {radius} km, stated / happened: {' and '.join(shares)} %", flush=True)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print_halves(Path(argument))
