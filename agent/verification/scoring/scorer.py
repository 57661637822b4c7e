"""The fitted scorer: a small ensemble of two-layer networks, evaluated with numpy from plain JSON weights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sextant.base.arrays import Floats, expit, softmax

CLIP = 4.0  # standardised features are held within this many deviations: a strange pool stays in known land
RINGS = 6  # within 1, 1-25, 25-200, 200-750, 750-2500 km of a point, and beyond
OUTPUTS = 5 + 1 + 1 + RINGS  # logits of P(within r), preference, weight in the mixture, logits of the rings


@dataclass(frozen=True)
class Scores:
    """What the scorer says of a pool's points, not yet calibrated.

    `within` (m, 5): P(within r) of each point. `preference` (m,): which point to choose. `mixture` (m, 6): the
    probability that the place lies in this point's ring, over all points and rings summing to 1.
    """

    within: Floats
    preference: Floats
    mixture: Floats


@dataclass(frozen=True)
class Scorer:
    """Members are stacked along the first axis; `names` are the features that varied in the fit.

    `w1` (members, features, hidden), `w2` (members, hidden, hidden), `w3` (members, hidden, outputs), and the biases
    without their middle axis. `mean`, `deviation` (parts, features) standardise what each equal part of the members
    was trained on.
    """

    names: tuple[str, ...]
    mean: Floats
    deviation: Floats
    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats
    w3: Floats
    b3: Floats

    def __call__(self, table: Floats, names: Sequence[str]) -> Scores:
        """Return the members' mean scores of a feature table (m, names); what the fit never saw vary has no say."""
        at = {name: column for column, name in enumerate(names)}
        table = table[:, [at[name] for name in self.names]]
        parts = len(self.mean)
        rows = np.clip((table - self.mean[:, None]) / self.deviation[:, None], -CLIP, CLIP)
        hidden = (rows[:, None] @ self.w1.reshape(parts, -1, *self.w1.shape[1:])).reshape(len(self.w1), len(table), -1)
        hidden = silu(hidden + self.b1[:, None])
        hidden = silu(hidden @ self.w2 + self.b2[:, None])
        out = hidden @ self.w3 + self.b3[:, None]
        weights = softmax(out[..., 6], axis=1)[..., None] * softmax(out[..., 7:], axis=2)
        return Scores(expit(out[..., :5]).mean(0), out[..., 5].mean(0), weights.mean(0))

    def to_json(self) -> dict[str, Any]:
        arrays = {name: _plain(getattr(self, name)) for name in _ARRAYS}
        return {"features": list(self.names), **arrays}


_ARRAYS = ("mean", "deviation", "w1", "b1", "w2", "b2", "w3", "b3")


def joined(scorers: Sequence[Scorer]) -> Scorer:
    """Return one ensemble of all members of several scorers; a feature that one of them lacks has weight zero there."""
    names = tuple(dict.fromkeys(name for scorer in scorers for name in scorer.names))
    wide = [_widened(scorer, names) for scorer in scorers]
    arrays = {name: np.concatenate([getattr(scorer, name) for scorer in wide]) for name in _ARRAYS}
    return Scorer(names, **arrays)


def _widened(scorer: Scorer, names: tuple[str, ...]) -> Scorer:
    """Return the same scorer over more features."""
    if scorer.names == names:
        return scorer
    columns = [names.index(name) for name in scorer.names]
    parts, members, hidden = len(scorer.mean), len(scorer.w1), scorer.w1.shape[-1]
    mean, deviation = np.zeros((parts, len(names))), np.ones((parts, len(names)))
    w1 = np.zeros((members, len(names), hidden))
    mean[:, columns], deviation[:, columns], w1[:, columns] = scorer.mean, scorer.deviation, scorer.w1
    return replace(scorer, names=names, mean=mean, deviation=deviation, w1=w1)


def scorer_of(plain: dict[str, Any]) -> Scorer:
    """Return the scorer of a model file.

    Raises:
        KeyError, ValueError: a part is missing or the shapes do not fit together.
    """
    arrays = {name: np.array(plain[name], dtype=float) for name in _ARRAYS}
    names = tuple(str(name) for name in plain["features"])
    members, features, hidden = arrays["w1"].shape
    parts = max(1, len(arrays["mean"]))
    shapes = {
        "mean": (parts, features),
        "deviation": (parts, features),
        "b1": (members, hidden),
        "w2": (members, hidden, hidden),
        "b2": (members, hidden),
        "w3": (members, hidden, OUTPUTS),
        "b3": (members, OUTPUTS),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape or len(names) != features or members % parts:
            raise ValueError(f"{name} has shape {arrays[name].shape}, expected {shape}")
    return Scorer(names, **arrays)


def silu(values: Floats) -> Floats:
    """Return the x · sigmoid(x)."""
    return np.asarray(values * expit(values))


def _plain(array: Floats) -> Any:
    """Return nested lists of numbers with five significant digits."""
    return [_plain(row) for row in array] if array.ndim > 1 else [float(f"{value:.5g}") for value in array]
