"""Array types that all rooms share, and logistic functions of arrays.

scipy has these functions too, and takes 0.15 s to load at every start of a program.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
SmallFloats = NDArray[np.float32]
SmallComplexes = NDArray[np.complex64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


def expit(odds: ArrayLike) -> NDArray[np.float64]:
    """Return the probabilities of log odds, 1 / (1 + exp(-x))."""
    with np.errstate(over="ignore"):  # exp of a large number is infinite, and one divided by it 0
        return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(odds))))


def logit(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Return the log odds of probabilities between 0 and 1."""
    share = np.asarray(probabilities, dtype=float)
    return np.asarray(np.log(share / (1.0 - share)))


def softmax(scores: NDArray[Any], axis: int = -1) -> NDArray[Any]:
    """Return exp(x) as shares of its sum along an axis."""
    raised = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return np.asarray(raised / raised.sum(axis=axis, keepdims=True))
