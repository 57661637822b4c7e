"""Find the nearest of many points on the unit sphere: by measuring all of them at first, later with a k-d tree.

A tree answers faster, but building it, and loading scipy for that, takes longer than a few questions without one.
"""

from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.base.arrays import Floats

_WITHOUT_TREE = 12  # questions


class NearestPoints:
    """Points as unit vectors. Thread-safe. Of equally near points the first ones come first, with and without a tree.

    Args:
        vectors: (n, 3) unit vectors; distances between them are chords.
    """

    def __init__(self, vectors: Floats) -> None:
        self.vectors = vectors
        self._asked = count()

    @cached_property
    def tree(self) -> Any:
        """The k-d tree: right at the poles and across ±180, where degrees are not."""
        from scipy.spatial import cKDTree

        # Unbalanced is built ten times faster and asked only a little more slowly.
        return cKDTree(self.vectors, balanced_tree=False, compact_nodes=False)

    def find(self, here: Floats, number: int = 1) -> NDArray[np.intp]:
        """Return the rows of the ``number`` nearest points, nearest first."""
        number = min(number, len(self.vectors))
        if self._use_tree():
            reach = float(np.max(self.tree.query(here, k=number)[0]))
            rows = np.asarray(self.tree.query_ball_point(here, reach * (1 + 1e-9) + 1e-15), dtype=np.intp)
        else:
            rows = np.arange(len(self.vectors))
        squares = self._measure(here, rows)
        if len(rows) > number:
            reach = np.partition(squares, number - 1)[number - 1]
            kept = squares <= reach
            rows, squares = rows[kept], squares[kept]
        return rows[np.lexsort((rows, squares))][:number]

    def find_first(self, here: Floats) -> NDArray[np.intp]:
        """Return the row of the nearest point to each of (n, 3), -1 where others are as near but for rounding."""
        if "tree" not in self.__dict__ and len(here) < _WITHOUT_TREE:
            return np.array([self.find(one)[0] for one in here], dtype=np.intp)
        chords, rows = self.tree.query(here, k=min(2, len(self.vectors)))
        if len(self.vectors) == 1:
            return np.zeros(len(here), dtype=np.intp)
        sure = chords[:, 1] > chords[:, 0] * (1 + 1e-9) + 1e-12
        return np.where(sure, rows[:, 0], -1).astype(np.intp)

    def find_within(self, here: Floats, beyond: float) -> NDArray[np.intp]:
        """Return the rows of all points that are at most this chord farther than the nearest one."""
        if self._use_tree():
            nearest, _ = self.tree.query(here)
            return np.asarray(self.tree.query_ball_point(here, nearest + beyond), dtype=np.intp)
        chords = np.sqrt(self._measure(here, np.arange(len(self.vectors))))
        return np.flatnonzero(chords <= chords.min() + beyond)

    def _use_tree(self) -> bool:
        return "tree" in self.__dict__ or next(self._asked) >= _WITHOUT_TREE

    def _measure(self, here: Floats, rows: NDArray[np.intp]) -> Floats:
        """Return the squared chords to some points."""
        off = self.vectors[rows] - here
        return np.asarray(np.einsum("ij,ij->i", off, off))
