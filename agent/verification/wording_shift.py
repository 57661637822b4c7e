"""What the answers to one photo tell of their exactness, by how they are worded.

Replies to one photo are worded alike, since they see the same scene: what they tell is told of the photo, not of the
model that puts it most boldly. So the words of all replies are counted together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sextant.agent.answers.wording import KINDS
from sextant.agent.verification.pool import Candidate
from sextant.base.arrays import Floats

# So many words of each kind are added to what was said and to what is usual: a short reply tells little.
_ADDED_WORDS = 2.0
_WORTH_A_WORD = 0.7  # log odds: twice as likely, or half


@dataclass(frozen=True)
class Telling:
    """How the wording of a photo's answers shifts the log odds that an answer lies within each of the five radii.

    `shares` (kinds,) of each kind among all words, as the fit has seen it; `weights` (5, kinds) of the mean logarithm
    of how many times the usual number of each kind a reply holds.
    """

    shares: Floats
    weights: Floats

    def __call__(self, said: Iterable[Candidate]) -> Floats:
        """The shifts (5,); zero where nothing was said in prose."""
        counts = word_counts(said)
        return np.asarray(self.weights @ signs_of(counts, self.shares)) if len(counts) else np.zeros(len(self.weights))

    def to_json(self) -> dict[str, Any]:
        return {
            "kinds": list(KINDS),
            "shares": self.shares.round(5).tolist(),
            "weights": self.weights.round(4).tolist(),
        }


def told_words(shift: float) -> tuple[str, ...]:
    """The reason to give where wording moved the log odds at the target radius by as much."""
    if abs(shift) < _WORTH_A_WORD:
        return ()
    how = "sure of the place" if shift > 0 else "unsure of the place"
    return (f"the answers are worded as those of models that are {how}",)


def word_counts(said: Iterable[Candidate]) -> Floats:
    """How many words of each kind each of n replies in prose holds, and, last, how many words: (n, kinds + 1)."""
    replies = [candidate.wording for candidate in said if candidate.wording is not None]
    rows = [[float(wording.get(name, 0)) for name in (*KINDS, "words")] for wording in replies]
    return np.array(rows).reshape(-1, len(KINDS) + 1)


def signs_of(counts: Floats, shares: Floats) -> Floats:
    """The mean over n >= 1 replies of the logarithm of how many times the usual number there is of each kind."""
    times = (counts[:, :-1] + _ADDED_WORDS) / (counts[:, -1:] * shares + _ADDED_WORDS)
    return np.asarray(np.log(times).mean(0))


def telling_of(plain: dict[str, Any]) -> Telling:
    """The telling of a model file.

    Raises:
        KeyError, ValueError: it is missing, of other kinds of words, or of another shape.
    """
    if tuple(plain["kinds"]) != KINDS:
        raise ValueError(f"kinds of words are {plain['kinds']}")
    shares, weights = (np.array(plain[name], dtype=float) for name in ("shares", "weights"))
    if weights.shape != (5, len(KINDS)) or shares.shape != (len(KINDS),) or not (shares > 0).all():
        raise ValueError(f"weights of telling have shape {weights.shape}")
    return Telling(shares, weights)


# What is told where too few answers were recorded to learn from: nothing.
SILENT = Telling(np.ones(len(KINDS)), np.zeros((5, len(KINDS))))
